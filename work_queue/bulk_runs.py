"""Bulk runs: many documents asked for at once, one message each, counted by the ledger.

Panel and commands start and read them alike. When the process that queues ends half-way, the run keeps the number of
documents that were queued and is marked as interrupted; starting it again skips what is up to date.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from foundation.store_names import StoreName
from ledger.records import CacheBehavior
from ledger.run_description import RunDescription
from ledger.runs import Runs
from work_queue.producer import BulkRequest, enqueue_many
from work_queue.queue import Queue

#: Whether somebody cancelled is asked, and what is queued is recorded, after this many messages.
REPORT_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class RunRequest:
    """`stores` None: what workers do by default. `described` is kept with the run.

    No document begins once the others have cost `max_cost_usd`.
    """

    keys: Iterable[str]
    stores: tuple[StoreName, ...] | None
    cache_behavior: CacheBehavior
    described: RunDescription
    max_cost_usd: float | None = None


def begin(runs: Runs, request: RunRequest, clock: Callable[[], float] = time.time) -> str:
    """Put a new run into the ledger, with nothing queued yet; returns its id. Raises TransientError."""
    run_id = uuid.uuid4().hex[:12]
    runs.start(run_id, request.described, request.max_cost_usd)
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
