"""Runs every system on one document, in turn, and reports: `python -m benchmarks.peers [--rounds 3] [--only NAME …]`.

Wants the environments that `make bench-peers` makes, and the corpus in PDF_CORPUS_DIR. Qdrant is a server where this
machine has one, else the development server; AWS, which this project alone needs, is fakecloud or moto. Writes
`benchmarks/results/peers.json` and the chart beside it.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.engines import aws_engine, nearest_pair, qdrant_engine
from benchmarks.machine import (
    CORPUS,
    IMAGE_ENVIRONMENT,
    REPOSITORY,
    RESULTS,
    machine,
    report,
    use_shared_vocabularies,
)
from benchmarks.model_server import ModelServer, model_server
from benchmarks.peers.measure import Run, measure
from benchmarks.peers.report import draw, table
from benchmarks.peers.systems import SYSTEMS, System
from benchmarks.peers.task import Task
from benchmarks.peers.this_project import S3_KEY
from composition.parts import Parts
from config import Settings
from development_stack.stack import provision_settings

DOCUMENT = "srd-5.1-cc-by.pdf"
CHAT_SECONDS, EMBEDDING_SECONDS = 1.0, 0.05
TIMEOUT_SECONDS = 1_800.0
#: Nothing calls home while it is timed, and nobody waits for a network that may not be there.
QUIET = {
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "DO_NOT_TRACK": "true",
    "SCARF_NO_ANALYTICS": "true",
    "LANGSMITH_TRACING": "false",
}


@dataclass
class Row:
    """One system in one set of rows, over all its rounds; `failure` is the last words of a failed run."""

    system: str
    with_llm: bool
    leaves_out: str
    runs: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""

    def median(self, name: str) -> float:
        return float(statistics.median(run[name] for run in self.runs))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="systems whose name begins so")
    parser.add_argument("--no-write", action="store_true", help="leave benchmarks/results/ as it is")
    parser.add_argument("--pdf", type=Path, default=CORPUS / "good" / DOCUMENT)
    options = parser.parse_args(arguments)
    systems = [s for s in SYSTEMS if not options.only or s.name.startswith(tuple(options.only))]
    if absent := [s.name for s in systems if not s.python.exists()]:
        print(f"left out, because `make bench-peers` has not made their environments: {', '.join(absent)}")
        systems = [s for s in systems if s.name not in absent]

    rows = [Row(s.name, with_llm, s.leaves_out) for with_llm in (True, False) for s in systems if with_llm in s.sets]
    before, loads = machine(), [os.getloadavg()[0]]
    began_at = time.monotonic()
    with model_server(chat_seconds=CHAT_SECONDS, embedding_seconds=EMBEDDING_SECONDS) as models:
        for round_number in range(options.rounds):
            for row in rows:
                system = next(s for s in systems if s.name == row.system)
                if round_number < system.most_rounds and not row.failure:
                    run_once(row, system, options.pdf, models)
                    loads.append(os.getloadavg()[0])
    if not options.no_write:
        draw(rows, RESULTS / "peers.png")
    minutes = (time.monotonic() - began_at) / 60
    loads_said = f"Load average {min(loads):.1f} to {max(loads):.1f} in {minutes:.0f} minutes."
    results = {
        "document": options.pdf.name,
        "chat_seconds": CHAT_SECONDS,
        "embedding_seconds": EMBEDDING_SECONDS,
        "load_averages": [round(load, 1) for load in loads],
        "rows": [*map(asdict, rows)],
    }
    report("peers", [table(rows), loads_said], before, results, is_whole=not options.no_write)


def run_once(row: Row, system: System, pdf: Path, models: ModelServer) -> None:
    """One more run of the row's system, with a Qdrant of its own and, when it is ours, on a stack of its own."""
    with (
        tempfile.TemporaryDirectory() as working_folder,
        qdrant_engine(nearest_pair().qdrant) as qdrant,
        stack_for(system, pdf, Path(working_folder), qdrant.url) as env,
    ):
        task = Task(str(pdf.resolve()), qdrant.url, models.base_url, row.with_llm, system.extra)
        models.reset()
        command = [str(system.python), "-m", f"benchmarks.peers.{system.module}", task.as_argument()]
        run = measure(command, env, Path(working_folder), TIMEOUT_SECONDS)
        note(row, run, models.stats())


def note(row: Row, run: Run, asked: dict[str, Any]) -> None:
    if run.exit_code:
        last_words = (run.errors.strip().splitlines() or [f"exit code {run.exit_code}"])[-1]
        row.failure = re.sub(r"https?://\S+", "…", last_words)
        print(f"{row.system}: {row.failure}", flush=True)
        return
    chat, embeddings = asked["chat"], asked["embeddings"]
    measured = {
        "wall_seconds": round(run.wall_seconds, 2),
        "cpu_seconds": round(run.cpu_seconds, 2),
        "peak_megabytes": round(run.peak_megabytes),
        "servers_cpu_seconds": round(run.servers_cpu_seconds, 2),
        "llm_calls": chat["count"],
        "llm_calls_at_once": chat["most_in_flight"],
        "embedding_requests": embeddings["count"],
        "texts_embedded": embeddings["inputs"],
        **json.loads(run.output.strip().splitlines()[-1]),
    }
    row.runs.append(measured)
    print(f"{row.system}: {'with' if row.with_llm else 'without'} LLM {measured}", flush=True)


@contextmanager
def stack_for(system: System, pdf: Path, working_folder: Path, qdrant_url: str) -> Iterator[dict[str, str]]:
    """The environment for a run. Ours finds the document in a bucket, as it does when it works."""
    left_out = ("AWS_", "OPENAI_", "QDRANT_", "PYTHONDONTWRITEBYTECODE")  # modules are compiled once, as in an image
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
    # All systems get what our image sets.
    env = inherited | QUIET | IMAGE_ENVIRONMENT | {"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(working_folder)}
    use_shared_vocabularies(env)
    if not system.is_ours:
        yield env
        return
    with aws_engine(nearest_pair().aws) as aws:
        env |= provision_settings(aws.url, qdrant_url=qdrant_url)
        env |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        settings = {name.lower(): value for name, value in env.items() if name.lower() in Settings.model_fields}
        offline = {"enrichment": "extractive", "embedding_provider": "static"}
        artifacts = Parts(Settings.model_validate(settings | offline)).artifacts
        shutil.copyfile(pdf, working_folder / "document.pdf")
        artifacts.upload_source(working_folder / "document.pdf", S3_KEY)
        yield env


if __name__ == "__main__":
    main()
