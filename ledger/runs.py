"""Bulk runs in the ledger: how many documents were queued, how they ended, and whether somebody called it off."""

import time
from collections.abc import Callable, Iterator

from foundation.timestamps import utc_iso
from ledger.records import RunRecord
from ledger.run_description import RunDescription
from ledger.table import Key, Table, Update

#: Runs and attempts are kept this long.
KEEP_DAYS = 90


def run_key(run_id: str) -> Key:
    return f"run#{run_id}", "state"


def count_in_run(run_id: str, state: str, usage: dict[str, float]) -> Update:
    """One more document of the run ended in `state`: part of the transaction that ends the document."""
    return Update(run_key(run_id), set={}, add={f"documents_{state}": 1, **usage})


def why_stopped(run: RunRecord) -> str | None:
    """Pure. Documents that are at work when the money is spent are finished: a cap is passed by what they cost."""
    if run.cancelled_at:
        return "somebody cancelled its run before it began"
    if run.max_cost_usd is not None and run.cost_usd >= run.max_cost_usd:
        return f"its run has spent ${run.cost_usd:.2f} and may spend ${run.max_cost_usd:.2f}"
    return None


class Runs:
    """Starts, cancels and lists runs."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def start(self, run_id: str, request: RunDescription, max_cost_usd: float | None = None) -> None:
        """`request` is what was asked for, `max_cost_usd` what it may spend."""
        started = self._clock()
        item = {"run_id": run_id, "started_at": utc_iso(started), "expires_at": int(started) + KEEP_DAYS * 86_400}
        self._table.put({"pk": "runs", "sk": f"{item['started_at']}#{run_id}", **item})
        # An update, not a put: documents of a quick run may have been counted already.
        self._table.update(
            Update(
                run_key(run_id),
                set={
                    "started_at": item["started_at"],
                    "expires_at": item["expires_at"],
                    "request": request.to_item(),
                    **({} if max_cost_usd is None else {"max_cost_usd": max_cost_usd}),
                },
                add={},
            )
        )

    def count_queued(self, run_id: str, documents: int) -> None:
        self._table.update(Update(run_key(run_id), set={}, add={"documents_queued": documents}))

    def note_queueing(self, run_id: str, at: float | None) -> None:
        """Documents are still being queued as of `at` (epoch seconds); None: all are."""
        if at is None:
            done = {"queued_at": utc_iso(self._clock())}
            self._table.update(Update(run_key(run_id), set=done, add={}, remove=("queueing_at",)))
        else:
            self._table.update(Update(run_key(run_id), set={"queueing_at": at}, add={}))

    def cancel(self, run_id: str) -> None:
        """Documents of the run that have not started end as cancelled; those at work stop at their next checkpoint."""
        self._table.update(Update(run_key(run_id), set={"cancelled_at": utc_iso(self._clock())}, add={}))

    def is_cancelled(self, run_id: str) -> bool:
        run = self.get(run_id)
        return run is not None and run.cancelled_at is not None

    def why_stopped(self, run_id: str) -> str | None:
        """Why no more documents of the run may begin, for a person; None while they may. One read."""
        run = self.get(run_id)
        return why_stopped(run) if run else None

    def get(self, run_id: str) -> RunRecord | None:
        item = self._table.get(run_key(run_id))
        return RunRecord.from_item({**item, "run_id": run_id}) if item else None

    def newest(self, limit: int = 20) -> Iterator[RunRecord]:
        for entry in self._table.query("pk", "runs", newest_first=True, limit=limit):
            yield self.get(entry["run_id"]) or RunRecord.from_item(entry)
