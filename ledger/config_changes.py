"""Who changed which key of AppConfig, when, and from what to what."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from foundation.timestamps import utc_iso
from ledger.table import Item, Table


class ConfigChanges:
    """The history of AppConfig, newest first. Values are kept as JSON: a prompt's older wording can be taken back."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def add(self, changes: Mapping[str, tuple[Any, Any]], who: str) -> None:
        """`changes` is by key: (before, after)."""
        changed_at = utc_iso(self._clock())
        written = {key: [json.dumps(before), json.dumps(after)] for key, (before, after) in changes.items()}
        self._table.put({"pk": "config", "sk": changed_at, "changed_at": changed_at, "who": who, "changes": written})

    def newest(self, limit: int = 20) -> list[Item]:
        """Each with `changed_at`, `who` and `changes`: key → {before, after}."""
        return [
            {
                "changed_at": item["changed_at"],
                "who": item["who"],
                "changes": {
                    key: {"before": json.loads(before), "after": json.loads(after)}
                    for key, (before, after) in item["changes"].items()
                },
            }
            for item in self._table.query("pk", "config", newest_first=True, limit=limit)
        ]
