"""How often a search for a section's title finds where the section starts: known-item retrieval, offline.

    python -m benchmarks.retrieval [--corpus DIR] [--truth FILE] [--document FILE.pdf …] [--ignore-outline] [--misses N]

Each document is read, cut and stored as the worker does it, with the static model and an embedded Qdrant. A query
is a title; a result is right when its page is one on which a section of that title starts. The truth for the SRD is a
file of 300 titles, for other documents every title of the PDF's outline. `--ignore-outline` hides the outline from the
pipeline, which then finds headings by layout, but not from the truth. Beside the stores stands a plain BM25 over pages
without stemming or headings. Reports hit@1, hit@5 and the mean reciprocal rank of the first ten results, and writes
`benchmarks/results/retrieval.json`.
"""

import argparse
import json
import math
import os
import re
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.machine import SHARED, keep, machine, use_shared_vocabularies
from benchmarks.searchable import Document, make_records, offline_settings, read
from benchmarks.searchable import store as store_records
from composition.embeddings import make_embedder
from composition.vector_stores import connect, make_stores
from development_stack import qdrant
from foundation.app_config import AppConfig, parse_app_config
from pdf_reader.document import DocumentFacts
from vector_stores.base import VectorStore
from vector_stores.search import Searcher

SRD = "srd-5.1-cc-by.pdf"
DOCUMENTS = (SRD, "irs-1040-instructions-2013.pdf", "va-coding-handbook.pdf")
#: Says nothing of what is in the document.
NAME = "benchmark.pdf"
RESULTS_ASKED = 10
#: What each search weighs: dense, sparse, headings. None: as AppConfig has it.
SEARCHES: dict[str, tuple[float, float, float] | None] = {
    "dense": (1.0, 0.0, 0.0),
    "sparse": (0.0, 1.0, 0.0),
    "hybrid": None,
}

#: Pages of the results for a query, best first.
Search = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Query:
    """A title, and the pages on which a section of that title starts."""

    title: str
    start_pages: frozenset[int]


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of the queries; milliseconds of wall clock a query."""

    document: str
    store: str
    search: str
    queries: int
    hit_at_1: float
    hit_at_5: float
    mrr: float
    milliseconds: float


def main() -> None:
    arguments = _parse_arguments()
    use_shared_vocabularies(os.environ)
    scores: list[Score] = []
    for name in arguments.document or DOCUMENTS:
        path = Path(name) if Path(name).exists() else arguments.corpus / "good" / name
        document = read(path, ignore_outline=arguments.ignore_outline)
        queries = truth(path.name, document.facts, arguments.truth)
        sections = len(document.structure.sections)
        print(f"\n{path.name}: {len(document.pages)} pages, {sections} sections, {len(queries)} queries")
        with searches(document) as named:
            for (store, label), search in named.items():
                score, misses = measure(path.name, store, label, search, queries)
                scores.append(score)
                print(
                    f"  {store:9} {label:8} hit@1 {score.hit_at_1:.3f}  hit@5 {score.hit_at_5:.3f}  MRR {score.mrr:.3f}"
                    f"  {score.milliseconds:6.1f} ms"
                )
                if label == "hybrid":
                    print("".join(f"      {miss}\n" for miss in misses[: arguments.misses]), end="")
        if not arguments.ignore_outline:
            keep("retrieval", {"machine": machine(), "scores": [*map(asdict, scores)]})


def truth(name: str, facts: DocumentFacts, truth_file: Path) -> list[Query]:
    """The queries for a document: from the truth file if it knows the document, else from the outline."""
    if truth_file.exists():
        for known in json.loads(truth_file.read_text(encoding="utf-8")).values():
            if known["source"] == name:
                return [Query(pair["query"], frozenset(pair["start"])) for pair in known["pairs"]]
    pages: dict[str, set[int]] = defaultdict(set)
    for entry in facts.outline:
        if entry.title.strip():
            pages[entry.title.strip()].add(entry.page)
    return [Query(title, frozenset(starts)) for title, starts in pages.items()]


@contextmanager
def searches(document: Document) -> Iterator[dict[tuple[str, str], Search]]:
    """Every way to search the document, by store and name."""
    app_config = parse_app_config(None)
    folder = Path(tempfile.mkdtemp(prefix="retrieval-"))
    running = qdrant.start(folder)
    settings = offline_settings(running.url)
    connection = connect(settings)
    embedder = make_embedder(settings)
    stores = make_stores(settings, connection, embedder)
    del stores["haystack"]
    store_records(make_records(document, app_config, NAME), stores, embedder, NAME)
    found: dict[tuple[str, str], Search] = {("pages", "BM25"): PlainBm25([page.text for page in document.pages]).search}
    for name, store in stores.items():
        for label, weights in SEARCHES.items():
            found[name, label] = _search_of(store, app_config, weights)
    try:
        yield found
    finally:
        connection.close()
        running.close()
        shutil.rmtree(folder)


def _search_of(store: VectorStore, app_config: AppConfig, weights: tuple[float, float, float] | None) -> Search:
    if weights:
        names = ("rerank_alpha", "rerank_beta", "rerank_gamma")
        app_config = app_config.model_copy(update=dict(zip(names, weights, strict=True)))
    searcher = Searcher(store, app_config)
    return lambda query: [int(hit.metadata["page"]) for hit in searcher.search(query, RESULTS_ASKED)]


class PlainBm25:
    """Okapi BM25 (k1 1.2, b 0.75) over pages, words as they are written but for their case."""

    def __init__(self, pages: Sequence[str]) -> None:
        counted = [Counter(re.findall(r"\w+", page.lower())) for page in pages]
        mean = sum(count.total() for count in counted) / len(counted)
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, count in enumerate(counted, start=1):
            length = 1.2 * (0.25 + 0.75 * count.total() / mean)
            for word, times in count.items():
                self._postings[word].append((number, times * 2.2 / (times + length)))
        self._pages = len(pages)

    def search(self, query: str) -> list[int]:
        scores: Counter[int] = Counter()
        for word in re.findall(r"\w+", query.lower()):
            postings = self._postings.get(word, [])
            idf = math.log((self._pages - len(postings) + 0.5) / (len(postings) + 0.5) + 1)
            for page, weight in postings:
                scores[page] += idf * weight  # type: ignore[assignment]
        return [page for page, _ in scores.most_common(RESULTS_ASKED)]


def measure(document: str, store: str, label: str, search: Search, queries: Sequence[Query]) -> tuple[Score, list[str]]:
    """The score of one way to search, and what it found instead where the first result was wrong."""
    ranks: list[int | None] = []
    misses: list[str] = []
    started = time.perf_counter()
    for query in queries:
        pages = search(query.title)
        rank = next((at for at, page in enumerate(pages, start=1) if page in query.start_pages), None)
        ranks.append(rank)
        if rank != 1:
            misses.append(f"{query.title!r} starts on {sorted(query.start_pages)}, found {pages[:5]}")
    seconds = time.perf_counter() - started
    score = Score(
        document=document,
        store=store,
        search=label,
        queries=len(queries),
        hit_at_1=round(sum(rank == 1 for rank in ranks) / len(queries), 3),
        hit_at_5=round(sum(rank is not None and rank <= 5 for rank in ranks) / len(queries), 3),
        mrr=round(sum(1 / rank for rank in ranks if rank) / len(queries), 3),
        milliseconds=round(seconds * 1000 / len(queries), 1),
    )
    return score, misses


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=SHARED / "corpus")
    parser.add_argument("--truth", type=Path, default=SHARED / "quality" / "retrieval_truth.json")
    parser.add_argument("--document", nargs="*", help="file names in the corpus, or paths")
    parser.add_argument("--ignore-outline", action="store_true")
    parser.add_argument("--misses", type=int, default=0, help="show so many titles that were not found first")
    return parser.parse_args()


if __name__ == "__main__":
    main()
