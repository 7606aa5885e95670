"""What encoding a chunk and searching among many cost: `python -m benchmarks.search_time [--sizes 4000 40000 400000]`.

Encoding is measured on the chunks of real documents (PDF_CORPUS_DIR), as CPU of this process. Points beyond those are
made from real ones: a dense vector moved at random, a sparse one of half the terms of each of two chunks, the metadata
of one of them without its boxes. They go straight into the engine's files (a server in QDRANT_URL gets them over HTTP),
so that a collection of 400,000 is filled in minutes. Queries are section titles, searched by the real searcher: CPU of
this process and of the engine's are measured apart. Python's function calls are counted in both sizes of a pair, which
would show whatever looks at every point. Prints tables and writes `benchmarks/results/search_time.json`.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as engine
from qdrant_client import models

from benchmarks.machine import CORPUS, Tree, machine, markdown, report, use_shared_vocabularies
from benchmarks.made_points import Made, Real, made_points
from benchmarks.searchable import make_records, offline_settings, read
from composition.vector_stores import connect, make_stores
from development_stack import qdrant
from embeddings.bm25 import Bm25Encoder
from embeddings.sparse import SparseVector
from embeddings.static import StaticEmbedder
from foundation.app_config import parse_app_config
from vector_stores.base import Record, VectorStore
from vector_stores.collection import DENSE, SPARSE
from vector_stores.search import Searcher

DOCUMENTS = ("srd-5.1-cc-by.pdf", "irs-1040-instructions-2013.pdf", "va-coding-handbook.pdf")
BATCH_POINTS = 2_000
#: Over HTTP, as the worker writes.
BATCH_POINTS_SERVER = 256
COLLECTION = "search-time"


@dataclass(frozen=True, slots=True)
class Encoding:
    """CPU milliseconds a chunk."""

    chunks: int
    sparse_ms: float
    static_ms: float


@dataclass(frozen=True, slots=True)
class Searching:
    """A query, with ten results. CPU of this process and of the engine's, milliseconds; `python_calls` in this one."""

    engine: str
    points: int
    wall_ms: float
    wall_ms_p95: float
    own_cpu_ms: float
    engine_cpu_ms: float | None
    python_calls: int
    engine_megabytes: float | None
    fill_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[4_000, 40_000, 400_000])
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--no-write", action="store_true", help="leave benchmarks/results/ as it is")
    options = parser.parse_args()
    use_shared_vocabularies(os.environ)
    before = machine()
    real, encoding = encode(records_of(DOCUMENTS))
    print(asdict(encoding), flush=True)
    measures = [local_engine, *([given_server] if os.environ.get("QDRANT_URL") else [])]
    found = []
    for measure in measures:
        for one in measure(real, sorted(options.sizes), options.queries):
            print(asdict(one), flush=True)  # the largest takes long
            found.append(one)
    tables = [
        markdown(
            ["", "chunks", "sparse, CPU ms", "static, CPU ms", "both"],
            [["a chunk", encoding.chunks, *_both(encoding)]],
        ),
        markdown(
            ["", "points", "wall ms", "95 % within", "own CPU ms", "engine's CPU ms", "Python calls", "engine's MB"],
            [_row(one) for one in found],
        ),
    ]
    results = {"encoding": asdict(encoding), "searching": [asdict(one) for one in found]}
    report("search_time", tables, before, results, is_whole=not options.no_write)


def records_of(names: Sequence[str]) -> list[Record]:
    config = parse_app_config(None)
    return [
        record
        for name in names
        for record in make_records(read(CORPUS / "good" / name, processes=1), config, name)["semantic"]
    ]


def encode(records: list[Record]) -> tuple[Real, Encoding]:
    """Both encoders have seen a text before: loading them is no part of what a chunk costs."""
    sparse_encoder, embedder = Bm25Encoder(), StaticEmbedder()
    texts = [record.embedding_text for record in records]
    sparse_encoder.encode_passage(texts[0], "en")
    embedder.embed(texts[:1])
    started = time.process_time()
    sparse = [sparse_encoder.encode_passage(text, "en") for text in texts]
    between = time.process_time()
    dense = embedder.embed(texts)
    ended = time.process_time()
    count = len(texts)
    milliseconds = Encoding(
        count, round((between - started) / count * 1_000, 3), round((ended - between) / count * 1_000, 3)
    )
    return Real(records, np.array(dense, dtype=np.float32), sparse), milliseconds


def local_engine(real: Real, sizes: Sequence[int], queries: int) -> Iterator[Searching]:
    """The development server of Qdrant, whose searches are exact."""
    folder = Path(tempfile.mkdtemp(prefix="search-time-"))
    try:
        points, filled = made_points(real), 0
        with _running(folder) as (store, _):
            store.ensure()
            shard = folder / "edge" / "collections" / store.physical_collection / "shard"
        for size in sizes:
            started = time.perf_counter()
            _fill(shard, islice(points, size - filled))
            filled, seconds = size, time.perf_counter() - started
            with _running(folder) as (store, tree):
                yield _measure("local engine", store, size, real.titles[:queries], tree, seconds)
    finally:
        shutil.rmtree(folder)


def given_server(real: Real, sizes: Sequence[int], queries: int) -> Iterator[Searching]:
    """The one in QDRANT_URL. Its graph is finished before it is asked; the collection is deleted afterwards."""
    key = os.environ.get("QDRANT_API_KEY")
    settings = offline_settings(os.environ["QDRANT_URL"], qdrant_api_key=key, qdrant_semantic_collection=COLLECTION)
    connection = connect(settings)
    store = make_stores(settings, connection, StaticEmbedder())["semantic"]
    points, filled = made_points(real), 0
    store.ensure()
    name = store.physical_collection
    try:
        for size in sizes:
            started = time.perf_counter()
            while batch := list(islice(points, min(BATCH_POINTS_SERVER, size - filled))):
                structs = [
                    models.PointStruct(id=one, vector={DENSE: dense, SPARSE: _as_model(sparse)}, payload=payload)
                    for one, dense, sparse, payload in batch
                ]
                connection.run(lambda client, structs=structs: client.upsert(name, structs, wait=True))
                filled += len(batch)
            while connection.run(lambda client: client.get_collection(name)).status != models.CollectionStatus.GREEN:
                time.sleep(1.0)
            yield _measure("server", store, size, real.titles[:queries], None, time.perf_counter() - started)
    finally:
        connection.run(lambda client: client.delete_collection(name))
        connection.close()


def _fill(shard: Path, points: Iterator[Made]) -> None:
    opened = engine.EdgeShard.load(str(shard))
    while batch := list(islice(points, BATCH_POINTS)):
        made = [
            engine.Point(
                uuid.UUID(one),
                {DENSE: dense, SPARSE: engine.SparseVector(sparse.indices, sparse.values)},
                payload,
            )
            for one, dense, sparse, payload in batch
        ]
        opened.update(engine.UpdateOperation.upsert_points(made))
    opened.flush()
    opened.close()


@contextmanager
def _running(folder: Path) -> Iterator[tuple[VectorStore, Tree]]:
    running = qdrant.start(folder, binary=None)
    assert running.process is not None
    settings = offline_settings(running.url, qdrant_semantic_collection=COLLECTION)
    connection = connect(settings)
    try:
        yield make_stores(settings, connection, StaticEmbedder())["semantic"], Tree(running.process.pid)
    finally:
        connection.close()
        running.close()


def _measure(
    name: str, store: VectorStore, points: int, queries: Sequence[str], tree: Tree | None, fill_seconds: float
) -> Searching:
    searcher = Searcher(store, parse_app_config(None))
    assert store.count(active=True) == points
    for query in queries[:3]:
        assert len(searcher.search(query)) == 10
    walls = []
    own, theirs = time.process_time(), tree.cpu_seconds() if tree else 0.0
    for query in queries:
        started = time.perf_counter()
        searcher.search(query)
        walls.append((time.perf_counter() - started) * 1_000)
    count = len(queries)
    own_ms = (time.process_time() - own) / count * 1_000
    engine_ms = (tree.cpu_seconds() - theirs) / count * 1_000 if tree else None
    calls = statistics.median(count_calls(lambda query=query: searcher.search(query)) for query in queries[:10])
    return Searching(
        name,
        points,
        round(statistics.median(walls), 1),
        round(sorted(walls)[min(count - 1, int(count * 0.95))], 1),
        round(own_ms, 1),
        round(engine_ms, 1) if engine_ms is not None else None,
        int(calls),
        round(tree.megabytes()) if tree else None,
        round(fill_seconds, 1),
    )


def count_calls(work: Callable[[], Any]) -> int:
    """How many Python functions `work` calls in this thread: the same on a busy machine and on a quiet one."""
    calls = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def _as_model(sparse: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=sparse.indices, values=sparse.values)


def _both(encoding: Encoding) -> tuple[float, float, float]:
    return encoding.sparse_ms, encoding.static_ms, encoding.sparse_ms + encoding.static_ms


def _row(one: Searching) -> list[Any]:
    theirs, megabytes = one.engine_cpu_ms, one.engine_megabytes
    return [
        one.engine, one.points, one.wall_ms, one.wall_ms_p95, one.own_cpu_ms, "" if theirs is None else theirs,
        one.python_calls, "" if megabytes is None else megabytes,
    ]  # fmt: skip


if __name__ == "__main__":
    main()
