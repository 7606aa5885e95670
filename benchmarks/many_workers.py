"""Do many workers do the work of many, and where does it end? Measured on one machine.

    python -m benchmarks.many_workers [--counts 1 2 4 16]

1, 2, 4 and 16 workers on one stack, each with four slots at a model that takes two seconds. So waiting is nearly all
there is to do until the machine has no CPU left. Each has as many documents as any other, and has done some before.
Engines are the nearest to the real services that this machine has (`engines.py`), and new for every count. What more
workers would come to elsewhere is worked out by `capacity.py`.
"""

import argparse
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.cpu_apart import PROCESSES, CpuApart
from benchmarks.engines import nearest_pair
from benchmarks.machine import REPOSITORY, machine, markdown, report
from benchmarks.pdfs import Cut, make
from benchmarks.running_workers import (
    DOCUMENT_DONE,
    PATIENCE_SECONDS,
    Worker,
    await_documents,
    calls_between,
    calls_of,
    running_worker,
    share_of_cores,
)
from benchmarks.stack import SRD, Surroundings, surroundings, upload

COUNTS = (1, 2, 4, 16)
SLOTS, CHAT_SECONDS = 4, 2.0
#: Documents at once in a worker, documents for each, pages of each.
CONCURRENCY, DOCUMENTS, PAGES = 4, 6, 6


def by_workers(around: Surroundings, count: int) -> dict[str, Any]:
    """Documents a minute of so many workers, each with the same number to do."""
    env = around.fresh(
        ENRICHMENT_SCOPE="page",
        LLM_CONCURRENCY=str(SLOTS),
        WORKER_CONCURRENCY=str(CONCURRENCY),
        EXTRACTION_PROCESSES="1",
    )
    folder = Path(env["TMPDIR"])
    documents = count * DOCUMENTS
    cuts = [Cut(str(SRD), 10 + n, PAGES, f"{count} workers, {n}", str(folder / f"{n}.pdf")) for n in range(documents)]
    make(cuts)
    with ExitStack() as stack:
        workers = [stack.enter_context(running_worker(env, folder, f"worker-{n}")) for n in range(count)]
        trees = [worker.tree for worker in workers]
        warm = _warm_up(env, workers)
        around.models.reset()
        called = [worker.aws() for worker in workers]
        before = CpuApart.now(trees, around.trees)
        started_at = time.monotonic()
        for cut in cuts:
            upload(env, Path(cut.to), f"source-pdfs/{Path(cut.to).name}")
        await_documents(workers, warm + documents)
        seconds = time.monotonic() - started_at
        cpu = CpuApart.now(trees, around.trees).since(before)
        between = [calls_between(worker.aws(), one) for worker, one in zip(workers, called, strict=True)]
    chat = around.models.stats()["chat"]
    return {
        "workers": count,
        "slots": SLOTS,
        "chat_seconds": CHAT_SECONDS,
        "documents": documents,
        "engines": {"aws": around.aws.label, "qdrant": around.qdrant.label},
        "calls": chat["count"],
        "seconds": seconds,
        "documents_a_minute": documents / seconds * 60,
        "busy_share": chat["busy_seconds"] / (count * SLOTS * seconds),
        "cpu": cpu,
        "aws_calls": {service: sum(calls_of(one, service) for one in between) for service in ("s3", "dynamodb", "sqs")},
    }


def _warm_up(env: dict[str, str], workers: Sequence[Worker]) -> int:
    """Send small documents until every worker has done one; returns how many that took."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    sent = 0
    while min(worker.count(DOCUMENT_DONE) for worker in workers) == 0:
        if time.monotonic() > give_up_at:
            raise SystemExit("a worker got no document to begin with")
        # As many as all of them take at once: fewer would go to the first that ask.
        if sum(worker.count(DOCUMENT_DONE) for worker in workers) == sent:
            for _ in range(CONCURRENCY * len(workers)):
                upload(env, REPOSITORY / "samples" / "notice-to-mariners.pdf", f"source-pdfs/warm-up-{sent}.pdf")
                sent += 1
        time.sleep(0.1)
    await_documents(workers, sent)
    return sent


def table(runs: Sequence[dict[str, Any]]) -> list[str]:
    """One row a count of workers."""
    rows = [
        [one["workers"], one["documents"], one["calls"], one["seconds"], one["documents_a_minute"],
         f"{one['busy_share']:.1%}", f"{one['documents_a_minute'] / runs[0]['documents_a_minute']:.2f}",
         *("" if one["cpu"][name] is None else one["cpu"][name] / one["documents"] for name in PROCESSES),
         share_of_cores(one)]
        for one in runs
    ]  # fmt: skip
    heading = (
        f"Workers of {SLOTS} slots each, {CHAT_SECONDS:g} s a call, {PAGES} pages a document,"
        f" {DOCUMENTS} documents a worker, {' and '.join(runs[0]['engines'].values())}:"
    )
    columns = ["workers", "documents", "calls", "seconds", "documents a minute", "slots busy", "**times one worker**",
               *(f"CPU s a document: {label}" for label in PROCESSES.values()), "share of all cores"]  # fmt: skip
    calls = " ".join(
        f"{service} {count / runs[-1]['documents']:.1f}" for service, count in runs[-1]["aws_calls"].items()
    )
    return [heading, markdown(columns, rows), f"AWS calls a document in the last row: {calls}."]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS, help="of workers; others print only")
    options = parser.parse_args()
    before, runs = machine(), []
    for count in options.counts:
        with surroundings(chat_seconds=CHAT_SECONDS, pair=nearest_pair()) as around:
            runs.append(by_workers(around, count))
    report("many_workers", table(runs), before, {"workers": runs}, is_whole=tuple(options.counts) == COUNTS)


if __name__ == "__main__":
    main()
