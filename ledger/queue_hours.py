"""What went through the queue, by the hour: documents that ended, and how long those that began had waited.

One item an hour, to which every worker adds; a page that shows two weeks reads them with one query (about 60 kB).
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.runs import KEEP_DAYS
from ledger.table import Item, Table, Update

_PARTITION = "queue_hours"
#: How long documents waited, in minutes: the upper ends of the groups, the last one open.
WAIT_MINUTES = (1, 5, 15, 60, 240)
_WAITS = (*(f"waited_{minutes}" for minutes in WAIT_MINUTES), "waited_longer")


@dataclass(frozen=True, slots=True)
class Passed:
    """What went through in an hour or a day. `waits` are numbers of documents by WAIT_MINUTES and beyond."""

    start: datetime
    good: int
    failed: int
    waits: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        return {"start": self.start.isoformat(), "good": self.good, "failed": self.failed, "waits": list(self.waits)}


class QueueHours:
    """Raises TransientError. `clock` gives epoch seconds. Hours are in UTC."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def count(self, began_at: float, waited_seconds: float | None, is_good: bool | None) -> None:
        """One document that a worker began at `began_at`. `waited_seconds` None: it had been begun before; `is_good`
        None: it hasn't ended. At most two writes, one where it began and ended within the hour."""
        added: dict[str, dict[str, int]] = defaultdict(dict)
        if waited_seconds is not None:
            added[_hour(began_at)][_wait(waited_seconds)] = 1
        if is_good is not None:
            added[_hour(self._clock())]["good" if is_good else "failed"] = 1
        for hour, counts in added.items():
            expires_at = int(self._clock()) + KEEP_DAYS * 86_400
            self._table.update(Update((_PARTITION, hour), {"expires_at": expires_at}, counts))

    def newest(self, days: int) -> list[Item]:
        """Items of the last days, oldest first. One query."""
        since = _hour(self._clock() - days * 86_400)
        return list(self._table.query("pk", _PARTITION, sort_from=("sk", since)))


def by_hour(items: Iterable[Item], now: datetime, hours: int) -> list[Passed]:
    """The last hours, oldest first, also those in which nothing happened. Pure."""
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return _grouped(items, [last - timedelta(hours=back) for back in range(hours - 1, -1, -1)], len("2026-01-01T00"))


def by_day(items: Iterable[Item], now: datetime, days: int) -> list[Passed]:
    """The last days (UTC), oldest first, also those in which nothing happened. Pure."""
    last = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return _grouped(items, [last - timedelta(days=back) for back in range(days - 1, -1, -1)], len("2026-01-01"))


def _grouped(items: Iterable[Item], starts: list[datetime], characters: int) -> list[Passed]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for item in items:
        for name in ("good", "failed", *_WAITS):
            sums[str(item["sk"])[:characters]][name] += int(item.get(name, 0))
    found = ((start, sums[start.strftime("%Y-%m-%dT%H")[:characters]]) for start in starts)
    return [Passed(start, of["good"], of["failed"], tuple(of[name] for name in _WAITS)) for start, of in found]


def _hour(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H")


def _wait(seconds: float) -> str:
    return next(
        (name for minutes, name in zip(WAIT_MINUTES, _WAITS, strict=False) if seconds <= minutes * 60), _WAITS[-1]
    )
