"""A lease of the whole fleet: one process at a time does what all could do."""

import time
import uuid
from collections.abc import Callable
from contextlib import suppress

from ledger.table import ConditionNotMetError, Item, Table, Update

IS_FREE = "attribute_not_exists(#until) OR #until < :now"
IS_MINE = "#owner = :mine"


class FleetLease:
    """`name` is its item in the table. Not for several threads at once."""

    def __init__(self, table: Table, name: str, seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._key = (name, "lease")
        self._table = table
        self._seconds = seconds
        self._clock = clock
        self._mine = ""

    def take(self) -> bool:
        """False while another process has it."""
        self._mine = uuid.uuid4().hex
        now = self._clock()
        try:
            self._set({"owner": self._mine}, now + self._seconds, IS_FREE, {"now": now})
        except ConditionNotMetError as error:
            # It is ours all the same when the SDK sent the write again whose answer was lost.
            return error.item is not None and error.item.get("owner") == self._mine
        return True

    def keep(self) -> bool:
        """For as long again; False when it has run out, and another process has it."""
        try:
            self._set({}, self._clock() + self._seconds, IS_MINE, {"mine": self._mine})
        except ConditionNotMetError:
            return False
        return True

    def release(self) -> None:
        with suppress(ConditionNotMetError):
            self._set({}, 0.0, IS_MINE, {"mine": self._mine})

    def _set(self, changes: Item, until: float, condition: str, values: Item) -> None:
        self._table.update(Update(self._key, {**changes, "until": until}, {}, condition=condition, values=values))
