"""An operator's pause: one item that says that no worker begins a document, who wanted that, since when and why.

It stays until somebody resumes, whatever workers, panels and deployments come and go meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from foundation.timestamps import utc_iso
from ledger.table import ConditionNotMetError, Table, Update

_KEY = ("workers", "pause")
IS_NEW = "attribute_not_exists(#since)"
IS_ON = "attribute_exists(#since)"
#: Longer words of a person are cut.
MAX_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class OperatorPause:
    """`since` is ISO 8601 in UTC. `reason` may be empty, and so is `warning` unless tasks may still be started."""

    by: str
    since: str
    reason: str
    warning: str = ""

    def as_json(self) -> dict[str, str]:
        return {"by": self.by, "since": self.since, "reason": self.reason, "warning": self.warning}


class OperatorPauses:
    """Raises TransientError when the table doesn't answer. `clock` gives epoch seconds."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def current(self) -> OperatorPause | None:
        """None while workers may work. One read."""
        item = self._table.get(_KEY)
        return _pause(item) if item and item.get("since") else None

    def pause(self, by: str, reason: str = "") -> OperatorPause:
        """What holds from now on: of two who pause, the first one's stays."""
        values = {"since": utc_iso(self._clock()), "by": by[:MAX_CHARACTERS], "reason": reason[:MAX_CHARACTERS]}
        try:
            return _pause(self._table.update(Update(_KEY, values, {}, condition=IS_NEW)))
        except ConditionNotMetError as error:
            return _pause(error.item or values)

    def warn(self, warning: str) -> OperatorPause | None:
        """Add to the pause that holds what people are to know; None when it has ended meanwhile."""
        try:
            values = {"warning": warning[:MAX_CHARACTERS]}
            return _pause(self._table.update(Update(_KEY, values, {}, condition=IS_ON)))
        except ConditionNotMetError:
            return None

    def resume(self) -> OperatorPause | None:
        """The pause that ends; None when there was none."""
        ended = self.current()
        self._table.delete(_KEY)
        return ended


def _pause(item: dict[str, Any]) -> OperatorPause:
    return OperatorPause(*(str(item.get(name, "")) for name in ("by", "since", "reason", "warning")))
