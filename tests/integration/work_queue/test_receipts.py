"""Receipts, leases and redrive on an engine that keeps time: ElasticMQ, or what else TEST_AWS names.

What AWS documents of standard queues, and the three engines differ in, is in docs/services.md. Moto is left out: its
receipts never expire, and the in-memory queue stands for it (tests/unit/work_queue/test_in_memory_sqs.py).
"""

import contextlib
import time
from collections.abc import Callable

import pytest

from composition.parts import Parts
from foundation.errors import CancelledWorkError, TransientError
from tests.support.aws_engine import engine_name
from work_queue.dead_letters import Moved, move_all
from work_queue.lease import Lease
from work_queue.queue import Message, Outgoing, SqsQueue, StaleReceiptError

SHORT_SECONDS = 2
LONG_SECONDS = 600
END_SECONDS = 60.0

pytestmark = pytest.mark.skipif(engine_name() == "moto", reason="moto's receipts never expire: make test-real")


@pytest.fixture
def queue(parts: Parts) -> SqsQueue:
    queue = parts.queue
    while (message := receive(queue)) is not None:  # S3's test event
        queue.delete(message.receipt_handle)
    return queue


def receive(queue: SqsQueue, seconds: int = LONG_SECONDS) -> Message | None:
    received = queue.receive(max_messages=1, wait_seconds=0, visibility_timeout_seconds=seconds)
    return received[0] if received else None


def await_message(queue: SqsQueue, seconds: int = LONG_SECONDS) -> Message:
    """The next one, however long the machine takes."""
    return until(lambda: receive(queue, seconds))


def until(look: Callable[[], Message | None]) -> Message:
    end = time.monotonic() + END_SECONDS
    while (found := look()) is None:
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def test_a_message_comes_back_when_its_time_out_ends_and_counts_the_receive(queue: SqsQueue) -> None:
    queue.send(Outgoing("body"))
    first = await_message(queue, SHORT_SECONDS)
    second = await_message(queue)
    assert (second.message_id, first.receive_count, second.receive_count) == (first.message_id, 1, 2)


def test_the_receipt_of_a_message_that_another_has_received_is_stale(queue: SqsQueue) -> None:
    queue.send(Outgoing("body"))
    stale = await_message(queue, SHORT_SECONDS)
    fresh = await_message(queue)
    with pytest.raises(StaleReceiptError):
        queue.change_visibility(stale.receipt_handle, LONG_SECONDS)
    queue.change_visibility(fresh.receipt_handle, LONG_SECONDS)


def test_a_stale_receipt_deletes_nothing(queue: SqsQueue) -> None:
    """AWS says nothing, ElasticMQ that the receipt is stale: the message stays either way."""
    queue.send(Outgoing("body"))
    stale = await_message(queue, SHORT_SECONDS)
    fresh = await_message(queue)
    with contextlib.suppress(StaleReceiptError):
        queue.delete(stale.receipt_handle)
    assert queue.backlog().total == 1
    queue.delete(fresh.receipt_handle)
    assert queue.backlog().total == 0


def test_a_receipt_ends_with_its_message(queue: SqsQueue) -> None:
    queue.send(Outgoing("body"))
    message = await_message(queue)
    queue.delete(message.receipt_handle)
    with pytest.raises(StaleReceiptError):
        queue.change_visibility(message.receipt_handle, LONG_SECONDS)


def test_a_lease_ends_where_another_has_the_message(queue: SqsQueue) -> None:
    """The lease's own clock says that it has time: the engine says that it is lost."""
    queue.send(Outgoing("body"))
    asked_at = time.monotonic()
    message = await_message(queue, SHORT_SECONDS)
    lease = Lease(queue, message, asked_at=asked_at, visibility_timeout_seconds=LONG_SECONDS)
    lease.check("read-pages")
    await_message(queue)
    lease.beat()
    with pytest.raises(CancelledWorkError):
        lease.check("publish")


def test_a_lease_that_beats_keeps_the_message(queue: SqsQueue) -> None:
    queue.send(Outgoing("body"))
    asked_at = time.monotonic()
    lease = Lease(queue, await_message(queue, 30), asked_at=asked_at, visibility_timeout_seconds=30)
    for _ in range(3):
        assert lease.beat()
        assert receive(queue) is None
    lease.check("publish")


def test_sqs_itself_moves_what_was_received_too_often(queue: SqsQueue, parts: Parts) -> None:
    times = queue.facts().max_receive_count
    assert times
    queue.send(Outgoing("body"))
    for _ in range(times):
        queue.change_visibility(await_message(queue).receipt_handle, 0)
    letter = until(lambda: receive(queue) or receive(parts.dead_letter_queue))
    assert letter.body == "body"
    assert queue.backlog().total == 0


def test_dead_letters_go_back_by_the_engines_own_move(queue: SqsQueue, parts: Parts) -> None:
    for number in range(3):
        parts.dead_letter_queue.send(Outgoing(str(number)))
    source, target = parts.dead_letter_queue.facts().arn, queue.facts().arn
    assert move_all(parts.aws.sqs, source_arn=source, destination_arn=target) == Moved(3, "task")
    assert sorted(await_message(queue).body for _ in range(3)) == ["0", "1", "2"]


def test_what_sqs_would_not_take_is_refused(queue: SqsQueue) -> None:
    # fakecloud takes what is empty and what XML has no character for.
    small = [] if engine_name() == "fakecloud" else ["", "a\x00b"]
    for body in (*small, "a" * (1_048_576 + 1)):
        with pytest.raises(TransientError):
            queue.send(Outgoing(body))
    assert queue.backlog().total == 0
