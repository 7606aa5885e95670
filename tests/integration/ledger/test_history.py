"""The history view: no entry is lost, and what can't be read is never overwritten."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from composition.parts import Parts
from foundation.errors import TransientError
from ledger import DocumentRecord, DocumentState
from ledger import history as history_module
from ledger.history import FLUSH_INTERVAL_SECONDS, HISTORY_KEY, History
from ledger.history_entry import HistoryEntry


def queue(parts: Parts, number: int, status: str | None = "succeeded", version: int = 1) -> None:
    """A document has ended, or is gone if its status is None."""
    entry = HistoryEntry.of(DocumentRecord(state=DocumentState(status))) if status else None
    item = parts.history.outbox_item(f"doc{number}", f"source-pdfs/{number}.pdf", entry, version)
    assert item
    parts.table.put(item)


def statuses(history: History) -> dict[str, str]:
    """By S3 key, as other programs read them."""
    return {key: entry["status"] for key, entry in history.read().items()}


def worker(parts: Parts, name: str, clock: Callable[[], float] = time.time) -> History:
    return History(parts.aws.s3, parts.settings.aws_s3_bucket_name, parts.table, name, clock=clock)


def count_writes(parts: Parts) -> list[str]:
    """Grows by one with every write to the bucket."""
    writes: list[str] = []
    parts.aws.s3.meta.events.register("before-call.s3.PutObject", lambda **_: writes.append("history"))
    return writes


@pytest.mark.system
def test_eight_workers_on_200_documents_lose_no_entry_and_share_few_writes(parts: Parts) -> None:
    """The clock stands still: nobody has rested, so that all but the first flush are left to the workers' ends."""
    workers = [worker(parts, f"w{n}", clock=lambda: 1_000.0) for n in range(8)]
    writes = count_writes(parts)

    def work(number: int) -> None:
        for document in range(number, 200, 8):
            queue(parts, document)
            workers[number].flush_soon()
        workers[number].close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert set(parts.history.read()) == {f"source-pdfs/{number}.pdf" for number in range(200)}
    assert len(writes) <= 1 + 8


def test_after_a_flush_the_whole_fleet_rests(parts: Parts) -> None:
    now = 1_000.0
    first, second = (worker(parts, name, clock=lambda: now) for name in ("first", "second"))
    queue(parts, 1)
    first.flush_soon()
    queue(parts, 2)
    second.flush_soon()
    assert set(parts.history.read()) == {"source-pdfs/1.pdf"}
    now += FLUSH_INTERVAL_SECONDS + 1
    second.flush_soon()
    assert len(parts.history.read()) == 2


def test_who_stops_does_not_wait_for_the_fleet_to_rest(parts: Parts) -> None:
    first, second = worker(parts, "first"), worker(parts, "second")
    queue(parts, 1)
    first.flush_soon()
    queue(parts, 2)
    second.flush_soon()
    second.close()
    assert len(parts.history.read()) == 2


def test_what_a_dead_worker_left_is_written_when_the_fleet_has_rested(parts: Parts) -> None:
    """By one that starts or idles; with nothing left it takes no lease."""
    now = 1_000.0
    dead, idle = (worker(parts, name, clock=lambda: now) for name in ("dead", "idle"))
    queue(parts, 1)
    dead.flush_soon()
    queue(parts, 2)
    now += FLUSH_INTERVAL_SECONDS + 1
    idle.flush_left()
    assert len(idle.read()) == 2
    lease = parts.table.get(("history-flush", "lease"))
    now += 3_600
    idle.flush_left()
    assert parts.table.get(("history-flush", "lease")) == lease


def test_who_ends_waits_for_the_lease_of_a_worker_that_was_killed_while_it_flushed(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "FLUSH_LEASE_SECONDS", 1.0)
    dead, last = worker(parts, "dead"), worker(parts, "last")
    queue(parts, 1)
    assert dead._take_lease(history_module.LEASE_IS_FREE)
    last.close()
    assert statuses(last) == {"source-pdfs/1.pdf": "succeeded"}


def test_a_lease_that_does_not_end_is_an_error_to_who_must_flush(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "CLOSE_SECONDS", 0.0)
    queue(parts, 1)
    assert worker(parts, "busy")._take_lease(history_module.LEASE_IS_FREE)
    with pytest.raises(TransientError, match="another worker keeps"):
        worker(parts, "last").flush_all()


def test_a_flusher_that_slept_does_not_bring_an_older_entry_back(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sleeps between reading and writing, longer than its lease; meanwhile another one writes something newer."""
    asleep, awake = worker(parts, "asleep"), worker(parts, "awake", clock=lambda: time.time() + 3_600)
    queue(parts, 1, "failed", version=1)
    write = asleep._write

    def sleep_first(*arguments: object) -> bool:
        monkeypatch.undo()
        queue(parts, 1, "succeeded", version=2)
        assert awake.flush() == 1
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(asleep, "_write", sleep_first)
    asleep.flush()
    assert statuses(parts.history) == {"source-pdfs/1.pdf": "succeeded"}


def test_switched_off_it_leaves_nothing_to_write(parts: Parts) -> None:
    off = History(parts.aws.s3, parts.settings.aws_s3_bucket_name, parts.table, "off", is_on=False)
    writes = count_writes(parts)
    ended = HistoryEntry.of(DocumentRecord(state=DocumentState.SUCCEEDED))
    assert off.outbox_item("doc1", "source-pdfs/1.pdf", ended, 1) is None
    off.flush_soon()
    off.close()
    assert writes == []


def test_a_newer_entry_replaces_an_older_one_and_a_removal_takes_it_away(parts: Parts) -> None:
    queue(parts, 1, "failed", version=1)
    queue(parts, 1, "succeeded", version=2)
    parts.history.flush()
    assert statuses(parts.history) == {"source-pdfs/1.pdf": "succeeded"}
    queue(parts, 1, None, version=3)
    parts.history.flush()
    assert parts.history.read() == {}


@pytest.mark.parametrize("broken", ["{not json", "[]"])
def test_a_broken_file_is_left_alone_and_entries_wait(parts: Parts, broken: str) -> None:
    bucket = parts.settings.aws_s3_bucket_name
    parts.aws.s3.put_object(Bucket=bucket, Key=HISTORY_KEY, Body=broken.encode())
    queue(parts, 1)
    with pytest.raises(TransientError, match="not a JSON object"):
        parts.history.flush()
    assert parts.aws.s3.get_object(Bucket=bucket, Key=HISTORY_KEY)["Body"].read() == broken.encode()
    old = {f"source-pdfs/old{n}.pdf": {"status": "succeeded"} for n in range(50)}
    parts.aws.s3.put_object(Bucket=bucket, Key=HISTORY_KEY, Body=json.dumps(old).encode())
    assert parts.history.flush() == 1
    assert len(parts.history.read()) == 51


def test_entries_of_a_worker_that_died_while_it_flushed_are_written_by_the_next(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(parts, 1)
    monkeypatch.setattr(parts.history, "_forget", lambda item: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        parts.history.flush()
    other = worker(parts, "other")
    assert other.flush() == 1
    assert statuses(other) == {"source-pdfs/1.pdf": "succeeded"}
