"""What the queue receives is given to the document half, and what becomes of it is counted.

The processor is built with the first document. An idle worker stays small and starts polling at once.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from foundation.errors import DeploymentError, FailureCode, IngestionError, PermanentError, TransientError
from ledger.queue_hours import QueueHours
from work_queue.lease import Lease
from work_queue.messages import Job
from work_queue.metrics import EndedAttempt, Metrics
from work_queue.renewal import first_seen

if TYPE_CHECKING:
    from data_ingestion.processor import DataProcessor
    from data_ingestion.results import ProcessingResult
    from model_api.usage import Usage

log = structlog.get_logger("worker")


class DocumentHandler:
    """Implements `work_queue.delivery.Handler` with the document half."""

    def __init__(self, make_processor: "Callable[[], DataProcessor]", metrics: Metrics, hours: QueueHours) -> None:
        self._make_processor = make_processor
        self._metrics = metrics
        self._hours = hours
        self._building = threading.Lock()
        self._built: DataProcessor | None = None
        #: Why there is no document half: nothing can be done, so that the worker stops.
        self.unusable: Exception | None = None
        self.on_unusable: Callable[[str], None] = lambda reason: None

    def handle(self, job: Job, lease: Lease) -> None:
        processor = self._processor()
        delivery_id = lease.message.message_id
        if job.kind == "remove":
            processor.remove_source(job.s3_key, delivery_id=delivery_id, lease=lease)
            return
        started, began_at = time.monotonic(), time.time()
        message = lease.message
        is_first = message.receive_count == 1 and first_seen(message) >= message.sent_at
        waited_seconds = max(0.0, began_at - message.sent_at) if is_first else None
        try:
            result = processor.process_single_source(
                job.s3_key,
                job.target_stores,
                cache_behavior=job.cache_behavior,
                run_id=job.run_id,
                delivery_id=delivery_id,
                lease=lease,
            )
        except IngestionError as error:
            seconds = time.monotonic() - started
            self._metrics.document_ended(EndedAttempt("unfinished", job.s3_key, seconds, code=error.code))
            self._count(began_at, waited_seconds, False if isinstance(error, PermanentError) else None)
            raise
        self._metrics.document_ended(_ended_attempt(result, time.monotonic() - started))
        self._count(began_at, waited_seconds, True)

    def _count(self, began_at: float, waited_seconds: float | None, is_good: bool | None) -> None:
        """For the queue's plots: no document waits for it or fails of it."""
        try:
            self._hours.count(began_at, waited_seconds, is_good)
        except TransientError as error:
            log.warning("not counted", reason=str(error))

    def count_waste(self, spent: "Usage") -> None:
        self._metrics.work_wasted(tokens=spent.tokens_in + spent.tokens_out, cost_usd=spent.cost_usd)

    def give_up(self, job: Job, code: str, reason: str) -> None:
        self._processor().record_failure(job.s3_key, FailureCode(code), reason)

    def _processor(self) -> "DataProcessor":
        """Built once, by whichever message comes first. What keeps it from being built would keep every message."""
        with self._building:
            if not self._built and not self.unusable:
                try:
                    self._built = self._make_processor()
                except Exception as error:  # noqa: BLE001 (a bug here is no document's fault, and `run` raises it)
                    self.unusable = error
                    self.on_unusable("the document half can't be built")
            if self._built:
                return self._built
            # Nobody is given up for it, however often ECS starts a worker that ends like this one.
            raise DeploymentError(FailureCode.INTERNAL, f"the worker can't process documents: {self.unusable}")


def _ended_attempt(result: "ProcessingResult", seconds: float) -> EndedAttempt:
    return EndedAttempt(
        result.state,
        result.s3_key,
        seconds,
        pages=result.pages,
        tokens_in=result.usage.tokens_in,
        tokens_out=result.usage.tokens_out,
        cost_usd=result.usage.cost_usd,
        stage_seconds=result.stage_seconds,
    )
