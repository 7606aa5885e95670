"""What happened lately and who is at work, counted from the documents that are known. Pure.

Of each document only its last attempt is known, so that one which was processed twice within the day counts once.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.queue_hours import WAIT_MINUTES
from ledger.records import DocumentState
from web.entry import Entry

HOURS = 24
_GOOD = frozenset({DocumentState.SUCCEEDED, DocumentState.DEGRADED, DocumentState.SKIPPED})


def per_hour(entries: Iterable[Entry], now: datetime) -> list[dict[str, Any]]:
    """Documents that ended, `{hour, good, failed}` for each of the last HOURS hours (UTC), oldest first."""
    counts = {hour: {"good": 0, "failed": 0} for hour in _hours(now)}
    for entry in entries:
        at = _moment(entry.updated_at)
        if at is None or (entry.state not in _GOOD and entry.state is not DocumentState.FAILED):
            continue
        hour = at.replace(minute=0, second=0, microsecond=0)
        if hour in counts:
            counts[hour]["good" if entry.state in _GOOD else "failed"] += 1
    return [{"hour": hour.isoformat(), **count} for hour, count in counts.items()]


def waiting_ages(entries: Iterable[Entry], now: datetime) -> list[dict[str, Any]]:
    """Documents that wait, `{up_to_minutes, count}` by how long they have; None for the last, open group."""
    counts: dict[int | None, int] = dict.fromkeys((*WAIT_MINUTES, None), 0)
    for entry in entries:
        at = _moment(entry.updated_at)
        if entry.state is DocumentState.QUEUED and at:
            minutes = (now - at).total_seconds() / 60
            counts[next((bound for bound in WAIT_MINUTES if minutes <= bound), None)] += 1
    return [{"up_to_minutes": bound, "count": count} for bound, count in counts.items()]


def at_work(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Each worker with its documents: `{worker, documents: [{document_id, s3_key, stage, pages_done, pages_total,
    started_at}]}`."""
    found: dict[str, list[dict[str, Any]]] = {}
    names = ("s3_key", "stage", "pages_done", "pages_total", "started_at")
    for entry in entries:
        if entry.state is DocumentState.PROCESSING:
            told = {"document_id": entry.document_id, **{name: getattr(entry.record, name) for name in names}}
            found.setdefault(entry.record.worker or "", []).append(told)
    return [{"worker": worker, "documents": documents} for worker, documents in sorted(found.items())]


def _hours(now: datetime) -> list[datetime]:
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [last - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]


def _moment(iso: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(iso).astimezone(UTC) if iso else None
    except ValueError:
        return None
