"""Bulk runs: many documents asked for at once, one message each, counted by the ledger.

Panel and commands start and read them alike. When whoever queues ends half-way, the run keeps the number of documents
that were queued and is marked as interrupted; starting it again skips what is up to date.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config import StoreName
from ledger.runs import Runs
from ledger.table import Item
from work_queue.messages import CacheBehavior
from work_queue.producer import BulkRequest, enqueue_many
from work_queue.queue import Queue

#: How each document of a run may end; each is a counter `documents_…` of the run.
ENDS = ("succeeded", "degraded", "failed", "skipped", "cancelled", "deleted")
#: Whether somebody cancelled is asked, and what is queued is told, after this many messages.
REPORT_MESSAGES = 100
#: Queueing that said nothing for so long has died with its program.
SILENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RunRequest:
    """`stores` None: what workers do by default. `described` is kept with the run, for people.

    No document begins once the others have cost `max_cost_usd`.
    """

    keys: Iterable[str]
    stores: tuple[StoreName, ...] | None
    cache_behavior: CacheBehavior
    described: Mapping[str, Any]
    max_cost_usd: float | None = None


def begin(runs: Runs, request: RunRequest, clock: Callable[[], float] = time.time) -> str:
    """Put a new run into the ledger, with nothing queued yet; returns its id. Raises TransientError."""
    run_id = uuid.uuid4().hex[:12]
    runs.start(run_id, dict(request.described), request.max_cost_usd)
    runs.note_queueing(run_id, clock())
    return run_id


def queue_documents(
    runs: Runs, queue: Queue, run_id: str, request: RunRequest, clock: Callable[[], float] = time.time
) -> Iterator[int]:
    """Send the run's messages, and yield how many are sent so far. Stops when the run is cancelled.

    Raises TransientError.
    """
    sent = told = 0
    messages = (BulkRequest(key, request.stores, request.cache_behavior, run_id) for key in request.keys)
    for sent in enqueue_many(queue, messages):
        yield sent
        if sent - told >= REPORT_MESSAGES:
            runs.count_queued(run_id, sent - told)
            told = sent
            runs.note_queueing(run_id, clock())
            if runs.is_cancelled(run_id):
                break
    runs.count_queued(run_id, sent - told)
    runs.note_queueing(run_id, None)


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


def is_over(run: Mapping[str, Any]) -> bool:
    """Whether nothing more will happen to a run, as `describe` gives it. Pure."""
    return run["state"] in ("done", "interrupted") or (run["state"] == "cancelled" and not run["left"])
