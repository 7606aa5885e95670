"""Bulk runs: many documents asked for at once, one message each, counted by the ledger.

Panel and commands start and read them alike. When the process that queues ends half-way, the run keeps the number of
documents that were queued and is marked as interrupted; starting it again skips what is up to date.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foundation.store_names import StoreName
from ledger.records import CacheBehavior, DocumentState, RunRecord
from ledger.runs import Runs
from work_queue.producer import BulkRequest, enqueue_many
from work_queue.queue import Queue

#: How each document of a run may end; each is a counter `documents_…` of the run.
ENDS = tuple(state.value for state in DocumentState if state.is_final)
#: Whether somebody cancelled is asked, and what is queued is recorded, after this many messages.
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


def describe(run: RunRecord, now: float) -> dict[str, Any]:
    """A run as people and machines see it: its counters, its state and what is left of it. Pure.

    States: `queueing`, `interrupted` (queueing stopped half-way), `running`, `cancelled`, `done`.
    """
    ends = {end: run.ended(DocumentState(end)) for end in ENDS}
    ended = sum(ends.values())
    if run.cancelled_at:
        state = "cancelled"
    elif run.queueing_at is not None:
        state = "queueing" if now - run.queueing_at < SILENCE_SECONDS else "interrupted"
    else:
        state = "done" if ended >= run.documents_queued else "running"
    return {
        "run_id": run.run_id,
        "state": state,
        "started_at": run.started_at,
        "cancelled_at": run.cancelled_at,
        "request": run.request,
        "queued": run.documents_queued,
        "ended": ended,
        "left": max(0, run.documents_queued - ended),
        "ends": ends,
        "tokens_in": run.tokens_in,
        "tokens_out": run.tokens_out,
        "cost_usd": run.cost_usd,
    }


def is_over(run: Mapping[str, Any]) -> bool:
    """Whether nothing more will happen to a run, as `describe` gives it. Pure."""
    return run["state"] in ("done", "interrupted") or (run["state"] == "cancelled" and not run["left"])
