"""Losing Qdrant: what bringing one long document's points back costs, beside making them.

    python -m benchmarks.restore [--runs 3]

The SRD 5.1 (403 pages), described and embedded by the loopback model server. Then all collections are deleted, and come
back from S3 (`leafmill stores refill`, with the start of its process). Where a `qdrant` is on the PATH, they also come
back from Qdrant's own snapshots, which were taken before and kept elsewhere. Every point must be the same afterwards.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.document_worker import document_worker
from benchmarks.engines import QDRANT_SERVER, Pair
from benchmarks.machine import REPOSITORY, machine, markdown, report
from benchmarks.stack import SRD, Surroundings, client, surroundings
from data_ingestion.kept_points import POINTS_FILE

KEY = "source-pdfs/srd.pdf"
_MEGABYTE = 1 << 20
#: The command, and the CPU seconds that it took as the last line of its standard error.
_REFILL = """
import resource, runpy, sys
sys.argv = ["manage_vector_stores.py", "refill", "--json"]
try:
    runpy.run_path("scripts/manage_vector_stores.py", run_name="__main__")
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stderr.write(f"\\n{used.ru_utime + used.ru_stime}")
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A Qdrant, over plain HTTP."""

    http: httpx.Client

    def collections(self) -> list[str]:
        return [one["name"] for one in self.http.get("/collections").json()["result"]["collections"]]

    def points(self) -> dict[str, list[Any]]:
        """Everything, by collection."""
        return {name: sorted(self._scroll(name), key=lambda point: str(point["id"])) for name in self.collections()}

    def delete_all(self) -> None:
        for name in self.collections():
            self.http.delete(f"/collections/{name}").raise_for_status()

    def _scroll(self, name: str) -> list[Any]:
        asked: dict[str, Any] = {"limit": 1_000, "with_payload": True, "with_vector": True}
        found: list[Any] = []
        while True:
            page = self.http.post(f"/collections/{name}/points/scroll", json=asked).json()["result"]
            found += page["points"]
            if page["next_page_offset"] is None:
                return found
            asked["offset"] = page["next_page_offset"]


def run(around: Surroundings, server: Server) -> dict[str, dict[str, Any]]:
    """One drill on a stack of its own."""
    with document_worker(around, ENRICHMENT_SCOPE="document") as worker:
        worker.upload(SRD, KEY)
        made = worker.process_document(KEY)
        assert made["state"] == "succeeded", made["degraded"]
        env = worker.env
    before = server.points()
    kept = _size_of_points(env)
    result = {
        "made from the PDF": {
            "seconds": made["seconds"], "cpu_seconds": made["cpu_seconds"],
            "chat_calls": made["models"]["chat"]["count"], "embedded": made["models"]["embeddings"]["inputs"],
            "points": sum(made["points"].values()), "megabytes": None,
        },
    }  # fmt: skip
    around.models.reset()
    snapshots: dict[str, Any] = {}
    with suppress(httpx.HTTPStatusError):  # the development server has none
        taken, taking = _timed(lambda: snapshots.update({name: _take(server, name) for name in server.collections()}))
        size = sum(len(body) for _, body in snapshots.values()) / _MEGABYTE
        result["snapshots taken"] = {"seconds": taken, "cpu_seconds": taking, "megabytes": size, "points": 0}
    server.delete_all()
    result["refilled from S3"] = {**_refill(env), "megabytes": kept}
    stats = around.models.stats()
    result["refilled from S3"] |= {"chat_calls": stats["chat"]["count"], "embedded": stats["embeddings"]["inputs"]}
    assert _comparable(server.points()) == _comparable(before), "points differ after the refill"
    if snapshots:
        server.delete_all()
        back, cpu = _timed(lambda: [_put_back(server, name, *body) for name, body in snapshots.items()])
        result["snapshots put back"] = {"seconds": back, "cpu_seconds": cpu, "megabytes": size}
        assert server.points() == before, "points differ after the snapshots"
    server.delete_all()
    return result


def _refill(env: dict[str, str]) -> dict[str, Any]:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _REFILL], cwd=REPOSITORY, env=env, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    assert not said["left"]
    seconds = time.monotonic() - began
    return {"seconds": seconds, "cpu_seconds": float(done.stderr.split()[-1]), "points": said["points"]}


def _size_of_points(env: dict[str, str]) -> float:
    pages = client("s3", env).get_paginator("list_objects_v2").paginate(Bucket=env["AWS_S3_BUCKET_NAME"])
    objects = [one for page in pages for one in page.get("Contents", ()) if one["Key"].endswith(POINTS_FILE)]
    return float(sum(one["Size"] for one in objects)) / _MEGABYTE


def _take(server: Server, name: str) -> tuple[str, bytes]:
    answer = server.http.post(f"/collections/{name}/snapshots?wait=true").raise_for_status()
    snapshot = answer.json()["result"]["name"]
    return snapshot, server.http.get(f"/collections/{name}/snapshots/{snapshot}").raise_for_status().content


def _put_back(server: Server, name: str, snapshot: str, body: bytes) -> None:
    url = f"/collections/{name}/snapshots/upload?priority=snapshot&wait=true"
    server.http.post(url, files={"snapshot": (snapshot, body)}).raise_for_status()


def _timed(do: Callable[[], Any]) -> tuple[float, float]:
    """Seconds, and CPU seconds of this process."""
    began, used = time.monotonic(), time.process_time()
    do()
    return time.monotonic() - began, time.process_time() - used


def _comparable(points: dict[str, list[Any]]) -> list[Any]:
    """Without the collection's own name, which a refill gives anew."""
    return sorted(json.dumps(found, sort_keys=True) for found in points.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    before = machine()
    served = Pair(qdrant=QDRANT_SERVER)
    with (
        surroundings(chat_seconds=0.0, embedding_seconds=0.0, pair=Pair() if served.why_not() else served) as around,
        httpx.Client(base_url=around.env["QDRANT_URL"], timeout=300) as http,
    ):
        version = http.get("/").json()["version"]
        turns = [run(around, Server(http)) for _ in range(options.runs)]
    columns = ("seconds", "cpu_seconds", "megabytes", "points", "chat_calls", "embedded")
    rows = [[way, *(_median([turn[way].get(column) for turn in turns]) for column in columns)] for way in turns[0]]
    heading = f"SRD 5.1, three stores, Qdrant {version}; medians of {options.runs} runs. CPU seconds are the client's."
    table = markdown(["", "seconds", "CPU s", "MB", "points", "model calls", "texts embedded"], rows)
    report("restore", [heading, table], before, {"qdrant": version, "turns": turns})


def _median(values: list[Any]) -> Any:
    return statistics.median(values) if None not in values else ""


if __name__ == "__main__":
    main()
