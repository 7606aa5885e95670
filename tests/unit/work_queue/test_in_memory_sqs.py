"""The in-memory queue does what AWS documents of standard queues; the lease's proofs stand on it."""

import pytest

from foundation.errors import TransientError
from work_queue.in_memory_sqs import InMemoryQueue, ManualClock
from work_queue.queue import Backlog, Message, Outgoing, StaleReceiptError

CLOCK_START = 1_000_000.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(CLOCK_START)


@pytest.fixture
def queue(clock: ManualClock) -> InMemoryQueue:
    return InMemoryQueue(clock=clock)


def receive(queue: InMemoryQueue, visibility_timeout_seconds: int = 30) -> Message | None:
    received = queue.receive(
        max_messages=1, wait_seconds=0, visibility_timeout_seconds=visibility_timeout_seconds
    )  # fmt: skip
    return received[0] if received else None


def test_a_received_message_is_hidden_until_its_time_out_ends(queue: InMemoryQueue, clock: ManualClock) -> None:
    queue.send(Outgoing("body", {"name": "value"}))
    first = receive(queue)
    assert first
    assert (first.body, first.attributes, first.receive_count, first.sent_at) == (
        "body", {"name": "value"}, 1, CLOCK_START,
    )  # fmt: skip
    clock.advance(29.9)
    assert receive(queue) is None
    clock.advance(0.1)
    second = receive(queue)
    assert second
    assert (second.message_id, second.receive_count) == (first.message_id, 2)


@pytest.mark.parametrize("received_anew", [False, True])
def test_a_receipt_ends_with_its_time_out(queue: InMemoryQueue, clock: ManualClock, received_anew: bool) -> None:
    queue.send(Outgoing("body"))
    stale = receive(queue)
    clock.advance(30)
    fresh = receive(queue) if received_anew else None
    assert stale
    with pytest.raises(StaleReceiptError, match="MessageNotInflight"):
        queue.change_visibility(stale.receipt_handle, 30)
    if fresh:
        queue.change_visibility(fresh.receipt_handle, 30)


def test_deleting_by_an_old_receipt_is_no_error_and_deletes_nothing(queue: InMemoryQueue, clock: ManualClock) -> None:
    queue.send(Outgoing("body"))
    stale = receive(queue)
    clock.advance(30)
    fresh = receive(queue)
    assert stale
    assert fresh
    queue.delete(stale.receipt_handle)
    assert len(queue.messages()) == 1
    queue.delete(fresh.receipt_handle)
    assert queue.messages() == []
    with pytest.raises(StaleReceiptError, match="InvalidParameterValue"):
        queue.change_visibility(fresh.receipt_handle, 30)


def test_receipts_that_were_never_given_out_are_invalid(queue: InMemoryQueue) -> None:
    for call in (queue.delete, lambda handle: queue.change_visibility(handle, 5)):
        with pytest.raises(StaleReceiptError, match="ReceiptHandleIsInvalid"):
            call("nonsense")


def test_extensions_beyond_twelve_hours_after_the_receive_are_refused(queue: InMemoryQueue, clock: ManualClock) -> None:
    queue.send(Outgoing("body"))
    message = receive(queue, 43_200)
    assert message
    clock.advance(43_000)
    queue.change_visibility(message.receipt_handle, 200)
    with pytest.raises(StaleReceiptError, match="InvalidParameterValue"):
        queue.change_visibility(message.receipt_handle, 201)


def test_the_redrive_policy_moves_instead_of_delivering_too_often(clock: ManualClock) -> None:
    dead_letters = InMemoryQueue("dead", clock=clock)
    queue = InMemoryQueue(clock=clock, max_receive_count=2, dead_letters=dead_letters)
    queue.send(Outgoing("body"))
    for _ in range(2):
        assert receive(queue)
        clock.advance(30)
    assert receive(queue) is None
    assert (len(queue.messages()), [stored.outgoing.body for stored in dead_letters.messages()]) == (0, ["body"])


def test_messages_end_with_their_retention(clock: ManualClock) -> None:
    queue = InMemoryQueue(clock=clock, retention_seconds=60)
    queue.send(Outgoing("body"))
    clock.advance(61)
    assert receive(queue) is None
    assert queue.backlog().total == 0


def test_at_least_once_means_that_a_deleted_message_may_come_back(queue: InMemoryQueue) -> None:
    message_id = queue.send(Outgoing("body"))
    message = receive(queue)
    assert message
    queue.delete(message.receipt_handle)
    queue.redeliver(message_id)
    again = receive(queue)
    assert again
    assert again.message_id == message_id


def test_the_backlog_tells_visible_in_flight_and_delayed_apart(queue: InMemoryQueue) -> None:
    queue.send(Outgoing("received"))
    assert receive(queue)
    queue.send(Outgoing("waiting"))
    queue.send(Outgoing("delayed"), delay_seconds=10)
    assert queue.backlog() == Backlog(visible=1, in_flight=1, delayed=1)


@pytest.mark.parametrize(
    "message",
    [Outgoing(""), Outgoing("a\x00b"), Outgoing("a" * 262_145), Outgoing("a", {str(n): "v" for n in range(11)})],
    ids=["empty", "control character", "too long", "too many attributes"],
)
def test_what_sqs_would_not_take_is_refused(queue: InMemoryQueue, message: Outgoing) -> None:
    with pytest.raises(TransientError):
        queue.send(message)
    assert queue.messages() == []


def test_a_batch_may_be_taken_in_part(queue: InMemoryQueue) -> None:
    assert queue.send_batch([Outgoing("a"), Outgoing(""), Outgoing("b")]) == {1: "MissingParameter"}
    assert [stored.outgoing.body for stored in queue.messages()] == ["a", "b"]
