"""Tells people that this worker is paused, and why: an item in the ledger's table, and a metric once a minute.

In a thread of its own, so that a table that doesn't answer holds up nothing.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from foundation.errors import TransientError
from ledger.paused_workers import Missing, PausedWorkers
from work_queue.metrics import Metrics

log = structlog.get_logger("worker")

#: An outage is reported this soon, and so is its end.
LOOK_SECONDS = 5.0
#: It is reported anew this often, so that a worker that died stops being counted soon.
REPEAT_SECONDS = 60.0


class Source(Protocol):
    """`work_queue.outage.Outages`, as far as it is reported."""

    @property
    def down(self) -> tuple[Missing, ...]: ...


class PauseReports:
    """Between `start` and `stop`."""

    def __init__(
        self,
        outages: Source,
        paused_workers: PausedWorkers,
        metrics: Metrics,
        worker: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outages = outages
        self._paused_workers = paused_workers
        self._metrics = metrics
        self._worker = worker
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pause reports", daemon=True)
        self._told: tuple[tuple[str, str], ...] = ()
        self._told_at = float("-inf")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """A worker that ends is no longer paused."""
        self._stopping.set()
        self._thread.join(LOOK_SECONDS)

    def look(self) -> None:
        """Tell what is new, and what was told too long ago."""
        self._tell(self._outages.down)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()
        self._tell(())

    def _tell(self, down: tuple[Missing, ...]) -> None:
        news = tuple((one.dependency, one.reason) for one in down)
        is_due = bool(down) and self._clock() - self._told_at >= REPEAT_SECONDS
        if news == self._told and not is_due:
            return
        try:
            if down:
                self._paused_workers.put(self._worker, [_described(one) for one in down])
            else:
                self._paused_workers.remove(self._worker)
        except TransientError as error:
            log.warning("pause not told", reason=str(error))
        if is_due:
            for one in down:
                self._metrics.put(
                    {"PausedWorkers": 1}, {"Dependency": one.dependency}, code=one.code, reason=one.reason
                )
            self._told_at = self._clock()
        if not down:
            self._told_at = float("-inf")
        self._told = news


def _described(down: Missing) -> dict[str, object]:
    return {
        "dependency": down.dependency,
        "code": down.code,
        "reason": down.reason[:500],
        "since": down.since,
        "needs_person": down.needs_person,
    }
