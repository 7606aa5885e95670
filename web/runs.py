"""The panel's bulk runs: queued in the background, read once a second for however many look.

The thread here only sends messages; workers process. When the panel ends meanwhile, the run is marked as interrupted.
"""

import threading
import time
from collections.abc import Callable

import structlog

from foundation.errors import TransientError
from ledger.records import RunRecord
from ledger.runs import Runs
from work_queue.bulk_runs import RunRequest, begin, queue_documents
from work_queue.queue import Queue
from work_queue.run_summary import RunSummary

#: A run is read at most this often, however many look at it.
CACHE_SECONDS = 1.0

log = structlog.get_logger("web")


class RunStarter:
    """Starts runs, and reads them for many viewers. Thread-safe."""

    def __init__(self, runs: Runs, queue: Queue, clock: Callable[[], float] = time.time) -> None:
        self._runs = runs
        self._queue = queue
        self._clock = clock
        self._lock = threading.Lock()
        self._read: dict[str, tuple[float, RunRecord | None]] = {}

    def start(self, request: RunRequest) -> str:
        """The new run's id; its documents are queued from now on. Raises TransientError."""
        run_id = begin(self._runs, request, self._clock)
        threading.Thread(target=self._enqueue, args=(run_id, request), name=f"queueing-{run_id}", daemon=True).start()
        return run_id

    def get(self, run_id: str) -> RunSummary | None:
        """The run as people see it, as of at most CACHE_SECONDS ago."""
        with self._lock:
            read_at, run = self._read.get(run_id, (float("-inf"), None))
            if self._clock() - read_at >= CACHE_SECONDS:
                run = self._runs.get(run_id)
                if len(self._read) > 1_000:
                    self._read.clear()
                self._read[run_id] = (self._clock(), run)
        return RunSummary.of(run, self._clock()) if run else None

    def forget(self, run_id: str) -> None:
        """The next look reads the run anew: something was done to it."""
        with self._lock:
            self._read.pop(run_id, None)

    def newest(self, limit: int) -> list[RunSummary]:
        """One query and `limit` reads."""
        return [RunSummary.of(run, self._clock()) for run in self._runs.newest(limit)]

    def _enqueue(self, run_id: str, request: RunRequest) -> None:
        sent = 0
        try:
            for count in queue_documents(self._runs, self._queue, run_id, request, self._clock):
                sent = count
        except TransientError as error:
            log.warning("queueing interrupted", run_id=run_id, sent=sent, reason=str(error))
        else:
            log.info("run queued", run_id=run_id, documents=sent)
