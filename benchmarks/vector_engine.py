"""The development server's engine beside qdrant-client's local mode, both through qdrant-client.

    python -m benchmarks.vector_engine [--points 4353] [--dimensions 512] [--queries 50]

Upserts in batches of 256, flips all points by filter (`set_payload` below a key), searches dense and sparse fused by
weighted ranks, searches from eight threads at once, starts again. Points are random with a fixed seed; their sparse
vectors have 60 of 20,000 dimensions, as many as a passage has words. Each engine has a new folder and a process of its
own. Prints a table and writes `benchmarks/results/vector_engine.json`. With QDRANT_URL, that server is measured too.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from qdrant_client import QdrantClient, models

from benchmarks.machine import keep, machine
from development_stack import qdrant

BATCH_POINTS = 256
SPARSE_DIMENSIONS, WORDS = 20_000, 60
THREADS = 8
NAME = "benchmark"


@dataclass(frozen=True, slots=True)
class Measured:
    engine: str
    points: int
    dimensions: int
    upsert_seconds: float
    flip_seconds: float
    query_milliseconds: float
    """Median of one client's hybrid queries, with payload."""
    queries_a_second: float
    """Of eight threads; local mode is not thread-safe and has one."""
    restart_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=4_353)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--queries", type=int, default=50)
    options = parser.parse_args()
    engines: dict[str, Callable[[int, int, int], Measured]] = {
        "development server": _development_server,
        "local mode": _local_mode,
        **({"QDRANT_URL": _given_server} if os.environ.get("QDRANT_URL") else {}),
    }
    measured = []
    for measure in engines.values():
        with multiprocessing.get_context("spawn").Pool(1) as process:
            measured.append(process.apply(measure, (options.points, options.dimensions, options.queries)))
    print(f"{'':20}{'upsert s':>10}{'flip s':>10}{'query ms':>10}{'queries/s':>11}{'restart s':>11}")
    for one in measured:
        print(
            f"{one.engine:20}{one.upsert_seconds:10.2f}{one.flip_seconds:10.2f}{one.query_milliseconds:10.1f}"
            f"{one.queries_a_second:11.0f}{one.restart_seconds:11.2f}"
        )
    keep("vector_engine", {"machine": machine(), "engines": [asdict(one) for one in measured]})


def _development_server(points: int, dimensions: int, queries: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        running = qdrant.start(Path(folder), binary=None)
        client = QdrantClient(url=running.url)
        figures = _measure(client, points, dimensions, queries, THREADS)
        running.close()
        started = time.perf_counter()
        running = qdrant.start(Path(folder), binary=None)
        restart = time.perf_counter() - started
        running.close()
        return Measured("development server", points, dimensions, *figures, restart)


def _local_mode(points: int, dimensions: int, queries: int) -> Measured:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        client = QdrantClient(path=folder)
        figures = _measure(client, points, dimensions, queries, 1)
        client.close()
        started = time.perf_counter()
        QdrantClient(path=folder).close()
        return Measured("local mode", points, dimensions, *figures, time.perf_counter() - started)


def _given_server(points: int, dimensions: int, queries: int) -> Measured:
    client = QdrantClient(url=os.environ["QDRANT_URL"], api_key=os.environ.get("QDRANT_API_KEY"))
    try:
        figures = _measure(client, points, dimensions, queries, THREADS)
    finally:
        client.delete_collection(NAME)
    return Measured("QDRANT_URL", points, dimensions, *figures, float("nan"))


def _measure(
    client: QdrantClient, count: int, dimensions: int, queries: int, threads: int
) -> tuple[float, float, float, float]:
    random = np.random.default_rng(7)
    client.create_collection(
        NAME,
        vectors_config={"dense": models.VectorParams(size=dimensions, distance=models.Distance.COSINE)},
        sparse_vectors_config={"sparse": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    for field, schema in {"meta.document": "keyword", "meta.active": "bool"}.items():
        client.create_payload_index(NAME, field, field_schema=models.PayloadSchemaType(schema))
    points = [_point(random, number, dimensions) for number in range(count)]

    started = time.perf_counter()
    for first in range(0, count, BATCH_POINTS):
        client.upsert(NAME, points[first : first + BATCH_POINTS], wait=True)
    upserted = time.perf_counter() - started

    started = time.perf_counter()
    client.set_payload(NAME, {"active": True}, points=models.Filter(must=[_is("document", "a")]), key="meta")
    flipped = time.perf_counter() - started
    assert client.count(NAME, models.Filter(must=[_is("active", True)])).count == count

    requests = [_hybrid(random, dimensions) for _ in range(queries)]

    def search(request: models.QueryRequest) -> float:
        started = time.perf_counter()
        [answer] = client.query_batch_points(NAME, [request])
        assert len(answer.points) == 10
        return time.perf_counter() - started

    median = statistics.median(search(request) for request in requests)
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(search, requests))
    return upserted, flipped, median * 1_000, queries / (time.perf_counter() - started)


def _point(random: np.random.Generator, number: int, dimensions: int) -> models.PointStruct:
    return models.PointStruct(
        id=str(uuid.UUID(int=number)),
        vector={"dense": random.standard_normal(dimensions).tolist(), "sparse": _sparse(random, WORDS)},
        payload={"text": f"passage {number} " * 60, "meta": {"document": "a", "active": False, "page": number}},
    )


def _sparse(random: np.random.Generator, words: int) -> models.SparseVector:
    # Words are as frequent as Zipf says: a few are in almost every passage.
    indices = sorted({int(index) for index in random.zipf(1.3, words) if index < SPARSE_DIMENSIONS})
    return models.SparseVector(indices=indices, values=[1.0 + index % 3 for index in indices])


def _hybrid(random: np.random.Generator, dimensions: int) -> models.QueryRequest:
    only = models.Filter(must=[_is("active", True)])
    dense = random.standard_normal(dimensions).tolist()
    return models.QueryRequest(
        prefetch=[
            models.Prefetch(query=dense, using="dense", filter=only, limit=30),
            models.Prefetch(query=_sparse(random, 8), using="sparse", filter=only, limit=30),
        ],
        query=models.RrfQuery(rrf=models.Rrf(weights=[0.7, 0.3])),
        limit=10,
        with_payload=True,
    )


def _is(field: str, value: bool | str) -> models.FieldCondition:
    return models.FieldCondition(key=f"meta.{field}", match=models.MatchValue(value=value))


if __name__ == "__main__":
    main()
