"""What the queue's page counts from the documents."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.records import DocumentRecord
from web.entry import Entry
from web.throughput import HOURS, at_work, per_hour, waiting_ages

NOW = datetime(2026, 5, 6, 12, 30, tzinfo=UTC)


def entry(state: str, minutes_ago: float | None, **more: Any) -> Entry:
    at = "" if minutes_ago is None else (NOW - timedelta(minutes=minutes_ago)).isoformat()
    return Entry("d", DocumentRecord.from_item({"state": state, "state_changed_at": at, "s3_key": "k", **more}))


def test_documents_that_ended_are_counted_by_hour() -> None:
    entries = [
        entry("succeeded", 5), entry("degraded", 29), entry("failed", 31), entry("succeeded", 60 * HOURS),
        entry("processing", 1), entry("queued", 1), entry("succeeded", None),
    ]  # fmt: skip
    hours = per_hour(entries, NOW)
    assert len(hours) == HOURS
    assert hours[-1].as_json() == {"hour": "2026-05-06T12:00:00+00:00", "good": 2, "failed": 0}
    assert hours[-2].as_json() == {"hour": "2026-05-06T11:00:00+00:00", "good": 0, "failed": 1}
    assert sum(hour.good + hour.failed for hour in hours) == 3


def test_documents_that_wait_are_counted_by_how_long() -> None:
    entries = [entry("queued", minutes) for minutes in (0.5, 1, 3, 300)] + [
        entry("succeeded", 3),
        entry("queued", None),
    ]
    ages = {group.up_to_minutes: group.count for group in waiting_ages(entries, NOW)}
    assert ages == {1: 2, 5: 1, 15: 0, 60: 0, 240: 0, None: 1}


def test_workers_are_told_with_what_they_do() -> None:
    entries = [
        entry("processing", 1, worker="b:1", stage="read", pages_done=3, pages_total=9),
        entry("processing", 1, worker="a:1"),
        entry("succeeded", 1, worker="c:1"),
    ]
    workers = at_work(entries)
    assert [worker.worker for worker in workers] == ["a:1", "b:1"]
    assert workers[1].as_json()["documents"] == [
        {
            "document_id": "d", "s3_key": "k", "stage": "read", "pages_done": 3, "pages_total": 9, "started_at": None,
        }
    ]  # fmt: skip
