"""Makes the parts of a worker, asks what they depend on, and consumes."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog

from composition.parts import Parts
from config import Settings
from foundation.errors import DeploymentError, FailureCode, SettingsError, TransientError
from work_queue.consumer import Consumer
from work_queue.dead_letter_writer import DeadLetterWriter
from work_queue.delivery import Deliveries
from work_queue.handover import Handover
from work_queue.lease import no_checkpoint
from work_queue.limits import Limits
from work_queue.liveness import Liveness
from work_queue.messages import parse
from work_queue.metrics import Metrics, standard_output
from work_queue.operator_pause import PauseWatch
from work_queue.outage import Outages
from work_queue.process import seconds_since_start
from work_queue.protection import TaskProtection
from work_queue.receive_gates import ReceiveGates
from work_queue.renewal import Renewals
from worker import dependency_probes as probes
from worker.document_handler import DocumentHandler
from worker.leftovers import Leftovers, nothing_to_send
from worker.outage_probes import outage_probes
from worker.pause_reports import PauseReports

if TYPE_CHECKING:
    from data_ingestion.processor import DataProcessor

log = structlog.get_logger("worker")


class Worker:
    """The parts of one worker process.

    Raises TransientError when the queue can't be reached or isn't there.
    """

    def __init__(self, settings: Settings, *, checkpoint: Callable[[str], None] | None = None) -> None:
        checkpoint = checkpoint or no_checkpoint
        self._settings = settings
        self._parts = Parts(settings)
        self._metrics = Metrics(settings.metrics_namespace, standard_output())
        self._outages = Outages(
            outage_probes(
                settings,
                stores=lambda: self._parts.stores,
                ask_language_model=self._parts.ask_language_model,
                ask_aws=self._ask_aws,
            )
        )
        self._documents = DocumentHandler(self._make_processor, self._metrics, self._parts.queue_hours)
        self._parts.on_waste = self._documents.count_waste
        deliveries = self._make_deliveries(checkpoint)
        self._leftovers = self._make_leftovers(checkpoint)
        self.consumer = Consumer(
            self._parts.queue,
            deliveries,
            _limits(settings),
            gates=self._make_gates(),
            liveness=Liveness(),
            on_idle=self._leftovers.clear_if_due,
        )
        self._documents.on_unusable = self.consumer.stop
        self._reports = PauseReports(
            self._outages, self._parts.paused_workers, self._metrics, self._parts.worker_name
        )  # fmt: skip

    def _make_deliveries(self, checkpoint: Callable[[str], None]) -> Deliveries:
        settings, queue = self._settings, self._parts.queue
        return Deliveries(
            handler=self._documents,
            parse=partial(parse, bucket=settings.aws_s3_bucket_name, prefix=settings.aws_s3_pdf_prefix),
            dead_letters=DeadLetterWriter(self._parts.dead_letter_queue, self._parts.worker_name),
            renewals=Renewals(queue),
            queue_facts=queue.facts(),
            outages=self._outages,
            metrics=self._metrics,
            checkpoint=checkpoint,
        )

    def _make_leftovers(self, checkpoint: Callable[[str], None]) -> Leftovers:
        self._parts.on_unsent_events = self._metrics.events_unsent
        self._parts.event_checkpoint = checkpoint
        events = self._parts.events  # here, before there are threads that could make two
        return Leftovers(self._parts.history, send_events=events.sweep_soon if events else nothing_to_send)

    def _make_gates(self) -> ReceiveGates:
        protection = TaskProtection(self._settings.ecs_agent_uri)
        started_at = time.time() - seconds_since_start()
        handover = Handover(self._parts.waiting_tasks, protection, started_at=started_at)
        return ReceiveGates(protection, handover, PauseWatch(self._who_paused))

    def run(self, *, until_empty: bool) -> int:
        """Consume; see `Consumer.run`. Raises what kept the document half from being built.

        When table, bucket or Qdrant can't be reached or refuse us, a worker that is to run on pauses; one that is
        to end raises TransientError or SettingsError, and DeploymentError while an operator has paused all workers.
        """
        self._ask_first(is_patient=not until_empty)
        if until_empty and (paused := self._who_paused()):
            raise DeploymentError(FailureCode.INTERNAL, f"workers are paused {paused}; `workers resume` ends that")
        self._reports.start()
        try:
            self._tell_awake()
            stuck = self.consumer.run(until_empty=until_empty)
        finally:
            self._reports.stop()
        if self._documents.unusable:
            raise self._documents.unusable
        return stuck

    def close(self) -> None:
        self._parts.close()

    def _ask_first(self, *, is_patient: bool) -> None:
        """Were a service's worker to end, ECS would start it again and again; and with no message in flight the scaling
        rules would start others beside it."""
        for ask in (partial(probes.ask_qdrant, self._settings), self._ask_aws):
            try:
                ask()
            except TransientError as error:
                if not is_patient:
                    raise
                self._outages.note(error)
            except SettingsError as error:
                if not is_patient:
                    raise
                self._outages.note(DeploymentError(FailureCode.STORE_FAILED, str(error), dependency="qdrant"))

    def _make_processor(self) -> "DataProcessor":
        self._parts.warm_up()
        return self._parts.processor

    def _ask_aws(self) -> None:
        """What every document needs besides the queue."""
        self._parts.table.ask()
        self._parts.artifacts.ask()

    def _who_paused(self) -> str | None:
        pause = self._parts.operator_pauses.current()
        return f"by {pause.by} since {pause.since}" if pause else None

    def _tell_awake(self) -> None:
        """How long somebody who dropped the first PDF waited for us."""
        age_seconds = seconds_since_start()
        log.info("awake", seconds=round(age_seconds, 3), cpu_seconds=round(time.process_time(), 3))
        threading.Thread(target=self._count_awake, args=(age_seconds,), daemon=True).start()
        threading.Thread(target=self._leftovers.clear, daemon=True).start()

    def _count_awake(self, age_seconds: float) -> None:
        task_age_seconds = probes.task_age_seconds(self._settings)
        self._metrics.put({"WakeToFirstReceiveSeconds": task_age_seconds or age_seconds})


def _limits(settings: Settings) -> Limits:
    return Limits(
        concurrency=settings.worker_concurrency,
        visibility_timeout_seconds=settings.visibility_timeout_seconds,
        wait_seconds=settings.wait_time_seconds,
        shutdown_grace_seconds=settings.shutdown_grace_seconds,
        max_memory_megabytes=settings.worker_max_memory_megabytes,
    )
