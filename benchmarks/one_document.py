"""One long document, from claim to end: how near is the time to what models and processors allow?

    python -m benchmarks.one_document [--runs 3] [--chat-seconds 1.0] [--only NAME]

The SRD 5.1 (403 pages), images on, three stores, 32 model calls at once, 50 ms an embedding call, in a worker that has
worked on a small document before. The floor is the larger of the page questions in waves of 32 and the CPU seconds of
the worker and its children spread over all cores. Nothing is subtracted. What the stand-ins for services take is told
beside: moto's CPU, the AWS calls (which overlap), the flip of the embedded stores. `stand-ins apart` is the same
without most of them: puts of images and answers take 20 ms within the worker, as S3 would, and no request; Qdrant is
the qdrant (`qdrant_process.py`). `first document` is that of a worker that has just started.
"""

import argparse
import math
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.document_worker import DocumentWorker, document_worker
from benchmarks.machine import REPOSITORY, machine, markdown, report
from benchmarks.qdrant_process import QdrantProcess, qdrant_process
from benchmarks.stack import SRD, Surroundings, surroundings

LLM_CONCURRENCY = 32
WARM_UP = "source-pdfs/harbour-handbook.pdf"
KEY = "source-pdfs/srd.pdf"
#: What S3 itself takes for a small put, roughly.
S3_PUT_SECONDS = 0.02
#: The code that this replaces, on the same document and machine: seconds and CPU seconds (the design's section 5).
REPLACED = (338.6, 133.8)


@dataclass(frozen=True, slots=True)
class Case:
    """One way to run it."""

    name: str
    scope: str
    is_warm: bool = True
    has_stand_ins: bool = True


CASES = (
    Case("page scope", "page"),
    Case("page scope, stand-ins apart", "page", has_stand_ins=False),
    Case("page scope, first document", "page", is_warm=False),
    Case("document scope", "document"),
)


def run(around: Surroundings, qdrant: QdrantProcess, case: Case, chat_seconds: float) -> dict[str, Any]:
    """One document by a worker of its own."""
    options, env = (), {"ENRICHMENT_SCOPE": case.scope, "LLM_CONCURRENCY": str(LLM_CONCURRENCY)}
    if not case.has_stand_ins:
        options = ("--s3-put-seconds", str(S3_PUT_SECONDS))
        env |= {"QDRANT_URL": qdrant.url}
    with document_worker(around, *options, **env) as worker:
        if case.is_warm:
            _process(worker, REPOSITORY / "samples" / "harbour-handbook.pdf", WARM_UP)
        return figures(_process(worker, SRD, KEY), case, chat_seconds)


def _process(worker: DocumentWorker, path: Any, key: str) -> dict[str, Any]:
    worker.upload(path, key)
    answer = worker.process_document(key)
    if answer["state"] != "succeeded":
        raise SystemExit(f"{key} ended {answer['state']}: {answer['degraded']}")
    return answer


def figures(answer: dict[str, Any], case: Case, chat_seconds: float) -> dict[str, Any]:
    """What one run says, with the floor that it is measured by."""
    chat = answer["models"]["chat"]
    waves = math.ceil(answer["pages"] / LLM_CONCURRENCY) if case.scope == "page" else 0
    floor = max(waves * chat_seconds, answer["cpu_seconds"] / (os.cpu_count() or 1))
    return {
        "seconds": answer["seconds"],
        "floor_seconds": floor,
        "ratio": answer["seconds"] / floor,
        "llm_waves_seconds": waves * chat_seconds,
        "first_call_after_seconds": chat["first_began_at"] - answer["started_at"],
        "last_answer_after_seconds": chat["last_ended_at"] - answer["started_at"],
        "busy_share": chat["busy_seconds"] / LLM_CONCURRENCY / (chat["last_ended_at"] - chat["first_began_at"]),
        "cpu_seconds": answer["cpu_seconds"],
        "children_cpu_seconds": answer["cpu_seconds"] - answer["own_cpu_seconds"],
        "moto_cpu_seconds": answer["moto_cpu_seconds"],
        "peak_megabytes": answer["peak_megabytes"],
        "chat_calls": chat["count"],
        "embedding_calls": answer["models"]["embeddings"]["count"],
        "embedded_texts": answer["models"]["embeddings"]["inputs"],
        "points": sum(answer["points"].values()),
        "aws_calls": sum(operation["calls"] for operation in answer["aws"].values()),
        "aws_call_seconds": sum(operation["seconds"] for operation in answer["aws"].values()),
        "aws": answer["aws"],
        "stage_seconds": answer["stage_seconds"],
    }


ROWS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "seconds": lambda one: one["seconds"],
    "floor: model waves, s": lambda one: one["llm_waves_seconds"],
    "floor: CPU seconds ÷ cores, s": lambda one: one["cpu_seconds"] / (os.cpu_count() or 1),
    "**seconds ÷ floor**": lambda one: one["ratio"],
    "first model call after, s": lambda one: one["first_call_after_seconds"],
    "last model answer after, s": lambda one: one["last_answer_after_seconds"],
    "from it to the end, s": lambda one: one["seconds"] - one["last_answer_after_seconds"],
    "of it flipping the stores, s": lambda one: one["stage_seconds"]["flip"],
    "slots busy from first call to last": lambda one: one["busy_share"],
    "CPU s of worker and children": lambda one: one["cpu_seconds"],
    "of it children": lambda one: one["children_cpu_seconds"],
    "CPU s of moto, beside": lambda one: one["moto_cpu_seconds"],
    "peak memory, MB, children included": lambda one: one["peak_megabytes"],
    "model calls": lambda one: int(one["chat_calls"]),
    "embedding calls": lambda one: int(one["embedding_calls"]),
    "texts embedded": lambda one: int(one["embedded_texts"]),
    "points in three stores": lambda one: int(one["points"]),
    "AWS calls": lambda one: int(one["aws_calls"]),
    "AWS calls, wall s added up": lambda one: one["aws_call_seconds"],
    "a call, ms": lambda one: one["aws_call_seconds"] / one["aws_calls"] * 1e3,
}


def tables(results: dict[str, list[dict[str, Any]]], chat_seconds: float) -> list[str]:
    """The medians of all cases, and for AWS each operation of the first."""
    rows = [
        [label, *(statistics.median(cell(one) for one in runs) for runs in results.values())]
        for label, cell in ROWS.items()
    ]
    runs = len(next(iter(results.values())))
    heading = (
        f"SRD 5.1, {chat_seconds:g} s a model call, {LLM_CONCURRENCY} at once; medians of {runs} runs."
        f" The code that this replaces: {REPLACED[0]} s, {REPLACED[1]} CPU s with 4 calls."
    )
    first = next(iter(results.values()))[0]
    operations = [
        [name, operation["calls"], operation["seconds"], operation["seconds"] / operation["calls"] * 1e3,
         operation["bytes_sent"] / (1 << 20)]
        for name, operation in first["aws"].items()
    ]  # fmt: skip
    return [
        heading,
        markdown(["", *results], rows),
        f"AWS calls of the first run of “{next(iter(results))}”:",
        markdown(["operation", "calls", "wall s added up", "ms a call", "MB sent"], operations),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--chat-seconds", type=float, default=1.0, help="longer on a machine that is busy")
    parser.add_argument("--only", help="print, and keep nothing", choices=[case.name for case in CASES])
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in (None, case.name)]
    before = machine()
    with surroundings(chat_seconds=options.chat_seconds) as around, qdrant_process() as qdrant:
        # In turns, so that a busy moment hits all alike.
        turns = [[run(around, qdrant, case, options.chat_seconds) for case in cases] for _ in range(options.runs)]
    results = {case.name: [turn[index] for turn in turns] for index, case in enumerate(cases)}
    report(
        "one_document", tables(results, options.chat_seconds), before, {"cases": results}, is_whole=options.only is None
    )


if __name__ == "__main__":
    main()
