"""Many documents: are the models kept busy, and do four workers do the work of four?

    python -m benchmarks.many_documents [--chat-seconds 1.0] [--only busy|workers]

`busy`: one real worker, eight documents at once, works off 40 documents of 2 to 200 pages cut from real ones, with a
model call a page. `workers`: one worker, then four, each with four slots at a model that takes two seconds, so that
waiting is nearly all there is to do; each has as many documents as any other. Every worker has done a document before.
Qdrant is a process of its own (`qdrant_process.py`).
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import REPOSITORY, Tree, machine, markdown, report
from benchmarks.pdfs import Cut, make
from benchmarks.qdrant_process import QdrantProcess, qdrant_process
from benchmarks.stack import GOOD, Surroundings, surroundings, upload

SLOTS = 32
DOCUMENTS = 40
SMALLEST_PAGES, LARGEST_PAGES = 2, 200
CONCURRENCY = 8
#: Where pages are taken from, in turn.
SOURCES = ("srd-5.1-cc-by.pdf", "va-coding-handbook.pdf", "srd-5.1-cc-by.pdf", "irs-1040-instructions-2013.pdf")
#: The test of several workers: slots and documents of each, pages of each document, seconds of a call.
WORKER_SLOTS, WORKER_DOCUMENTS, WORKER_PAGES, SLOW_CHAT_SECONDS = 4, 8, 6, 2.0
PATIENCE_SECONDS = 1_200.0
_DONE = '"event": "document done"'


@dataclass(frozen=True, slots=True)
class Worker:
    """A running fargate_worker.py and its log."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def count(self, event: str) -> int:
        return self.log.read_text(encoding="utf-8").count(event)


@contextmanager
def running_worker(env: dict[str, str], folder: Path, name: str) -> Iterator[Worker]:
    """Until the block ends."""
    own = folder / name
    own.mkdir()
    log = own / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "fargate_worker.py"], cwd=REPOSITORY, env={**env, "TMPDIR": str(own)},
            stdout=subprocess.DEVNULL, stderr=output,
        )  # fmt: skip
    try:
        yield Worker(process, log)
    except BaseException:
        sys.stderr.write(log.read_text(encoding="utf-8")[-4_000:])
        raise
    finally:
        process.terminate()
        process.wait(60)


def await_documents(workers: Sequence[Worker], count: int, each: int = 0) -> None:
    """Until so many are done in all, and so many by each worker."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        done = [worker.count(_DONE) for worker in workers]
        if sum(done) >= count and min(done) >= each:
            return
        if time.monotonic() > give_up_at or any(worker.process.poll() is not None for worker in workers):
            raise SystemExit(f"{sum(done)} documents of {count} are done")
        time.sleep(0.1)


def mixed_documents(folder: Path) -> list[Path]:
    """40 documents whose sizes are spread evenly by their logarithm, in an order that is the same each time."""
    growth = LARGEST_PAGES / SMALLEST_PAGES
    sizes = [round(SMALLEST_PAGES * growth ** (index / (DOCUMENTS - 1))) for index in range(DOCUMENTS)]
    random.Random(8).shuffle(sizes)
    cuts = [
        Cut(str(GOOD / SOURCES[n % len(SOURCES)]), 1 + 7 * n % 90, pages, f"document {n}", str(folder / f"{n}.pdf"))
        for n, pages in enumerate(sizes)
    ]
    make(cuts)
    return [Path(cut.to) for cut in cuts]


def busy(around: Surroundings, qdrant: QdrantProcess, chat_seconds: float) -> dict[str, Any]:
    """How busy the slots are from the first call to the last."""
    env = around.fresh(
        ENRICHMENT_SCOPE="page", LLM_CONCURRENCY=str(SLOTS), WORKER_CONCURRENCY=str(CONCURRENCY),
        QDRANT_URL=qdrant.url,
    )  # fmt: skip
    folder = Path(env["TMPDIR"])
    paths = mixed_documents(folder)
    with running_worker(env, folder, "worker") as worker:
        upload(env, REPOSITORY / "samples" / "harbour-handbook.pdf", "source-pdfs/warm-up.pdf")
        await_documents([worker], 1)
        around.models.reset()
        tree = Tree(worker.process.pid)
        cpu, moto_cpu, sink_cpu = tree.cpu_seconds(), around.moto.cpu_seconds(), qdrant.tree.cpu_seconds()
        started_at = time.monotonic()
        with tree.peak_megabytes() as peak:
            for path in paths:
                upload(env, path, f"source-pdfs/{path.name}")
            await_documents([worker], 1 + DOCUMENTS)
        seconds = time.monotonic() - started_at
        chat = around.models.stats()["chat"]
        span = chat["last_ended_at"] - chat["first_began_at"]
        return {
            "documents": DOCUMENTS,
            "seconds": seconds,
            "chat_seconds": chat_seconds,
            "calls": chat["count"],
            "most_in_flight": chat["most_in_flight"],
            "span_seconds": span,
            "busy_share": chat["busy_seconds"] / (SLOTS * span),
            # Seconds that were asked for, without what a busy model server adds.
            "asked_share": chat["count"] * chat_seconds / (SLOTS * span),
            "cpu_seconds": tree.cpu_seconds() - cpu,
            "moto_cpu_seconds": around.moto.cpu_seconds() - moto_cpu,
            "sink_cpu_seconds": qdrant.tree.cpu_seconds() - sink_cpu,
            "peak_megabytes": peak[0],
        }


def by_workers(around: Surroundings, qdrant: QdrantProcess, count: int) -> dict[str, Any]:
    """Documents a minute of so many workers, each with the same number to do."""
    env = around.fresh(
        ENRICHMENT_SCOPE="page", LLM_CONCURRENCY=str(WORKER_SLOTS), WORKER_CONCURRENCY="4", EXTRACTION_PROCESSES="1",
        QDRANT_URL=qdrant.url,
    )  # fmt: skip
    folder = Path(env["TMPDIR"])
    documents = count * WORKER_DOCUMENTS
    cuts = [
        Cut(str(GOOD / SOURCES[0]), 10 + n, WORKER_PAGES, f"{count} workers, {n}", str(folder / f"{n}.pdf"))
        for n in range(documents)
    ]
    make(cuts)
    with ExitStack() as stack:
        workers = [stack.enter_context(running_worker(env, folder, f"worker-{n}")) for n in range(count)]
        warm = _warm_up(env, workers)
        around.models.reset()
        started_at = time.monotonic()
        for cut in cuts:
            upload(env, Path(cut.to), f"source-pdfs/{Path(cut.to).name}")
        await_documents(workers, warm + documents)
        seconds = time.monotonic() - started_at
    chat = around.models.stats()["chat"]
    return {
        "workers": count,
        "documents": documents,
        "calls": chat["count"],
        "seconds": seconds,
        "documents_a_minute": documents / seconds * 60,
        "busy_share": chat["busy_seconds"] / (count * WORKER_SLOTS * seconds),
    }


def _warm_up(env: dict[str, str], workers: Sequence[Worker]) -> int:
    """Send small documents until every worker has done one; returns how many that took."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    sent = 0
    while min(worker.count(_DONE) for worker in workers) == 0:
        if time.monotonic() > give_up_at:
            raise SystemExit("a worker got no document to begin with")
        # No more at a time than there are workers: who is free takes one.
        if sum(worker.count(_DONE) for worker in workers) == sent:
            for _ in workers:
                upload(env, REPOSITORY / "samples" / "notice-to-mariners.pdf", f"source-pdfs/warm-up-{sent}.pdf")
                sent += 1
        time.sleep(0.1)
    await_documents(workers, sent)
    return sent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chat-seconds", type=float, default=1.0, help="of `busy`; longer on a machine that is busy")
    parser.add_argument("--only", help="print, and keep nothing", choices=("busy", "workers"))
    options = parser.parse_args()
    before = machine()
    results: dict[str, Any] = {}
    tables: list[str] = []
    with qdrant_process() as qdrant:
        if options.only != "workers":
            with surroundings(chat_seconds=options.chat_seconds) as around:
                results["busy"] = busy(around, qdrant, options.chat_seconds)
            tables += _busy_table(results["busy"])
        if options.only != "busy":
            with surroundings(chat_seconds=SLOW_CHAT_SECONDS) as around:
                results["workers"] = [by_workers(around, qdrant, count) for count in (1, 4)]
            tables += _workers_table(results["workers"])
    report("many_documents", tables, before, results, is_whole=options.only is None)


def _busy_table(one: dict[str, Any]) -> list[str]:
    rows = [
        ["documents", one["documents"]],
        ["model calls", one["calls"]],
        ["most at once", one["most_in_flight"]],
        ["from first call to last, s", one["span_seconds"]],
        ["**slots busy**", f"{one['busy_share']:.1%}"],
        ["of it seconds that the model was to take", f"{one['asked_share']:.1%}"],
        ["CPU s of worker and children", one["cpu_seconds"]],
        ["CPU s of moto, beside", one["moto_cpu_seconds"]],
        ["CPU s of the Qdrant qdrant, beside", one["sink_cpu_seconds"]],
        ["share of all cores that these three took", _share_of_cores(one)],
        ["peak memory, MB, children included", one["peak_megabytes"]],
    ]
    heading = (
        f"{DOCUMENTS} documents of {SMALLEST_PAGES} to {LARGEST_PAGES} pages, {CONCURRENCY} at once,"
        f" {SLOTS} slots, {one['chat_seconds']:g} s a call:"
    )
    return [heading, markdown(["", "one worker"], rows)]


def _share_of_cores(one: dict[str, Any]) -> str:
    cpu = one["cpu_seconds"] + one["moto_cpu_seconds"] + one["sink_cpu_seconds"]
    return f"{cpu / (one['seconds'] * (os.cpu_count() or 1)):.0%}"


def _workers_table(runs: Sequence[dict[str, Any]]) -> list[str]:
    rows = [
        [one["workers"], one["documents"], one["calls"], one["seconds"], one["documents_a_minute"],
         f"{one['busy_share']:.1%}", f"{one['documents_a_minute'] / runs[0]['documents_a_minute']:.2f}"]
        for one in runs
    ]  # fmt: skip
    heading = (
        f"Workers of {WORKER_SLOTS} slots each, {SLOW_CHAT_SECONDS:g} s a call, {WORKER_PAGES} pages a document,"
        f" {WORKER_DOCUMENTS} documents a worker:"
    )
    columns = ["workers", "documents", "calls", "seconds", "documents a minute", "slots busy", "**times one worker**"]
    return [heading, markdown(columns, rows)]


if __name__ == "__main__":
    main()
