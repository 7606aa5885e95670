"""A standard SQS queue in memory, for tests: what the real one does with time, receipts and redelivery.

Faithful where emulators are not: a receipt is refused once the message is visible again, or received anew; extensions
are refused beyond 12 hours after the receive; the redrive policy moves a message instead of delivering it too often;
messages end with their retention; and `redeliver` does what "at least once" allows SQS to do at any time.
"""

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from foundation.errors import FailureCode, TransientError
from work_queue.queue import (
    MAX_ATTRIBUTES,
    MAX_BATCH,
    MAX_MESSAGE_BYTES,
    MAX_RECEIVE_SECONDS,
    Backlog,
    Message,
    Outgoing,
    QueueFacts,
    StaleReceiptError,
)


class ManualClock:
    """Seconds that pass only when told to. Serves as the clock of queues and of leases."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(slots=True)
class Stored:
    """A message as the queue keeps it. `receipts` are all that were ever given out; only the last can be valid."""

    message_id: str
    outgoing: Outgoing
    sent_at: float
    visible_at: float
    receive_count: int = 0
    received_at: float = 0.0
    receipts: list[str] = field(default_factory=list)
    is_deleted: bool = False


class InMemoryQueue:
    """Implements `work_queue.queue.Queue`. Thread-safe."""

    def __init__(
        self,
        name: str = "queue",
        *,
        clock: Callable[[], float] = time.time,
        retention_seconds: int = 345_600,
        max_receive_count: int | None = None,
        dead_letters: "InMemoryQueue | None" = None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._facts = QueueFacts(f"arn:aws:sqs:local:0:{name}", retention_seconds, max_receive_count)
        self._dead_letters = dead_letters
        self._changed = threading.Condition(threading.RLock())
        self._ids = itertools.count(1)
        self._stored: dict[str, Stored] = {}
        self._is_down = False
        #: How often each method was called.
        self.calls: dict[str, int] = {}

    # The port

    def receive(self, *, max_messages: int, wait_seconds: int, visibility_timeout_seconds: int) -> list[Message]:
        """Waits in real time, whatever the clock is."""
        give_up_at = time.monotonic() + wait_seconds
        with self._changed:
            self._count("receive")
            while True:
                received = self._receive_now(min(max_messages, MAX_BATCH), visibility_timeout_seconds)
                left = give_up_at - time.monotonic()
                if received or left <= 0:
                    return received
                self._changed.wait(min(left, 0.05))  # visibility ends by the clock, which notifies nobody

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        with self._changed:
            self._count("change_visibility")
            stored = self._held(receipt_handle)
            if not 0 <= seconds <= MAX_RECEIVE_SECONDS:
                raise StaleReceiptError("InvalidParameterValue")
            if self._clock() + seconds > stored.received_at + MAX_RECEIVE_SECONDS:
                raise StaleReceiptError("InvalidParameterValue")
            stored.visible_at = self._clock() + seconds
            self._changed.notify_all()

    def delete(self, receipt_handle: str) -> None:
        """As at AWS, an old receipt is no error, and deletes nothing once the message has been received anew."""
        with self._changed:
            self._count("delete")
            stored = self._find(receipt_handle)
            if stored.receipts[-1] == receipt_handle:
                stored.is_deleted = True
            self._changed.notify_all()

    def send(self, message: Outgoing, *, delay_seconds: int = 0) -> str:
        with self._changed:
            self._count("send")
            refusal = _refusal(message)
            if refusal:
                raise TransientError(FailureCode.INTERNAL, f"sending a message: {refusal}", dependency="aws")
            return self._store(message, delay_seconds).message_id

    def send_batch(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        with self._changed:
            self._count("send_batch")
            if len(messages) > MAX_BATCH or sum(message.size_bytes for message in messages) > MAX_MESSAGE_BYTES:
                raise TransientError(FailureCode.INTERNAL, "sending messages: BatchRequestTooLong", dependency="aws")
            refusals = {index: _refusal(message) for index, message in enumerate(messages)}
            for index, message in enumerate(messages):
                if not refusals[index]:
                    self._store(message, 0)
            return {index: refusal for index, refusal in refusals.items() if refusal}

    def backlog(self) -> Backlog:
        with self._changed:
            self._count("backlog")
            self._expire()
            now = self._clock()
            hidden = [stored for stored in self._alive() if stored.visible_at > now]
            in_flight = sum(bool(stored.receive_count) for stored in hidden)
            return Backlog(len(self._alive()) - len(hidden), in_flight, len(hidden) - in_flight)

    def facts(self) -> QueueFacts:
        with self._changed:
            self._count("facts")
            return self._facts

    # What tests do and ask

    def redeliver(self, message_id: str) -> None:
        """Make a message visible although it is in flight or deleted, as a standard queue sometimes does."""
        with self._changed:
            stored = self._stored[message_id]
            stored.is_deleted = False
            stored.visible_at = self._clock()
            self._changed.notify_all()

    def purge(self) -> None:
        """Delete everything, what is in flight too, as PurgeQueue does."""
        with self._changed:
            for stored in self._stored.values():
                stored.is_deleted = True
            self._changed.notify_all()

    def fail_calls(self, *, down: bool) -> None:
        """From now on every call fails as if the network were gone, or no call any more."""
        with self._changed:
            self._is_down = down
            self._changed.notify_all()

    def messages(self) -> list[Stored]:
        """Everything in the queue, visible or not; deleted messages aren't."""
        with self._changed:
            self._expire()
            return self._alive()

    def wait_until(self, condition: Callable[["InMemoryQueue"], bool], timeout_seconds: float = 60.0) -> bool:
        """Block until the condition holds; False when it doesn't in time."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), timeout_seconds)

    # Inside

    def _count(self, method: str) -> None:
        self.calls[method] = self.calls.get(method, 0) + 1
        self._changed.notify_all()
        if self._is_down:
            raise TransientError(FailureCode.INTERNAL, f"{method}: EndpointConnectionError", dependency="aws")

    def _receive_now(self, max_messages: int, visibility_timeout_seconds: int) -> list[Message]:
        self._expire()
        now = self._clock()
        received: list[Message] = []
        for stored in self._alive():
            if len(received) == max_messages:
                break
            if stored.visible_at > now:
                continue
            if self._facts.max_receive_count and stored.receive_count >= self._facts.max_receive_count:
                self._move_to_dead_letters(stored)
                continue
            stored.receive_count += 1
            stored.received_at = now
            stored.visible_at = now + visibility_timeout_seconds
            stored.receipts.append(f"{stored.message_id}#{stored.receive_count}")
            received.append(
                Message(
                    stored.message_id,
                    stored.receipts[-1],
                    stored.outgoing.body,
                    stored.receive_count,
                    stored.sent_at,
                    dict(stored.outgoing.attributes),
                )
            )
        if received:
            self._changed.notify_all()
        return received

    def _move_to_dead_letters(self, stored: Stored) -> None:
        if self._dead_letters:
            del self._stored[stored.message_id]
            moved = Stored(stored.message_id, stored.outgoing, stored.sent_at, self._clock())
            self._dead_letters._stored[moved.message_id] = moved

    def _store(self, message: Outgoing, delay_seconds: int) -> Stored:
        now = self._clock()
        stored = Stored(f"{self.name}-{next(self._ids)}", message, now, now + delay_seconds)
        self._stored[stored.message_id] = stored
        self._changed.notify_all()
        return stored

    def _alive(self) -> list[Stored]:
        return [stored for stored in self._stored.values() if not stored.is_deleted]

    def _expire(self) -> None:
        oldest = self._clock() - self._facts.retention_seconds
        for message_id in [key for key, stored in self._stored.items() if stored.sent_at < oldest]:
            del self._stored[message_id]

    def _find(self, receipt_handle: str) -> Stored:
        stored = self._stored.get(receipt_handle.partition("#")[0])
        if stored is None or receipt_handle not in stored.receipts:
            raise StaleReceiptError("ReceiptHandleIsInvalid")
        return stored

    def _held(self, receipt_handle: str) -> Stored:
        stored = self._find(receipt_handle)
        if stored.is_deleted:
            raise StaleReceiptError("InvalidParameterValue")
        if stored.receipts[-1] != receipt_handle or stored.visible_at <= self._clock():
            raise StaleReceiptError("MessageNotInflight")
        return stored


def _refusal(message: Outgoing) -> str | None:
    """Why SQS would not take the message."""
    if not message.body:
        return "MissingParameter"
    if message.size_bytes > MAX_MESSAGE_BYTES:
        return "InvalidParameterValue: too long"
    if len(message.attributes) > MAX_ATTRIBUTES or not all(message.attributes.values()):
        return "InvalidParameterValue: attributes"
    texts = (message.body, *message.attributes.values())
    if any(not _is_allowed(character) for text in texts for character in text):
        return "InvalidMessageContents"
    return None


def _is_allowed(character: str) -> bool:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
    code = ord(character)
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
