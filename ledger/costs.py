"""What models cost, by day: one item a model and day, to which every process adds."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from foundation.timestamps import utc_iso
from ledger.records import CostRecord
from ledger.table import Table, Update


def cost_key(day: str, model: str) -> tuple[str, str]:
    """`day` is an ISO date in UTC."""
    return f"cost#{day}", model


class Costs:
    """Adds up and reads what was spent."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def add(self, model: str, usage: dict[str, float]) -> None:
        """`usage` has `tokens_in`, `tokens_out`, `cost_usd` and what else is counted."""
        added = {name: amount for name, amount in usage.items() if amount}
        if added:
            self._table.update(Update(cost_key(utc_iso(self._clock())[:10], model), {"model": model}, added))

    def of_day(self, day: str) -> list[CostRecord]:
        """A record a model. One query."""
        items = self._table.query("pk", cost_key(day, "")[0])
        return [CostRecord.from_item({"model": item["sk"], **item}) for item in items]

    def newest_days(self, days: int) -> Iterator[str]:
        """ISO dates, today first."""
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        return ((today - timedelta(days=back)).isoformat() for back in range(days))
