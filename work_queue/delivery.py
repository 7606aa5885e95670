"""One delivery of a message, from lease to outcome: parse, work, decide, carry out.

The order matters. The lease is confirmed before work starts. The heartbeat runs until the outcome is known, and while a
message is copied to the dead-letter queue; it has ended before a retry delay is set. The copy there comes before the
deletion here: dying between the two leaves a message in both queues, never in none. A renewed message likewise.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from foundation.errors import CancelledByPersonError, CancelledWorkError, TransientError
from work_queue.dead_letter_writer import MALFORMED_MESSAGE, DeadLetterWriter
from work_queue.heartbeat import Heartbeat
from work_queue.isolation import Isolation
from work_queue.lease import Lease, no_checkpoint
from work_queue.messages import Job, ParsedMessage
from work_queue.metrics import Metrics
from work_queue.outage import Outages
from work_queue.outcome import (
    Abandon,
    DeliveryFacts,
    Done,
    Outcome,
    Quarantine,
    Renew,
    Retry,
    backoff_seconds,
    combine,
    decide,
)
from work_queue.queue import QueueFacts
from work_queue.renewal import Renewals, first_seen

log = structlog.get_logger("work_queue")


class Handler(Protocol):
    """The document half, as far as a message is concerned. Raises what errors.py has for whatever stops it."""

    def handle(self, job: Job, lease: Lease) -> None:
        """Work on the document, or find that there is nothing to do."""

    def give_up(self, job: Job, code: str, reason: str) -> None:
        """The queue decided that nobody tries this document again: tell the ledger. May raise TransientError."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What every delivery of this worker shares. Thread-safe."""

    handler: Handler
    parse: Callable[[str], ParsedMessage]
    dead_letters: DeadLetterWriter
    renewals: Renewals
    queue_facts: QueueFacts
    outages: Outages
    metrics: Metrics
    checkpoint: Callable[[str], None] = no_checkpoint
    random: Callable[[], float] = random.random
    now: Callable[[], float] = time.time
    isolation: Isolation = field(default_factory=Isolation)

    def allowance(self, wanted: int, in_hand: int) -> int:
        """How many of `wanted` messages to receive now, when the worker has `in_hand` already."""
        return 0 if self.isolation.is_wanted else self.outages.allowance(wanted, in_hand)

    def stop_waiting(self) -> None:
        """The worker stops: what waits for a dependency, or to be alone, is given back at once."""
        self.outages.stop()
        self.isolation.stop()

    def work(self, lease: Lease) -> Outcome:
        """Everything about one received message. Never raises for what a document or the world does."""
        message = lease.message
        with structlog.contextvars.bound_contextvars(message_id=message.message_id):
            queue_seconds = max(0.0, self.now() - message.sent_at)
            outcome = self._work(lease)
            seconds = round(lease.held_seconds, 3)
            log.info(
                "message ended", outcome=type(outcome).__name__.lower(), seconds=seconds,
                receive_count=message.receive_count, **_told(outcome),
            )  # fmt: skip
        self.metrics.message_ended(
            outcome, message_id=message.message_id, receive_count=message.receive_count, seconds=seconds,
            queue_seconds=queue_seconds, age_seconds=max(0.0, self.now() - first_seen(message)),
        )  # fmt: skip
        return outcome

    def _work(self, lease: Lease) -> Outcome:
        try:
            lease.confirm()
        except (CancelledWorkError, TransientError) as error:
            log.warning("not started", reason=str(error))
            return Abandon()
        with Heartbeat(lease):
            self.checkpoint("lease-started")
            outcome = self._settle(self._judge(lease), lease)
        if isinstance(outcome, Retry):
            self.checkpoint("give-back")
            lease.give_back(outcome.delay_seconds)
        return outcome

    def _judge(self, lease: Lease) -> "_Verdict":
        """Work on the documents of a message and decide."""
        parsed = self.parse(lease.message.body)
        for reason in parsed.ignored:
            log.info("ignored", reason=reason)
        ended = [(job, self._do(job, lease)) for job in parsed.jobs]
        outcome = combine([outcome for _, outcome in ended])
        if parsed.faults and isinstance(outcome, Done):
            outcome = Quarantine(MALFORMED_MESSAGE, "; ".join(parsed.faults))
        return _Verdict(outcome, tuple(ended))

    def _do(self, job: Job, lease: Lease) -> Outcome:
        with structlog.contextvars.bound_contextvars(s3_key=job.s3_key):
            was_down = self.outages.is_any
            error = self._try(job, lease)
            if isinstance(error, TransientError) and error.dependency:
                # Kept in hand, and tried once more when what failed answers: another receive would be one fewer of a
                # few. When it fails then, too, others have their turn first: it may be the one that can't be borne.
                error = self._try(job, lease)
            return self._decide(error, lease, was_down=was_down)

    def _try(self, job: Job, lease: Lease) -> Exception | None:
        """Work on the document when nothing that it needs is known to be down. Returns what stopped it."""
        try:
            lease.check("start-job")  # of several documents the later ones may come when it is over
            with self.outages.turn(lease), self.isolation.place(lease), lease.job():
                self.handler.handle(job, lease)
        except CancelledByPersonError as error:
            log.info("called off", reason=str(error))
            return error
        except Exception as error:
            log.warning(
                "job not done", error=type(error).__name__, reason=str(error)[:500], exc_info=_is_bug(error)
            )  # fmt: skip
            return error
        return None

    def _decide(self, error: Exception | None, lease: Lease, *, was_down: bool) -> Outcome:
        message = lease.message
        facts = DeliveryFacts(
            receive_count=message.receive_count,
            age_seconds=max(0.0, self.now() - message.sent_at),
            held_seconds=lease.held_seconds,
            is_lease_lost=lease.is_lost,
            retention_seconds=self.queue_facts.retention_seconds,
            max_receive_count=self.queue_facts.max_receive_count,
            known_seconds=max(0.0, self.now() - first_seen(message)),
            was_down=was_down,
        )
        return decide(error, facts, self.random)

    def _settle(self, verdict: "_Verdict", lease: Lease) -> Outcome:
        """Delete what is done, quarantine what nobody should try again, renew what wore out; only while it is ours."""
        outcome = verdict.outcome
        try:
            if isinstance(outcome, Quarantine):
                lease.require_held("quarantine-message")
                self._tell_given_up(verdict)
                keys = tuple(job.s3_key for job, ended in verdict.jobs if isinstance(ended, Quarantine))
                self.dead_letters.put(lease.message, outcome.code, outcome.reason, s3_keys=keys)
                self.checkpoint("quarantined")
            if isinstance(outcome, Renew):
                lease.require_held("renew-message")
                self.renewals.put(lease.message, outcome.delay_seconds)
                self.checkpoint("renewed")
            if isinstance(outcome, Done | Quarantine | Renew):
                lease.delete()
                self.checkpoint("deleted")
        except (CancelledWorkError, TransientError) as error:
            # Not deleted: SQS delivers it again, and its documents will be found done.
            log.warning("not settled", reason=str(error))
            if lease.is_lost:
                return Abandon()
            return Retry(backoff_seconds(lease.message.receive_count, self.random), str(error))
        return outcome

    def _tell_given_up(self, verdict: "_Verdict") -> None:
        for job, ended in verdict.jobs:
            if isinstance(ended, Quarantine) and not ended.is_recorded:
                try:
                    self.handler.give_up(job, ended.code, ended.reason)
                except TransientError as error:
                    # The dead-letter queue says it too, and is the safer place to have the message in.
                    log.warning("ledger not told", s3_key=job.s3_key, reason=str(error))


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: Outcome
    jobs: tuple[tuple[Job, Outcome], ...]


def _is_bug(error: Exception) -> bool:
    """Only what nobody foresaw deserves a traceback."""
    return type(error).__module__ != "foundation.errors"


def _told(outcome: Outcome) -> dict[str, object]:
    match outcome:
        case Retry() | Renew():
            return {"delay_seconds": round(outcome.delay_seconds, 1), "reason": outcome.reason, "code": outcome.code}
        case Quarantine():
            return {"reason": outcome.reason, "code": str(outcome.code)}
    return {}
