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
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from errors import BusyError, CancelledWorkError, FailureCode, PermanentError, TransientError
from work_queue.delivery import Deliveries
from work_queue.in_memory_sqs import InMemoryQueue, ManualClock, Stored
from work_queue.lease import Lease
from work_queue.messages import Job, parse
from work_queue.metrics import Metrics
from work_queue.outage import Outages
from work_queue.quarantine import Quarantine
from work_queue.queue import Message, Outgoing

VISIBILITY = 120
STEP_SECONDS = 10.0

ERRORS: dict[str, Callable[[], Exception]] = {
    "permanent": lambda: PermanentError(FailureCode.CORRUPT, "broken"),
    "killer": lambda: PermanentError(FailureCode.WORKER_KILLED, "two deaths"),
    "transient": lambda: TransientError(FailureCode.STORE_FAILED, "down", dependency="qdrant"),
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
        self.lease = Lease(
            machine.queue, message, asked_at=asked_at, visibility_timeout_seconds=VISIBILITY, clock=machine.clock,
            checkpoint=self._checkpoint,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._await_rest()

    def tell(self, command: Callable[[], None]) -> None:
        """Let the work do one thing, and wait until it rests again or has ended."""
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
    @initialize(max_receive_count=st.sampled_from([None, 3, 10]))
    def set_up(self, max_receive_count: int | None) -> None:
        self.clock = ManualClock()
        forever = 10**9
        self.dead_letters = InMemoryQueue("dead", clock=self.clock, retention_seconds=forever)
        self.queue = InMemoryQueue(
            "queue", clock=self.clock, retention_seconds=forever, max_receive_count=max_receive_count,
            dead_letters=self.dead_letters,
        )  # fmt: skip
        self.sent: list[str] = []
        self.succeeded: set[str] = set()
        self.active: list[Delivery] = []
        #: Messages that SQS delivered twice of its own accord: there only the ledger's claim keeps workers apart.
        self.doubled: set[str] = set()

    def deliveries(self, delivery: Delivery) -> Deliveries:
        return Deliveries(
            handler=_DocumentHalf(delivery),
            parse=partial(parse, bucket="b", prefix="source-pdfs/"),
            quarantine=Quarantine(self.dead_letters, "w"),
            queue_facts=self.queue.facts(),
            outages=Outages({}, self.clock),
            metrics=Metrics("Test", None),
            checkpoint=delivery._checkpoint,
            random=lambda: 0.5,
            now=self.clock,
        )

    # What may happen

    @rule()
    def send(self) -> None:
        body = json.dumps({"s3_key": f"source-pdfs/{len(self.sent)}.pdf"})
        self.sent.append(body)
        try:
            self.queue.send(Outgoing(body))
        except TransientError:
            self.sent.pop()

    @rule()
    def send_nonsense(self) -> None:
        body = f"nonsense {len(self.sent)}"
        self.sent.append(body)
        try:
            self.queue.send(Outgoing(body))
        except TransientError:
            self.sent.pop()

    @rule(poll_seconds=st.sampled_from([0, 0, 20, 130]), crash=st.sampled_from([None, None, None, "lease-started"]))
    def receive(self, poll_seconds: int, crash: str | None) -> None:
        asked_at = self.clock()
        self.clock.advance(poll_seconds)
        try:
            received = self.queue.receive(max_messages=1, wait_seconds=0, visibility_timeout_seconds=VISIBILITY)
        except TransientError:
            return
        for message in received:
            self.active.append(Delivery(self, message, asked_at))
        self._forget_ended()

    @rule(seconds=st.sampled_from([1, 10, 40, 79, 119, 120, 121, 600, 43_000]))
    def time_passes_without_beats(self, seconds: int) -> None:
        """The process is frozen, or its heartbeat gets no processor."""
        self.clock.advance(seconds)

    @rule(thirds=st.integers(1, 12))
    def time_passes_with_beats(self, thirds: int) -> None:
        for _ in range(thirds):
            self.clock.advance(VISIBILITY / 3)
            for delivery in self.active:
                delivery.lease.beat()

    @rule(down=st.booleans())
    def network(self, down: bool) -> None:
        self.queue.fail_calls(down=down)

    @rule(down=st.booleans())
    def network_to_dead_letters(self, down: bool) -> None:
        self.dead_letters.fail_calls(down=down)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def sqs_delivers_twice(self, data: st.DataObject) -> None:
        stored = data.draw(st.sampled_from(sorted(self._everything(), key=lambda one: one.message_id)))
        self.doubled.add(stored.message_id)
        self.queue.redeliver(stored.message_id)

    @precondition(lambda self: self.active)
    @rule(data=st.data())
    def work_publishes(self, data: st.DataObject) -> None:
        delivery = self._draw(data)
        delivery.tell(delivery.publish)
        self._forget_ended()

    @precondition(lambda self: self.active)
    @rule(data=st.data(), crash=st.sampled_from([None, None, "delete-message", "deleted"]))
    def work_succeeds(self, data: st.DataObject, crash: str | None) -> None:
        delivery = self._draw(data)
        delivery.crash_at = crash
        delivery.tell(delivery.succeed)
        self._forget_ended()

    @precondition(lambda self: self.active)
    @rule(data=st.data(), error=st.sampled_from(sorted(ERRORS)), crash=st.sampled_from([None, None, *CRASH_POINTS]))
    def work_fails(self, data: st.DataObject, error: str, crash: str | None) -> None:
        delivery = self._draw(data)
        delivery.crash_at = crash
        delivery.tell(lambda: delivery.fail(ERRORS[error]()))
        self._forget_ended()

    @precondition(lambda self: self.active)
    @rule(data=st.data())
    def worker_is_killed(self, data: st.DataObject) -> None:
        delivery = self._draw(data)
        delivery.tell(delivery.crash)
        self._forget_ended()

    @precondition(lambda self: self.active)
    @rule(data=st.data())
    def worker_is_told_to_stop(self, data: st.DataObject) -> None:
        self._draw(data).lease.cancel("the worker is stopping")

    # What must hold

    def published(self, delivery: Delivery) -> None:
        """Called in the middle of a publish."""
        message = delivery.lease.message
        if message.message_id in self.doubled:
            return
        stored = next(one for one in self._everything() if one.message_id == message.message_id)
        assert not stored.is_deleted
        assert stored.receipts[-1] == message.receipt_handle, "another worker has received it since"
        assert stored.visible_at > self.clock(), "another worker may receive it now"

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

    def _everything(self) -> list[Stored]:
        return list(self.queue._stored.values())

    def _draw(self, data: st.DataObject) -> Any:
        return self.active[data.draw(st.integers(0, len(self.active) - 1))]

    def _forget_ended(self) -> None:
        self.active = [delivery for delivery in self.active if not delivery.has_ended]


TestLease = LeaseMachine.TestCase
TestLease.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
