"""Bulk runs: what was asked for is queued in the background, one message a document, and told by the ledger.

The thread here only sends messages. When the panel ends meanwhile, the run keeps the number of documents that were
queued and is marked as interrupted; starting it again skips what is up to date.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from config import StoreName
from data_ingestion.ledger.runs import Runs
from data_ingestion.ledger.table import Item
from errors import TransientError
from work_queue.messages import CacheBehavior
from work_queue.producer import BulkRequest, enqueue_many
from work_queue.queue import Queue

#: How each document of a run may end; each is a counter `documents_…` of the run.
ENDS = ("succeeded", "degraded", "failed", "skipped", "cancelled", "deleted")
#: Whether somebody cancelled is asked, and what is queued is told, after this many messages.
REPORT_MESSAGES = 100
#: A run is read at most this often, however many look at it.
CACHE_SECONDS = 1.0
#: Queueing that said nothing for so long has died with its panel.
SILENCE_SECONDS = 60.0

log = structlog.get_logger("web")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """`stores` None: what workers do by default."""

    keys: Iterable[str]
    stores: tuple[StoreName, ...] | None
    cache_behavior: CacheBehavior
    described: Mapping[str, Any]


class RunStarter:
    """Starts runs, and reads them for many viewers. Thread-safe."""

    def __init__(self, runs: Runs, queue: Queue, clock: Callable[[], float] = time.time) -> None:
        self._runs = runs
        self._queue = queue
        self._clock = clock
        self._lock = threading.Lock()
        self._read: dict[str, tuple[float, Item | None]] = {}

    def start(self, request: RunRequest) -> str:
        """The new run's id; its documents are queued from now on. Raises TransientError."""
        run_id = uuid.uuid4().hex[:12]
        self._runs.start(run_id, dict(request.described))
        self._runs.note_queueing(run_id, self._clock())
        threading.Thread(target=self._enqueue, args=(run_id, request), name=f"queueing-{run_id}", daemon=True).start()
        return run_id

    def get(self, run_id: str) -> dict[str, Any] | None:
        """The run as people see it, as of at most CACHE_SECONDS ago."""
        with self._lock:
            read_at, item = self._read.get(run_id, (float("-inf"), None))
            if self._clock() - read_at >= CACHE_SECONDS:
                item = self._runs.get(run_id)
                if len(self._read) > 1_000:
                    self._read.clear()
                self._read[run_id] = (self._clock(), item)
        return describe(run_id, item, self._clock()) if item else None

    def newest(self, limit: int) -> list[dict[str, Any]]:
        """One query and `limit` reads."""
        return [describe(item["run_id"], item, self._clock()) for item in self._runs.newest(limit)]

    def _enqueue(self, run_id: str, request: RunRequest) -> None:
        sent = told = 0
        try:
            messages = (BulkRequest(key, request.stores, request.cache_behavior, run_id) for key in request.keys)
            for sent in enqueue_many(self._queue, messages):
                if sent - told >= REPORT_MESSAGES:
                    self._runs.count_queued(run_id, sent - told)
                    told = sent
                    self._runs.note_queueing(run_id, self._clock())
                    if self._runs.is_cancelled(run_id):
                        break
            self._runs.count_queued(run_id, sent - told)
            self._runs.note_queueing(run_id, None)
        except TransientError as error:
            log.warning("queueing interrupted", run_id=run_id, sent=sent, reason=str(error))
        else:
            log.info("run queued", run_id=run_id, documents=sent)


def describe(run_id: str, item: Item, now: float) -> dict[str, Any]:
    """A run with its counters, its state and what is left of it. Pure.

    States: `queueing`, `interrupted` (queueing stopped half-way), `running`, `cancelled`, `done`.
    """
    ends = {end: int(item.get(f"documents_{end}", 0)) for end in ENDS}
    queued, ended = int(item.get("documents_queued", 0)), sum(ends.values())
    queueing_at = item.get("queueing_at")
    if item.get("cancelled_at"):
        state = "cancelled"
    elif queueing_at is not None:
        state = "queueing" if now - float(queueing_at) < SILENCE_SECONDS else "interrupted"
    else:
        state = "done" if ended >= queued else "running"
    return {
        "run_id": run_id,
        "state": state,
        "started_at": item.get("started_at"),
        "cancelled_at": item.get("cancelled_at"),
        "request": item.get("request", {}),
        "queued": queued,
        "ended": ended,
        "left": max(0, queued - ended),
        "ends": ends,
        "tokens_in": item.get("tokens_in", 0),
        "tokens_out": item.get("tokens_out", 0),
        "cost_usd": item.get("cost_usd", 0.0),
    }
