"""Many documents: are the models kept busy, and what do they take of everything?

    python -m benchmarks.many_documents [--chat-seconds 1.0] [--documents 40] [--largest-pages 200] [--no-write]

One real worker, eight documents at once, works off 40 documents of 2 to 200 pages cut from real ones, with a model call
a page, and then at document scope. It has done a document before. Engines are the nearest to the real services that
this machine has (`engines.py`), and new for each scope. All AWS calls are counted, those of the queue included, and
what the documents leave in bucket, table and Qdrant: `costs.py` and `capacity.py` go on from there.
"""

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cpu_apart import PROCESSES, CpuApart
from benchmarks.engines import nearest_pair
from benchmarks.footprint import footprint
from benchmarks.machine import REPOSITORY, machine, markdown, report
from benchmarks.pdfs import Cut, make
from benchmarks.running_workers import await_documents, calls_between, calls_of, running_worker, share_of_cores
from benchmarks.stack import GOOD, Surroundings, surroundings, upload

SLOTS = 32
SMALLEST_PAGES = 2
CONCURRENCY = 8
#: Where pages are taken from, in turn.
SOURCES = ("srd-5.1-cc-by.pdf", "va-coding-handbook.pdf", "srd-5.1-cc-by.pdf", "irs-1040-instructions-2013.pdf")


@dataclass(frozen=True, slots=True)
class Mix:
    """So many documents of two pages to so many, spread evenly by their logarithm."""

    documents: int = 40
    largest_pages: int = 200


def document_sizes(mix: Mix) -> list[int]:
    """Their pages, in an order that is the same each time."""
    growth = mix.largest_pages / SMALLEST_PAGES
    sizes = [round(SMALLEST_PAGES * growth ** (index / (mix.documents - 1))) for index in range(mix.documents)]
    random.Random(8).shuffle(sizes)
    return sizes


def mixed_documents(mix: Mix, folder: Path) -> list[Path]:
    """Documents of these sizes, no page of which is like another."""
    cuts = [
        Cut(str(GOOD / SOURCES[n % len(SOURCES)]), 1 + 7 * n % 90, pages, f"document {n}", str(folder / f"{n}.pdf"))
        for n, pages in enumerate(document_sizes(mix))
    ]
    make(cuts)
    return [Path(cut.to) for cut in cuts]


def busy(around: Surroundings, mix: Mix, scope: str, chat_seconds: float) -> dict[str, Any]:
    """How busy the slots are from the first call to the last, and all that the documents took."""
    env = around.fresh(
        ENRICHMENT_SCOPE=scope, LLM_CONCURRENCY=str(SLOTS), WORKER_CONCURRENCY=str(CONCURRENCY)
    )  # fmt: skip
    folder = Path(env["TMPDIR"])
    paths = mixed_documents(mix, folder)
    with running_worker(env, folder, "worker") as worker:
        upload(env, REPOSITORY / "samples" / "harbour-handbook.pdf", "source-pdfs/warm-up.pdf")
        await_documents([worker], 1)
        around.models.reset()
        kept, called, before = footprint(env), worker.aws(), CpuApart.now([worker.tree], around.trees)
        started_at = time.monotonic()
        with worker.tree.peak_megabytes() as peak:
            for path in paths:
                upload(env, path, f"source-pdfs/{path.name}")
            await_documents([worker], 1 + mix.documents)
        seconds = time.monotonic() - started_at
        cpu = CpuApart.now([worker.tree], around.trees).since(before)
        models, aws = around.models.stats(), calls_between(worker.aws(), called)
        chat, embeddings = models["chat"], models["embeddings"]
        span = chat["last_ended_at"] - chat["first_began_at"]
        return {
            "documents": mix.documents,
            "pages": sum(document_sizes(mix)),
            "largest_pages": mix.largest_pages,
            "scope": scope,
            "engines": {"aws": around.aws.label, "qdrant": around.qdrant.label},
            "seconds": seconds,
            "chat_seconds": chat_seconds,
            "calls": chat["count"],
            "most_in_flight": chat["most_in_flight"],
            "span_seconds": span,
            "busy_share": chat["busy_seconds"] / (SLOTS * span),
            # Seconds that were asked for, without what a busy model server adds.
            "asked_share": chat["count"] * chat_seconds / (SLOTS * span),
            "chat_tokens": around.models.chat_tokens(),
            "embedding_calls": embeddings["count"],
            "embedded_texts": embeddings["inputs"],
            "embedded_characters": embeddings["characters"],
            "cpu": cpu,
            "peak_megabytes": peak[0],
            "aws": aws,
            "footprint": _grown(footprint(env), kept),
        }


def _grown(after: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What came in between, of a `footprint`."""
    objects = {
        name: {what: value - before["objects"].get(name, {}).get(what, 0) for what, value in one.items()}
        for name, one in after["objects"].items()
    }
    table = {**after["table"], **{what: after["table"][what] - before["table"][what] for what in ("items", "bytes")}}
    earlier = before["collections"]
    collections = {
        name: {**one, "points": one["points"] - earlier.get(name, {"points": 0})["points"]}
        for name, one in after["collections"].items()
    }
    return {"objects": objects, "table": table, "collections": collections}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chat-seconds", type=float, default=1.0, help="of `busy`; longer on a machine that is busy")
    parser.add_argument("--documents", type=int, default=Mix().documents, help="fewer on a machine that is busy")
    parser.add_argument("--largest-pages", type=int, default=Mix().largest_pages, help="of the largest document")
    parser.add_argument("--no-write", action="store_true", help="print, and keep nothing")
    options = parser.parse_args()
    mix = Mix(options.documents, options.largest_pages)
    before = machine()
    results: dict[str, Any] = {}
    for name, scope in (("busy", "page"), ("busy_document_scope", "document")):
        with surroundings(chat_seconds=options.chat_seconds, pair=nearest_pair()) as around:
            results[name] = busy(around, mix, scope, options.chat_seconds)
    report("many_documents", table(list(results.values())), before, results, is_whole=not options.no_write)


def table(runs: Sequence[dict[str, Any]]) -> list[str]:
    """One column a run of `busy`."""
    cells: list[tuple[str, Any]] = [
        ("documents", lambda one: one["documents"]),
        ("pages", lambda one: one["pages"]),
        ("model calls", lambda one: one["calls"]),
        ("most at once", lambda one: one["most_in_flight"]),
        ("seconds", lambda one: one["seconds"]),
        ("**slots busy** from first call to last", lambda one: f"{one['busy_share']:.1%}"),
        ("of it seconds that the model was to take", lambda one: f"{one['asked_share']:.1%}"),
        *(
            (f"CPU s: {label}", lambda one, name=name: "" if one["cpu"][name] is None else one["cpu"][name])
            for name, label in PROCESSES.items()
        ),
        ("share of all cores that these took", share_of_cores),
        ("peak memory, MB, children included", lambda one: one["peak_megabytes"]),
        *(
            (f"{label} calls a document", lambda one, service=service: calls_of(one["aws"], service) / one["documents"])
            for service, label in (("s3", "S3"), ("dynamodb", "DynamoDB"), ("sqs", "SQS"))
        ),
    ]
    rows = [[label, *(cell(one) for one in runs)] for label, cell in cells]
    first = runs[0]
    heading = (
        f"{first['documents']} documents of {SMALLEST_PAGES} to {first['largest_pages']} pages, {CONCURRENCY} at once,"
        f" {SLOTS} slots, {first['chat_seconds']:g} s a call, {' and '.join(first['engines'].values())}:"
    )
    return [heading, markdown(["one worker", *(f"{one['scope']} scope" for one in runs)], rows)]


if __name__ == "__main__":
    main()
