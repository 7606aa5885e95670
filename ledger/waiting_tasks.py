"""Tasks that wait for the protection that older ones have: one item, whose start is the earliest of theirs.

Implements `work_queue.handover.WaitingRoom`.
"""

from ledger.table import ConditionNotMetError, Table, Update

_KEY = ("waiting-tasks", "earliest")

IS_FORGOTTEN_OR_LATER = "attribute_not_exists(#seen_at) OR #seen_at < :forgotten OR #started_at > :mine"


class WaitingTasks:
    """Safe for any number of tasks at once. Times are epoch seconds."""

    def __init__(self, table: Table, forget_after_seconds: float) -> None:
        self._table = table
        self._forget_after_seconds = forget_after_seconds

    def enter(self, started_at: float, now: float) -> None:
        """Note that a task waits. Raises TransientError when the table doesn't answer."""
        values = {"forgotten": now - self._forget_after_seconds, "mine": started_at}
        try:
            self._table.update(
                Update(
                    _KEY,
                    {"started_at": started_at, "seen_at": now},
                    {},
                    condition=IS_FORGOTTEN_OR_LATER,
                    values=values,
                )
            )
        except ConditionNotMetError:
            # An earlier one waits, or did a moment ago: its start stays, so that those that came with it aren't old.
            self._table.update(Update(_KEY, {"seen_at": now}, {}))

    def earliest_start(self, now: float) -> float | None:
        """When the first of those started that wait. Raises TransientError when the table doesn't answer."""
        item = self._table.get(_KEY)
        if not item or item["seen_at"] < now - self._forget_after_seconds:
            return None
        return float(item["started_at"])
