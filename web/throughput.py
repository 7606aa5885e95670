"""What happened lately and who is at work, counted from the documents that are known. Pure.

Of each document only its last attempt is known, so that one which was processed twice within the day counts once.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.queue_hours import WAIT_MINUTES
from ledger.records import DocumentState
from web.entry import Entry

HOURS = 24
_GOOD = frozenset({DocumentState.SUCCEEDED, DocumentState.DEGRADED, DocumentState.SKIPPED})


@dataclass(frozen=True, slots=True)
class EndedInHour:
    """How many documents ended in the hour that begins at `hour`, in UTC."""

    hour: datetime
    good: int
    failed: int

    def as_json(self) -> dict[str, Any]:
        return {"hour": self.hour.isoformat(), "good": self.good, "failed": self.failed}


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """How many documents have waited at most so long; None is the last, open group."""

    up_to_minutes: int | None
    count: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class WorkerAtWork:
    """A worker with the documents that it processes now."""

    worker: str
    entries: tuple[Entry, ...]

    def as_json(self) -> dict[str, Any]:
        return {"worker": self.worker, "documents": [_progress(entry) for entry in self.entries]}


def per_hour(entries: Iterable[Entry], now: datetime) -> list[EndedInHour]:
    """One for each of the last HOURS hours, oldest first."""
    counts = {hour: {"good": 0, "failed": 0} for hour in _hours(now)}
    for entry in entries:
        at = _moment(entry.updated_at)
        if at is None or (entry.state not in _GOOD and entry.state is not DocumentState.FAILED):
            continue
        hour = at.replace(minute=0, second=0, microsecond=0)
        if hour in counts:
            counts[hour]["good" if entry.state in _GOOD else "failed"] += 1
    return [EndedInHour(hour, **count) for hour, count in counts.items()]


def waiting_ages(entries: Iterable[Entry], now: datetime) -> list[WaitingGroup]:
    """Documents that wait, by how long they have."""
    counts: dict[int | None, int] = dict.fromkeys((*WAIT_MINUTES, None), 0)
    for entry in entries:
        at = _moment(entry.updated_at)
        if entry.state is DocumentState.QUEUED and at:
            minutes = (now - at).total_seconds() / 60
            counts[next((bound for bound in WAIT_MINUTES if minutes <= bound), None)] += 1
    return [WaitingGroup(bound, count) for bound, count in counts.items()]


def at_work(entries: Iterable[Entry]) -> list[WorkerAtWork]:
    """By the workers' names."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.state is DocumentState.PROCESSING:
            found.setdefault(entry.record.worker or "", []).append(entry)
    return [WorkerAtWork(worker, tuple(documents)) for worker, documents in sorted(found.items())]


def _progress(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "document_id": entry.document_id,
        "s3_key": record.s3_key,
        "stage": record.stage,
        "pages_done": record.pages_done,
        "pages_total": record.pages_total,
        "started_at": record.started_at,
    }


def _hours(now: datetime) -> list[datetime]:
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]


def _moment(iso: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(iso).astimezone(UTC) if iso else None
    except ValueError:
        return None
