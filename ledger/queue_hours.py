"""What went through the queue, by the hour: documents that ended, and how long those that began had waited.

One item an hour, to which every worker adds; a page that shows two weeks reads them with one query (about 60 kB).
"""

import operator
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from ledger.runs import KEEP_DAYS
from ledger.table import Item, Table, Update, at_least

_PARTITION = "queue_hours"
#: How long documents waited, in minutes: the upper ends of the groups, the last one open.
WAIT_MINUTES = (1, 5, 15, 60, 240)
_WAITS = (*(f"waited_{minutes}" for minutes in WAIT_MINUTES), "waited_longer")


@dataclass(frozen=True, slots=True)
class Throughput:
    """What went through the queue in an hour or a day. `waits` are numbers of documents by WAIT_MINUTES and beyond."""

    start: datetime
    good: int = 0
    failed: int = 0
    waits: tuple[int, ...] = (0,) * len(_WAITS)

    def plus(self, other: Self) -> Self:
        """Both together, from the start of this."""
        waits = tuple(map(operator.add, self.waits, other.waits))
        return replace(self, good=self.good + other.good, failed=self.failed + other.failed, waits=waits)

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

    def newest(self, days: int) -> list[Throughput]:
        """The hours of the last days in which something happened, oldest first. One query."""
        since = _hour(self._clock() - days * 86_400)
        return [_throughput(item) for item in self._table.query("pk", _PARTITION, sort=at_least("sk", since))]


def by_hour(throughput: Iterable[Throughput], now: datetime, hours: int) -> list[Throughput]:
    """The last hours, oldest first, also those in which nothing happened. Pure."""
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    found = {start: Throughput(start) for start in (last - timedelta(hours=back) for back in range(hours - 1, -1, -1))}
    return _added(found, ((hour.start, hour) for hour in throughput))


def by_day(throughput: Iterable[Throughput], now: datetime, days: int) -> list[Throughput]:
    """The last days (UTC), oldest first, also those in which nothing happened. Pure."""
    last = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found = {start: Throughput(start) for start in (last - timedelta(days=back) for back in range(days - 1, -1, -1))}
    return _added(found, ((hour.start.replace(hour=0), hour) for hour in throughput))


def _added(sums: dict[datetime, Throughput], hours: Iterable[tuple[datetime, Throughput]]) -> list[Throughput]:
    """`sums` with each hour added to the one that it is paired with, if that is there."""
    for start, hour in hours:
        if start in sums:
            sums[start] = sums[start].plus(hour)
    return list(sums.values())


def _throughput(item: Item) -> Throughput:
    start = datetime.fromisoformat(str(item["sk"])).replace(tzinfo=UTC)
    waits = tuple(int(item.get(name, 0)) for name in _WAITS)
    return Throughput(start, int(item.get("good", 0)), int(item.get("failed", 0)), waits)


def _hour(epoch_seconds: float) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H")


def _wait(seconds: float) -> str:
    return next(
        (name for minutes, name in zip(WAIT_MINUTES, _WAITS, strict=False) if seconds <= minutes * 60), _WAITS[-1]
    )
