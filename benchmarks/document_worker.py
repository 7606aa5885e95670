"""The document half as a process that takes orders, so that its CPU and memory are its own.

Reads keys from standard input, a line each, processes the document, and writes a line of JSON for it. A log goes to
standard error. After the first document the history waits for a line that says `flush`, so that its cost is on its
own, with `--history-waits`.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import counters
from benchmarks.aws_meter import AwsMeter
from benchmarks.cpu_apart import CpuApart
from benchmarks.machine import Tree, peak_megabytes_of
from benchmarks.slow_machine import SlowGroup
from benchmarks.stack import Surroundings, upload
from composition.parts import Parts
from config import load_settings
from foundation.logs import configure_logs
from ledger import history


@dataclass(frozen=True, slots=True)
class DocumentWorker:
    """A running one, seen from the benchmark."""

    process: "subprocess.Popen[str]"
    around: Surroundings
    env: dict[str, str]
    counts_instructions: bool

    @property
    def tree(self) -> Tree:
        return Tree(self.process.pid)

    def process_document(self, key: str) -> dict[str, Any]:
        """Its answer for one document, with the CPU and memory it took and what the model server saw."""
        assert self.process.stdin
        assert self.process.stdout
        self.around.models.reset()
        counting = counters.counted(self.tree.pids()) if self.counts_instructions else nullcontext([])
        with counting as instructions:
            before = self._cpu()
            with self.tree.peak_megabytes() as peak:
                self.process.stdin.write(f"{key}\n")
                self.process.stdin.flush()
                line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"the worker ended with {self.process.wait()}: see its log above")
            answer = dict(json.loads(line))
            cpu = self._cpu().since(before)
        answer["cpu"] = cpu
        answer["instructions"] = instructions[0] if instructions else None
        own, children = cpu["worker"] or 0.0, cpu["children"] or 0.0
        answer["cpu_seconds"] = own + children
        answer["own_cpu_seconds"] = own
        answer["moto_cpu_seconds"] = cpu["aws_engine"]
        answer["peak_megabytes"], answer["children_peak_megabytes"] = peak
        answer["own_peak_megabytes"] = peak_megabytes_of(self.process.pid)
        answer["models"] = self.around.models.stats()
        return answer

    def flush_history(self) -> dict[str, Any]:
        """What rewriting the history takes: `cpu_seconds`, `entries` written."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("flush\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def upload(self, path: Path, key: str) -> None:
        """Put a source into the worker's bucket."""
        upload(self.env, path, key)

    def _cpu(self) -> CpuApart:
        return CpuApart.now([self.tree], self.around.trees)


@contextmanager
def document_worker(
    around: Surroundings, *options: str, slow: SlowGroup | None = None, **env: str
) -> Iterator[DocumentWorker]:
    """On a stack of its own, from its start in the group `slow` if there is one. Ends with the block."""
    own_env = around.fresh(**env)
    command = [sys.executable, "-m", "benchmarks.document_worker", *options]
    log = around.folder / f"{Path(own_env['TMPDIR']).name}.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command, env=own_env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    try:
        if slow:
            slow.add(process.pid)
        yield DocumentWorker(process, around, own_env, not counters.why_not())
        assert process.stdin
        process.stdin.close()
        process.wait(60)
    except BaseException:
        sys.stderr.write(log.read_text(encoding="utf-8")[-4_000:])
        raise
    finally:
        process.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history-waits", action="store_true")
    options = parser.parse_args()
    settings = load_settings()
    configure_logs(settings.log_format, settings.log_level)
    parts = Parts(settings)
    meter = AwsMeter()
    meter.attach(parts.aws)
    if options.history_waits:
        history.FLUSH_INTERVAL_SECONDS = 3_600.0
    for line in sys.stdin:
        if line.strip() == "flush":
            used = time.process_time()
            entries = parts.history.flush()
            sys.stdout.write(json.dumps({"entries": entries, "cpu_seconds": time.process_time() - used}) + "\n")
            sys.stdout.flush()
            continue
        meter.reset()
        started_at = time.monotonic()
        parts.warm_up()
        result = parts.processor.process_single_source(line.strip())
        answer = {
            "started_at": started_at,
            "seconds": time.monotonic() - started_at,
            "state": str(result.state),
            "pages": result.pages,
            "points": result.points,
            "degraded": list(result.degraded),
            "stage_seconds": result.stage_seconds,
            "aws": {name: asdict(operation) for name, operation in sorted(meter.operations.items())},
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    parts.close()


if __name__ == "__main__":
    main()
