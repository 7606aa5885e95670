"""Which workers are paused, and why: an item for each, which it writes anew every minute and removes when it goes on.

An item that is older than `FORGET_SECONDS` is of a worker that has died; it isn't shown, and DynamoDB drops it (TTL).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ledger.table import Item, Table, begins_with

PARTITION = "workers"
#: Workers tell every minute; one that has missed four is gone.
FORGET_SECONDS = 300.0
KEEP_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Missing:
    """What a worker waits for. `since` is epoch seconds; `needs_person`: no waiting cures it."""

    dependency: str
    code: str
    reason: str
    since: float
    needs_person: bool


@dataclass(frozen=True, slots=True)
class PausedWorker:
    """`told_seconds_ago` is the age of what is known."""

    worker: str
    missing: tuple[Missing, ...]
    told_seconds_ago: float


@dataclass(frozen=True, slots=True)
class PauseReason:
    """What several workers wait for, since the first of them noticed, `seconds` ago."""

    missing: Missing
    workers: tuple[str, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """As the panel and `status --json` show it."""
        return {**asdict(self.missing), "workers": list(self.workers), "seconds": self.seconds}


class PausedWorkers:
    """Raises TransientError when the table doesn't answer. `clock` gives epoch seconds."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def put(self, worker: str, missing: Sequence[Mapping[str, object]]) -> None:
        """`missing` has the fields of `Missing`."""
        now = self._clock()
        self._table.put(
            {
                "pk": PARTITION,
                "sk": f"paused#{worker}",
                "worker": worker,
                "missing": list(missing),
                "told_at": now,
                "expires_at": int(now) + KEEP_SECONDS,
            }
        )

    def remove(self, worker: str) -> None:
        self._table.delete((PARTITION, f"paused#{worker}"))

    def all(self) -> list[PausedWorker]:
        """Those that have told of it lately, by name. One query."""
        now = self._clock()
        found = self._table.query("pk", PARTITION, sort=begins_with("sk", "paused#"))
        return [_paused_worker(item, now) for item in found if now - float(item["told_at"]) <= FORGET_SECONDS]


def pause_reasons(paused: Sequence[PausedWorker], now: float) -> list[PauseReason]:
    """One reason a dependency and its words. Those that need a person come first, then the oldest. Pure."""
    waiting: dict[tuple[str, str], list[tuple[str, Missing]]] = {}
    for one in paused:
        for missing in one.missing:
            waiting.setdefault((missing.dependency, missing.reason), []).append((one.worker, missing))
    reasons = []
    for by_worker in waiting.values():
        since = min(missing.since for _, missing in by_worker)
        workers = tuple(worker for worker, _ in by_worker)
        seconds = round(max(0.0, now - since), 1)
        reasons.append(PauseReason(replace(by_worker[0][1], since=since), workers, seconds))
    return sorted(reasons, key=lambda reason: (not reason.missing.needs_person, reason.missing.since))


def _paused_worker(item: Item, now: float) -> PausedWorker:
    missing = tuple(
        Missing(
            str(one["dependency"]), str(one["code"]), str(one["reason"]), float(one["since"]), bool(one["needs_person"])
        )
        for one in item["missing"]
    )
    return PausedWorker(str(item["worker"]), missing, max(0.0, now - float(item["told_at"])))
