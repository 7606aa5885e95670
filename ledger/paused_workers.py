"""Which workers are paused, and why: an item for each, which it writes anew every minute and removes when it goes on.

An item that is older than `FORGET_SECONDS` is of a worker that has died; it isn't shown, and DynamoDB drops it (TTL).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ledger.table import Item, Table

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
        found = self._table.query("pk", PARTITION, sort_prefix=("sk", "paused#"))
        return [_paused_worker(item, now) for item in found if now - float(item["told_at"]) <= FORGET_SECONDS]


def summary(paused: Sequence[PausedWorker], now: float) -> list[dict[str, Any]]:
    """What is missing, one entry a dependency and reason, with how many workers wait for it and for how long: as the
    panel and `status --json` show it. Those that need a person come first."""
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    for one in paused:
        for missing in one.missing:
            entry = entries.setdefault((missing.dependency, missing.reason), {**asdict(missing), "workers": []})
            entry["since"] = min(entry["since"], missing.since)
            entry["workers"].append(one.worker)
    for entry in entries.values():
        entry["seconds"] = round(max(0.0, now - entry["since"]), 1)
    return sorted(entries.values(), key=lambda entry: (not entry["needs_person"], entry["since"]))


def _paused_worker(item: Item, now: float) -> PausedWorker:
    missing = tuple(
        Missing(
            str(one["dependency"]), str(one["code"]), str(one["reason"]), float(one["since"]), bool(one["needs_person"])
        )
        for one in item["missing"]
    )
    return PausedWorker(str(item["worker"]), missing, max(0.0, now - float(item["told_at"])))
