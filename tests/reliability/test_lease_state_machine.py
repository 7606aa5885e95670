"""Hypothesis drives deliveries through everything that may happen to them, in any order, and two promises hold:

* work never publishes once its message may be with somebody else;
* a message is always visible, in flight, in the dead-letter queue, or deleted after success.

The code under test is the worker's own: `Deliveries.work` in a thread for every delivery, with real leases, over the
faithful in-memory queue. Only time and the document half are the test's: the latter takes one step when told to.
"""

import json
import queue
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import TypeVar

import pytest
import structlog.testing
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from foundation.errors import BusyError, CancelledWorkError, FailureCode, PermanentError, TransientError
from work_queue.dead_letter_writer import DeadLetterWriter
from work_queue.delivery import Deliveries
from work_queue.in_memory_sqs import InMemoryQueue, ManualClock, Stored
from work_queue.lease import Lease
from work_queue.messages import Job, parse
from work_queue.metrics import Metrics
from work_queue.outage import Outages
from work_queue.queue import Message, Outgoing
from work_queue.renewal import Renewals

T = TypeVar("T")

VISIBILITY = 120
STEP_SECONDS = 60.0

ERRORS: dict[str, Callable[[], Exception]] = {
    "permanent": lambda: PermanentError(FailureCode.CORRUPT, "broken"),
    "killer": lambda: PermanentError(FailureCode.WORKER_KILLED, "two deaths"),
    "transient": lambda: TransientError(FailureCode.STORE_FAILED, "down"),
    "busy": lambda: BusyError("held", 30.0),
    "superseded": lambda: CancelledWorkError("claimed by another", code=FailureCode.LEASE_LOST),
    "bug": lambda: KeyError("oops"),
}
CRASH_POINTS = (
    "publish",
    "lease-started",
    "delete-message",
    "deleted",
    "quarantine-message",
    "quarantined",
    "give-back",
)


class SigkillError(BaseException):
    """The process is gone: nothing of it runs any more, not even an `except Exception`."""


class Delivery:
    """One worker's work on one received message, in a thread that moves only when told."""

    def __init__(self, machine: "LeaseMachine", message: Message, asked_at: float) -> None:
        self._machine = machine
        self._commands: queue.Queue[Callable[[], None]] = queue.Queue()
        self._rests = threading.Semaphore(0)
        self.crash_at: str | None = None
        self.has_ended = False
        self.was_refused = False
        self.lease = Lease(
            machine.queue, message, asked_at=asked_at, visibility_timeout_seconds=VISIBILITY, clock=machine.clock,
            checkpoint=self._checkpoint,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._await_rest()

    def tell(self, command: Callable[[], None]) -> None:
        """Let the work take one step, and wait until it rests again or has ended."""
        self._commands.put(command)
        self._await_rest()

    def publish(self) -> None:
        self.lease.check("publish")
        self._machine.published(self)

    def succeed(self) -> None:
        self.publish()
        self._machine.succeeded.add(self.lease.message.body)
        raise _FinishedError

    def fail(self, error: Exception) -> None:
        raise error

    def crash(self) -> None:
        raise SigkillError

    def handle(self) -> None:
        """The document half."""
        while True:
            self._rests.release()
            try:
                self._commands.get(timeout=STEP_SECONDS)()
            except _FinishedError:
                return

    def _checkpoint(self, name: str) -> None:
        if name == self.crash_at:
            raise SigkillError

    def _run(self) -> None:
        deliveries = self._machine.deliveries(self)
        try:
            deliveries.work(self.lease)
        except SigkillError:
            self.lease.close()  # its heartbeat died with it
        finally:
            self.has_ended = True
            self._rests.release()

    def _await_rest(self) -> None:
        assert self._rests.acquire(timeout=STEP_SECONDS)


class _FinishedError(Exception):
    """The document is done."""


class _DocumentHalf:
    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def handle(self, job: Job, lease: Lease) -> None:
        self._delivery.handle()

    def give_up(self, job: Job, code: str, reason: str) -> None:
        return None


class LeaseMachine(RuleBasedStateMachine):
    @initialize(max_receive_count=st.sampled_from([None, 3, 10]), messages=st.integers(1, 4))
    def set_up(self, max_receive_count: int | None, messages: int) -> None:
        self.quiet = ExitStack()
        self.quiet.enter_context(structlog.testing.capture_logs())
        self.clock = ManualClock()
        forever = 10**9
        self.dead_letters = InMemoryQueue("dead", clock=self.clock, retention_seconds=forever)
        self.queue = InMemoryQueue(
            "queue", clock=self.clock, retention_seconds=forever, max_receive_count=max_receive_count,
            dead_letters=self.dead_letters,
        )  # fmt: skip
        self.sent: list[str] = []
        self.succeeded: set[str] = set()
        self.violations: list[str] = []
        self.active: list[Delivery] = []
        #: Messages that SQS delivered twice of its own accord: there only the ledger's claim keeps workers apart.
        self.doubled: set[str] = set()
        for _ in range(messages):
            self.send(is_nonsense=False)

    def deliveries(self, delivery: Delivery) -> Deliveries:
        return Deliveries(
            handler=_DocumentHalf(delivery),
            parse=partial(parse, bucket="b", prefix="source-pdfs/"),
            dead_letters=DeadLetterWriter(self.dead_letters, "w"),
            renewals=Renewals(self.queue),
            queue_facts=self.queue.facts(),
            outages=Outages({}, self.clock),
            metrics=Metrics("Test", None),
            checkpoint=delivery._checkpoint,
            random=lambda: 0.5,
            now=self.clock,
        )

    # What may happen. Few rules with many variants: Hypothesis leaves some rules out of each run.

    @rule(is_nonsense=st.sampled_from([False, False, False, True]))
    def send(self, is_nonsense: bool) -> None:
        number = len(self.sent)
        body = f"nonsense {number}" if is_nonsense else json.dumps({"s3_key": f"source-pdfs/{number}.pdf"})
        with suppress(TransientError):
            self.queue.send(Outgoing(body))
            self.sent.append(body)

    @rule(poll_seconds=st.sampled_from([0, 0, 20, 130]))
    def receive(self, poll_seconds: int) -> None:
        """By any worker, after a poll of that length."""
        asked_at = self.clock()
        self.clock.advance(poll_seconds)
        with suppress(TransientError):
            for message in self.queue.receive(max_messages=1, wait_seconds=0, visibility_timeout_seconds=VISIBILITY):
                self.active.append(Delivery(self, message, asked_at))
        self._forget_ended()

    @rule(thirds=st.integers(1, 6), beats=st.sampled_from([True, True, False]))
    def time_passes(self, thirds: int, beats: bool) -> None:
        """Without beats the process is frozen, or its heartbeat gets no processor."""
        for _ in range(thirds):
            self.clock.advance(VISIBILITY / 3)
            for delivery in self.active if beats else []:
                self._beat(delivery)

    @rule(hours=st.sampled_from([1, 11, 12]))
    def hours_pass(self, hours: int) -> None:
        self.clock.advance(hours * 3_600 - 30)

    @rule(down=st.sampled_from(["", "", "queue", "dead letters", "both"]))
    def network(self, down: str) -> None:
        self.queue.fail_calls(down=down in ("queue", "both"))
        self.dead_letters.fail_calls(down=down in ("dead letters", "both"))

    @rule(which=st.integers(0, 9))
    def sqs_delivers_twice(self, which: int) -> None:
        if stored := self._pick(self._everything(), which):
            self.doubled.add(stored.message_id)
            self.queue.redeliver(stored.message_id)

    @rule(
        which=st.integers(0, 9),
        action=st.sampled_from(["publish", "publish", "publish", "succeed", "succeed", "be killed", "stop", *ERRORS]),
        crash_at=st.sampled_from([None, None, None, *CRASH_POINTS]),
    )
    def work(self, which: int, action: str, crash_at: str | None) -> None:
        """One delivery that is under way does something, and its worker may die at a named point of what follows."""
        if not self.active:
            self.receive(0)
        if not (delivery := self._pick(self.active, which)):
            return
        delivery.crash_at = crash_at
        if action == "stop":
            delivery.lease.cancel("the worker is stopping")
        elif action in ERRORS:
            delivery.tell(lambda: delivery.fail(ERRORS[action]()))
        else:
            delivery.tell(
                {"publish": delivery.publish, "succeed": delivery.succeed, "be killed": delivery.crash}[action]
            )
        self._forget_ended()

    # What must hold

    def published(self, delivery: Delivery) -> None:
        """Called in the middle of a publish, by code that would take an AssertionError for a bug of the document."""
        message = delivery.lease.message
        if delivery.was_refused:
            self.violations.append("published after a beat was refused")
        if message.message_id in self.doubled:
            return
        stored = next((one for one in self._everything() if one.message_id == message.message_id), None)
        if stored is None or stored.is_deleted:
            self.violations.append("published a message that is gone")
        elif stored.receipts[-1] != message.receipt_handle:
            self.violations.append("published although another worker has received the message since")
        elif stored.visible_at <= self.clock():
            self.violations.append("published although another worker may receive the message now")

    @invariant()
    def nothing_was_published_after_loss(self) -> None:
        assert getattr(self, "violations", []) == []

    @invariant()
    def no_lease_outlives_what_sqs_granted(self) -> None:
        for delivery in getattr(self, "active", []):
            message = delivery.lease.message
            left = delivery.lease.remaining_seconds
            if left and message.message_id not in self.doubled:
                stored = next(one for one in self._everything() if one.message_id == message.message_id)
                assert stored.visible_at >= self.clock() + left

    @invariant()
    def no_message_is_lost(self) -> None:
        if not hasattr(self, "sent"):
            return
        there = {stored.outgoing.body for stored in [*self.queue.messages(), *self.dead_letters.messages()]}
        for body in self.sent:
            assert body in there or body in self.succeeded, f"{body} vanished"

    @invariant()
    def what_was_moved_by_us_says_why(self) -> None:
        for stored in self.dead_letters.messages() if hasattr(self, "dead_letters") else []:
            if stored.message_id.startswith("dead-"):
                assert {"error_code", "reason", "first_seen", "worker"} <= set(stored.outgoing.attributes)

    def teardown(self) -> None:
        for delivery in getattr(self, "active", []):
            delivery.tell(delivery.crash)
        if hasattr(self, "quiet"):
            self.quiet.close()

    def _everything(self) -> list[Stored]:
        return list(self.queue._stored.values())

    def _beat(self, delivery: Delivery) -> None:
        """As the heartbeat does, noting whether SQS would refuse it."""
        message = delivery.lease.message
        stored = next((one for one in self._everything() if one.message_id == message.message_id), None)
        is_ours = stored and stored.receipts[-1] == message.receipt_handle and stored.visible_at > self.clock()
        was_answered = delivery.lease.beat()
        delivery.was_refused |= was_answered and not is_ours

    @staticmethod
    def _pick(several: list[T], which: int) -> T | None:
        return several[which % len(several)] if several else None

    def _forget_ended(self) -> None:
        self.active = [delivery for delivery in self.active if not delivery.has_ended]


TestLease = LeaseMachine.TestCase
TestLease.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
