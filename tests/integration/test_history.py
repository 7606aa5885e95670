"""The history view: no entry is lost, and what can't be read is never overwritten."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from data_ingestion.history import HISTORY_KEY, History, outbox_item
from errors import TransientError
from wiring import Wiring


def queue(wiring: Wiring, number: int, status: str = "succeeded", version: int = 1) -> None:
    key = f"source-pdfs/{number}.pdf"
    wiring.table.put(outbox_item(f"doc{number}", key, {"status": status}, version))


def test_eight_workers_lose_no_entry(wiring: Wiring) -> None:
    workers = [History(wiring.aws.s3, wiring.settings.aws_s3_bucket_name, wiring.table, f"w{n}") for n in range(8)]

    def work(number: int) -> None:
        queue(wiring, number)
        workers[number % 8].flush()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    workers[0].flush()
    assert len(workers[0].read()) == 40


def test_a_newer_entry_replaces_an_older_one_and_a_removal_takes_it_away(wiring: Wiring) -> None:
    queue(wiring, 1, "failed", version=1)
    queue(wiring, 1, "succeeded", version=2)
    wiring.history.flush()
    assert wiring.history.read() == {"source-pdfs/1.pdf": {"status": "succeeded"}}
    wiring.table.put(outbox_item("doc1", "source-pdfs/1.pdf", None, 3))
    wiring.history.flush()
    assert wiring.history.read() == {}


@pytest.mark.parametrize("broken", ["{not json", "[]"])
def test_a_broken_file_is_left_alone_and_entries_wait(wiring: Wiring, broken: str) -> None:
    bucket = wiring.settings.aws_s3_bucket_name
    wiring.aws.s3.put_object(Bucket=bucket, Key=HISTORY_KEY, Body=broken.encode())
    queue(wiring, 1)
    with pytest.raises(TransientError, match="not a JSON object"):
        wiring.history.flush()
    assert wiring.aws.s3.get_object(Bucket=bucket, Key=HISTORY_KEY)["Body"].read() == broken.encode()
    old = {f"source-pdfs/old{n}.pdf": {"status": "succeeded"} for n in range(50)}
    wiring.aws.s3.put_object(Bucket=bucket, Key=HISTORY_KEY, Body=json.dumps(old).encode())
    assert wiring.history.flush() == 1
    assert len(wiring.history.read()) == 51


def test_entries_of_a_worker_that_died_while_it_flushed_are_written_by_the_next(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(wiring, 1)
    monkeypatch.setattr(wiring.history, "_forget", lambda item: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        wiring.history.flush()
    other = History(wiring.aws.s3, wiring.settings.aws_s3_bucket_name, wiring.table, "other")
    assert other.flush() == 1
    assert other.read() == {"source-pdfs/1.pdf": {"status": "succeeded"}}
