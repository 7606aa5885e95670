"""Does anything grow faster than what is asked for: with pages, with documents that came before, with keys to queue?

    python -m benchmarks.growth [--only pages|memory|ledger|enqueue]

`pages`: the SRD cut or repeated to 10 … 1,000 pages (each page stamped, so that nothing is shared). The worker is new
and has done a small document, models answer at once, and each page is a model call. `memory`: the same for 500 and
5,000 pages with small images, worker and children apart. `ledger`: documents of two pages when so many others are in
the ledger and in the history file. `enqueue`: `manage_vector_stores.py enqueue-all` on a listing of so many keys,
served and taken at the HTTP level by `bulk_endpoint.py`. Qdrant is a process of its own (`qdrant_process.py`).
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import httpx

from benchmarks.document_worker import DocumentWorker, document_worker
from benchmarks.machine import REPOSITORY, Tree, machine, markdown, peak_megabytes_of, report
from benchmarks.pdfs import Cut, make
from benchmarks.qdrant_process import QdrantProcess, qdrant_process
from benchmarks.stack import GOOD, SRD, Surroundings, client, surroundings
from foundation.app_config import APP_CONFIG_KEY
from ledger.history import HISTORY_KEY

PAGES = (10, 30, 100, 300, 1_000)
#: Memory may differ by MAX_MEMORY_RATIO between these; images are made, but small.
MEMORY_PAGES = (500, 5_000)
MAX_MEMORY_RATIO = 1.2
MEMORY_IMAGE_DPI = 40
EARLIER = (10, 100, 1_000, 10_000)
KEYS = (1_000, 10_000, 100_000)
#: Documents of two pages that are timed after so many earlier ones.
TIMED_DOCUMENTS = 6
START_SECONDS = 30.0


def by_pages(around: Surroundings, qdrant: QdrantProcess) -> list[dict[str, Any]]:
    """What a page takes in documents of so many."""
    cuts = [Cut(str(SRD), 1, pages, f"of {pages}", str(around.folder / f"{pages}.pdf")) for pages in PAGES]
    make(cuts)
    found = []
    for cut in cuts:
        with document_worker(around, ENRICHMENT_SCOPE="page", QDRANT_URL=qdrant.url) as worker:
            _done(worker, REPOSITORY / "samples" / "harbour-handbook.pdf", "source-pdfs/warm-up.pdf")
            answer = _done(worker, Path(cut.to), f"source-pdfs/{cut.pages}.pdf")
        found.append(
            {
                "pages": cut.pages,
                "seconds": answer["seconds"],
                "cpu_seconds": answer["cpu_seconds"],
                "own_peak_megabytes": answer["own_peak_megabytes"],
                "peak_megabytes": answer["peak_megabytes"],
                "aws_calls": sum(operation["calls"] for operation in answer["aws"].values()),
                "moto_cpu_seconds": answer["moto_cpu_seconds"],
            }
        )
    return found


def memory_by_pages(around: Surroundings, qdrant: QdrantProcess) -> list[dict[str, Any]]:
    """The most memory that documents of so many pages take."""
    found = []
    for pages in MEMORY_PAGES:
        cut = Cut(str(SRD), 1, pages, f"of {pages}", str(around.folder / f"{pages}.pdf"))
        make([cut])
        with document_worker(around, ENRICHMENT_SCOPE="page", QDRANT_URL=qdrant.url) as worker:
            client("s3", worker.env).put_object(
                Bucket=worker.env["AWS_S3_BUCKET_NAME"],
                Key=APP_CONFIG_KEY,
                Body=json.dumps({"image_dpi": MEMORY_IMAGE_DPI}).encode(),
            )
            _done(worker, REPOSITORY / "samples" / "harbour-handbook.pdf", "source-pdfs/warm-up.pdf")
            answer = _done(worker, Path(cut.to), f"source-pdfs/{pages}.pdf")
        names = ("own_peak_megabytes", "children_peak_megabytes", "peak_megabytes", "cpu_seconds", "seconds")
        found.append({"pages": pages, **{name: answer[name] for name in names}})
    return found


def by_earlier_documents(around: Surroundings, qdrant: QdrantProcess) -> list[dict[str, Any]]:
    """What a small document takes when so many came before."""
    cuts = [
        Cut(str(GOOD / "va-coding-handbook.pdf"), 10 + n, 2, f"small {n}", str(around.folder / f"small-{n}.pdf"))
        for n in range(TIMED_DOCUMENTS)
    ]
    make(cuts)
    found = []
    env = {"ENRICHMENT_SCOPE": "page", "QDRANT_URL": qdrant.url}
    for earlier in EARLIER:
        with document_worker(around, "--history-waits", **env) as worker:
            _done(worker, REPOSITORY / "samples" / "harbour-handbook.pdf", "source-pdfs/warm-up.pdf")
            _pretend_earlier(worker.env, earlier)
            answers = [_done(worker, Path(cut.to), f"source-pdfs/{Path(cut.to).name}") for cut in cuts]
            flushed = worker.flush_history()
        found.append(
            {
                "earlier": earlier,
                "milliseconds": [answer["seconds"] * 1e3 for answer in answers],
                # moto copies the table before each transaction, to be able to take it back.
                "transaction_milliseconds": [
                    answer["aws"]["dynamodb.TransactWriteItems"]["seconds"] * 1e3 for answer in answers
                ],
                "cpu_milliseconds": [answer["cpu_seconds"] * 1e3 for answer in answers],
                "aws_calls": [sum(operation["calls"] for operation in answer["aws"].values()) for answer in answers],
                "flush": flushed,
            }
        )
    return found


def by_keys() -> list[dict[str, Any]]:
    """What it takes to queue so many documents."""
    found = []
    for keys in KEYS:
        with bulk_endpoint(keys) as url:
            env = {
                **os.environ, "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_S3_BUCKET_NAME": "bench", "SQS_QUEUE_URL": f"{url}/1/queue", "SQS_DLQ_URL": f"{url}/1/dead",
                "STATUS_TABLE_NAME": "table", "QDRANT_URL": "http://127.0.0.1:1", "EMBEDDING_PROVIDER": "static",
                "ENRICHMENT": "extractive", "ENV_FILE": os.devnull,
            }  # fmt: skip
            command = [sys.executable, "scripts/manage_vector_stores.py", "enqueue-all", "--json"]
            started_at = time.monotonic()
            process = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE)
            peak = cpu = 0.0
            while process.poll() is None:
                with suppress(OSError, StopIteration):  # it ends whenever it likes
                    peak, cpu = peak_megabytes_of(process.pid), Tree(process.pid).own_cpu_seconds()
                time.sleep(0.05)
            seconds = time.monotonic() - started_at
            assert process.stdout is not None
            said = json.loads(process.stdout.read() or "{}")
            taken = httpx.get(f"{url}/taken").raise_for_status().json()
        if not said.get("enqueued") == taken["messages"] == keys:
            raise SystemExit(f"{keys} keys: {said} and {taken}")
        found.append(
            {
                "keys": keys,
                "seconds": seconds,
                "cpu_seconds": cpu,
                "peak_megabytes": peak,
                **taken,
            }
        )
    return found


@contextmanager
def bulk_endpoint(keys: int) -> Iterator[str]:
    """Its address, as long as the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bulk_endpoint", "--port", str(port), "--keys", str(keys)], cwd=REPOSITORY
    )
    url = f"http://127.0.0.1:{port}"
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"{url}/taken")
                break
            except httpx.TransportError:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()


def _done(worker: DocumentWorker, path: Path, key: str) -> dict[str, Any]:
    worker.upload(path, key)
    answer = worker.process_document(key)
    if answer["state"] != "succeeded":
        raise SystemExit(f"{key} ended {answer['state']}: {answer['degraded']}")
    return answer


def _pretend_earlier(env: dict[str, str], count: int) -> None:
    """Copy the ledger's item of the document that there is, and its entry in the history, under other names."""
    table = boto3.resource(
        "dynamodb", endpoint_url=env["AWS_ENDPOINT_URL"], region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    ).Table(env["STATUS_TABLE_NAME"])  # fmt: skip
    items = table.scan()["Items"]
    [document] = [item for item in items if item["pk"].startswith("document#") and item["sk"] == "state"]
    with table.batch_writer() as batch:
        for number in range(count):
            batch.put_item(
                Item={**document, "pk": f"document#{number:064x}", "s3_key": f"source-pdfs/earlier/{number}.pdf"}
            )
    s3, bucket = client("s3", env), env["AWS_S3_BUCKET_NAME"]
    history = json.loads(s3.get_object(Bucket=bucket, Key=HISTORY_KEY)["Body"].read())
    [entry] = history.values()
    entries = {f"source-pdfs/earlier/{number}.pdf": entry for number in range(count)}
    s3.put_object(Bucket=bucket, Key=HISTORY_KEY, Body=json.dumps({**history, **entries}, indent=1).encode())


def _pages_table(found: Sequence[dict[str, Any]]) -> list[str]:
    rows = [
        [one["pages"], one["seconds"] / one["pages"] * 1e3, one["cpu_seconds"] / one["pages"] * 1e3,
         one["moto_cpu_seconds"] / one["pages"] * 1e3, one["aws_calls"] / one["pages"], one["own_peak_megabytes"],
         one["peak_megabytes"]]
        for one in found
    ]  # fmt: skip
    columns = ["pages", "ms a page", "CPU ms a page", "moto's, beside", "AWS calls a page", "worker's peak MB",
               "with its children"]  # fmt: skip
    return ["A document of so many pages, models that answer at once:", markdown(columns, rows)]


def _memory_table(found: Sequence[dict[str, Any]]) -> list[str]:
    names = ("own_peak_megabytes", "children_peak_megabytes", "peak_megabytes")
    rows: list[list[Any]] = [[f"{one['pages']:,}", *(one[name] for name in names)] for one in found]
    first, *_, last = found
    rows.append([f"ratio, at most {MAX_MEMORY_RATIO}", *(last[name] / first[name] for name in names)])
    columns = ["pages", "worker's peak MB", "its children's", "both at a time"]
    return [f"Memory by pages, images at {MEMORY_IMAGE_DPI} dpi:", markdown(columns, rows)]


def _ledger_table(found: Sequence[dict[str, Any]]) -> list[str]:
    rows = [
        [one["earlier"], *(statistics.median(one[name]) for name in
         ("cpu_milliseconds", "aws_calls", "milliseconds", "transaction_milliseconds")),
         one["flush"]["cpu_seconds"] * 1e3]
        for one in found
    ]  # fmt: skip
    columns = ["earlier documents", "CPU ms", "AWS calls", "ms", "of it moto's TransactWriteItems",
               "CPU ms of rewriting the history, at most every 10 s"]  # fmt: skip
    return [f"{TIMED_DOCUMENTS} documents of two pages when so many came before, medians:", markdown(columns, rows)]


def _keys_table(found: Sequence[dict[str, Any]]) -> list[str]:
    rows = [
        [one["keys"], one["seconds"], one["cpu_seconds"], one["cpu_seconds"] / one["keys"] * 1e6, one["batches"],
         one["pages"], one["peak_megabytes"]]
        for one in found
    ]  # fmt: skip
    columns = ["keys", "seconds", "CPU s", "CPU µs a key", "SQS batches", "listing pages", "peak MB"]
    heading = "`enqueue-all`; listing and queue served at the HTTP level (moto is too slow for so many):"
    return [heading, markdown(columns, rows)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="print, and keep nothing", choices=("pages", "memory", "ledger", "enqueue"))
    options = parser.parse_args()
    before = machine()
    results: dict[str, Any] = {}
    tables: list[str] = []
    if options.only != "enqueue":
        with surroundings(chat_seconds=0.0, embedding_seconds=0.0) as around, qdrant_process() as qdrant:
            if options.only in (None, "pages"):
                results["pages"] = by_pages(around, qdrant)
                tables += _pages_table(results["pages"])
            if options.only in (None, "memory"):
                results["memory"] = memory_by_pages(around, qdrant)
                tables += _memory_table(results["memory"])
            if options.only in (None, "ledger"):
                results["ledger"] = by_earlier_documents(around, qdrant)
                tables += _ledger_table(results["ledger"])
    if options.only in (None, "enqueue"):
        results["enqueue"] = by_keys()
        tables += _keys_table(results["enqueue"])
    report("growth", tables, before, results, is_whole=options.only is None)


if __name__ == "__main__":
    main()
