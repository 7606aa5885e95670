"""One long document, from claim to end: how near is the time to what models and processors allow?

    python -m benchmarks.one_document [--runs 2] [--chat-seconds 1.0] [--only NAME]

The SRD 5.1 (403 pages), images on, three stores, 32 model calls at once, 50 ms an embedding call, in a worker that has
worked on a small document before; engines start anew for every run. The floor is the larger of two figures: the page
questions in waves of 32, and the CPU seconds of the worker and its children spread over all cores (twice as many where
cores are half as fast). Nothing is subtracted: engines share the cores with the worker, and the CPU of each process is
measured apart. `first document` is that of a worker that is new. Engines that aren't on the machine are left out, and
named.
"""

import argparse
import math
import os
import statistics
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import counters, slow_machine
from benchmarks.cpu_apart import PROCESSES
from benchmarks.document_worker import DocumentWorker, document_worker
from benchmarks.engines import PAIRS, Pair, nearest_pair
from benchmarks.machine import REPOSITORY, machine, markdown, report
from benchmarks.stack import SRD, surroundings

LLM_CONCURRENCY = 32
WARM_UP = "source-pdfs/harbour-handbook.pdf"
KEY = "source-pdfs/srd.pdf"
#: The code that this replaces, on the same document and machine: seconds and CPU seconds (the design's section 5).
REPLACED = (338.6, 133.8)


@dataclass(frozen=True, slots=True)
class Case:
    """One way to run it. Cores of `speed` 0.5 are half as fast, for the worker and its children."""

    name: str
    scope: str
    pair: Pair
    is_warm: bool = True
    speed: float = 1.0

    def why_not(self) -> str:
        return self.pair.why_not() or (slow_machine.why_not() if self.speed < 1 else "")


def all_cases() -> tuple[Case, ...]:
    """Every pair of engines at page scope, and what else there is with the nearest to the real services."""
    nearest = nearest_pair()
    return (
        *(Case(f"page scope, {pair.name}", "page", pair) for pair in PAIRS),
        Case("page scope, cores half as fast", "page", nearest, speed=slow_machine.SPEED),
        Case("page scope, first document", "page", nearest, is_warm=False),
        Case("document scope", "document", nearest),
    )


def turn(cases: Sequence[Case], chat_seconds: float) -> list[dict[str, Any]]:
    """Every case once, in their order.

    A slow case is measured by the CPU seconds that the same took at full speed: being stopped costs CPU, which would
    raise the floor.
    """
    found: dict[Case, dict[str, Any]] = {}
    for case in cases:
        as_fast = found.get(replace(case, name=f"{case.scope} scope, {case.pair.name}", speed=1.0))
        found[case] = run(case, chat_seconds, as_fast["cpu_seconds"] if as_fast else None)
    return list(found.values())


def run(case: Case, chat_seconds: float, floor_cpu_seconds: float | None = None) -> dict[str, Any]:
    """One document by a worker of its own, with engines of their own."""
    env = {"ENRICHMENT_SCOPE": case.scope, "LLM_CONCURRENCY": str(LLM_CONCURRENCY)}
    slowed = slow_machine.half_as_fast() if case.speed < 1 else nullcontext()
    with (
        surroundings(chat_seconds=chat_seconds, pair=case.pair) as around,
        slowed as slow,
        document_worker(around, slow=slow, **env) as worker,
    ):
        if case.is_warm:
            _process(worker, REPOSITORY / "samples" / "harbour-handbook.pdf", WARM_UP)
        found = figures(_process(worker, SRD, KEY), case, chat_seconds, floor_cpu_seconds)
        return {**found, "engines": {"aws": around.aws.label, "qdrant": around.qdrant.label}}


def _process(worker: DocumentWorker, path: Any, key: str) -> dict[str, Any]:
    worker.upload(path, key)
    answer = worker.process_document(key)
    if answer["state"] != "succeeded":
        raise SystemExit(f"{key} ended {answer['state']}: {answer['degraded']}")
    return answer


def figures(
    answer: dict[str, Any], case: Case, chat_seconds: float, floor_cpu_seconds: float | None = None
) -> dict[str, Any]:
    """What one run says, with the floor that it is measured by: by its own CPU seconds, or by others."""
    chat = answer["models"]["chat"]
    waves = math.ceil(answer["pages"] / LLM_CONCURRENCY) if case.scope == "page" else 0
    cpu_floor = (floor_cpu_seconds or answer["cpu_seconds"]) / (os.cpu_count() or 1) / case.speed
    floor = max(waves * chat_seconds, cpu_floor)
    return {
        "seconds": answer["seconds"],
        "floor_seconds": floor,
        "ratio": answer["seconds"] / floor,
        "llm_waves_seconds": waves * chat_seconds,
        "cpu_floor_seconds": cpu_floor,
        "first_call_after_seconds": chat["first_began_at"] - answer["started_at"],
        "last_answer_after_seconds": chat["last_ended_at"] - answer["started_at"],
        "busy_share": chat["busy_seconds"] / LLM_CONCURRENCY / (chat["last_ended_at"] - chat["first_began_at"]),
        "cpu_seconds": answer["cpu_seconds"],
        "cpu": answer["cpu"],
        "instructions": answer["instructions"],
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
    "floor: CPU seconds ÷ cores, s": lambda one: one["cpu_floor_seconds"],
    "**seconds ÷ floor**": lambda one: one["ratio"],
    "first model call after, s": lambda one: one["first_call_after_seconds"],
    "last model answer after, s": lambda one: one["last_answer_after_seconds"],
    "from it to the end, s": lambda one: one["seconds"] - one["last_answer_after_seconds"],
    "of it flipping the stores, s": lambda one: one["stage_seconds"]["flip"],
    "slots busy from first call to last": lambda one: one["busy_share"],
    "CPU s of worker and children": lambda one: one["cpu_seconds"],
    **{f"CPU s: {label}": lambda one, name=name: one["cpu"][name] for name, label in PROCESSES.items()},
    "instructions of worker and children, 10⁹": lambda one: _billions(one["instructions"]),
    "peak memory, MB, children included": lambda one: one["peak_megabytes"],
    "model calls": lambda one: int(one["chat_calls"]),
    "embedding calls": lambda one: int(one["embedding_calls"]),
    "texts embedded": lambda one: int(one["embedded_texts"]),
    "points in three stores": lambda one: int(one["points"]),
    "AWS calls": lambda one: int(one["aws_calls"]),
    "AWS calls, wall s added up": lambda one: one["aws_call_seconds"],
    "a call, ms": lambda one: one["aws_call_seconds"] / one["aws_calls"] * 1e3,
}


def tables(results: dict[str, list[dict[str, Any]]], chat_seconds: float, absent: Sequence[str]) -> list[str]:
    """The medians of all cases, and for AWS each operation of the first."""
    rows = [[label, *(_median(cell, runs) for runs in results.values())] for label, cell in ROWS.items()]
    rows = [row for row in rows if any(cell != "" for cell in row[1:])]
    runs = len(next(iter(results.values())))
    engines = sorted({label for one in results.values() for label in one[0]["engines"].values()})
    last = " + ".join(list(results.values())[-1][0]["engines"].values())
    said = [
        f"SRD 5.1, {chat_seconds:g} s a model call, {LLM_CONCURRENCY} at once; medians of {runs} runs."
        f" The code that this replaces: {REPLACED[0]} s, {REPLACED[1]} CPU s with 4 calls.",
        f"Engines: {', '.join(engines)}; columns that name none have {last}.",
        *(f"Left out: {reason}." for reason in absent),
    ]
    if reason := counters.why_not():
        said.append(f"Instructions are not counted: {reason}.")
    first = next(iter(results.values()))[0]
    operations = [
        [name, operation["calls"], operation["seconds"], operation["seconds"] / operation["calls"] * 1e3,
         operation["bytes_sent"] / (1 << 20)]
        for name, operation in first["aws"].items()
    ]  # fmt: skip
    return [
        " ".join(said),
        markdown(["", *results], rows),
        f"AWS calls of the first run of “{next(iter(results))}”:",
        markdown(["operation", "calls", "wall s added up", "ms a call", "MB sent"], operations),
    ]


def _median(cell: Callable[[dict[str, Any]], Any], runs: Sequence[dict[str, Any]]) -> Any:
    found = [cell(one) for one in runs]
    return "" if None in found else statistics.median(found)


def _billions(count: float | None) -> float | None:
    return None if count is None else count / 1e9


def main() -> None:
    cases = all_cases()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--chat-seconds", type=float, default=1.0, help="longer on a machine that is busy")
    parser.add_argument("--only", help="print, and keep nothing", choices=[case.name for case in cases])
    options = parser.parse_args()
    wanted = [case for case in cases if options.only in (None, case.name)]
    absent = [f"{case.name}, for want of {reason}" for case in wanted if (reason := case.why_not())]
    cases = tuple(case for case in wanted if not case.why_not())
    before = machine()
    # In turns, so that a busy moment hits all alike.
    turns = [turn(cases, options.chat_seconds) for _ in range(options.runs)]
    results = {case.name: [found[index] for found in turns] for index, case in enumerate(cases)}
    said = tables(results, options.chat_seconds, absent)
    report("one_document", said, before, {"cases": results}, is_whole=options.only is None)


if __name__ == "__main__":
    main()
