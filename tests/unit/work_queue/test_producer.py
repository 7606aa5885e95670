"""Enqueuing many: batches that SQS takes, refusals sent again, and no more memory than one batch."""

from collections.abc import Iterator, Sequence

import pytest

from foundation.errors import TransientError
from work_queue.in_memory_sqs import InMemoryQueue
from work_queue.producer import BulkRequest, enqueue, enqueue_many
from work_queue.queue import Outgoing


class FlakyQueue(InMemoryQueue):
    """Refuses the messages of each batch whose index is due."""

    def __init__(self, refusals: list[set[int]]) -> None:
        super().__init__()
        self._refusals = refusals
        self.batches: list[int] = []

    def send_batch(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        self.batches.append(len(messages))
        refused = self._refusals.pop(0) if self._refusals else set()
        super().send_batch([message for index, message in enumerate(messages) if index not in refused])
        return dict.fromkeys(refused, "InternalError try again")


def requests(count: int) -> Iterator[BulkRequest]:
    return (BulkRequest(f"source-pdfs/{number}.pdf") for number in range(count))


def keys(queue: InMemoryQueue) -> list[str]:
    return sorted(stored.outgoing.body for stored in queue.messages())


def test_progress_is_told_after_every_batch_of_ten() -> None:
    queue = InMemoryQueue()
    assert list(enqueue_many(queue, requests(25))) == [10, 20, 25]
    assert len(queue.messages()) == 25


def test_nothing_to_send_sends_nothing() -> None:
    queue = InMemoryQueue()
    assert list(enqueue_many(queue, requests(0))) == []
    assert queue.calls == {}


def test_only_what_was_refused_is_sent_again_after_a_pause() -> None:
    queue = FlakyQueue([{0, 7}, {1}])
    pauses: list[float] = []
    assert list(enqueue_many(queue, requests(10), sleep=pauses.append)) == [10]
    assert (queue.batches, pauses) == ([10, 2, 1], [0.5, 1.0])
    assert keys(queue) == sorted(request.body() for request in requests(10))


def test_what_is_refused_for_good_is_an_error_that_counts_it() -> None:
    queue = FlakyQueue([{0}] * 9)
    with pytest.raises(TransientError, match="1 messages refused by the queue: InternalError try again"):
        list(enqueue_many(queue, requests(10), sleep=lambda seconds: None))


def test_large_messages_make_smaller_batches() -> None:
    queue = FlakyQueue([])
    large = (BulkRequest("source-pdfs/a.pdf", run_id="r" * 100_000) for _ in range(5))
    assert list(enqueue_many(queue, large)) == [2, 4, 5]
    assert queue.batches == [2, 2, 1]


def test_requests_are_taken_only_as_they_are_sent() -> None:
    taken: list[int] = []

    def endless() -> Iterator[BulkRequest]:
        number = 0
        while True:
            taken.append(number)
            yield BulkRequest(f"source-pdfs/{number}.pdf")
            number += 1

    sending = enqueue_many(InMemoryQueue(), endless())
    assert next(sending) == 10
    assert len(taken) <= 11


def test_one_message_can_be_sent_alone() -> None:
    queue = InMemoryQueue()
    message_id = enqueue(queue, BulkRequest("source-pdfs/a.pdf", ("pages",), "rebuild", "r1"))
    (stored,) = queue.messages()
    assert stored.message_id == message_id
    assert stored.outgoing.body == (
        '{"s3_key": "source-pdfs/a.pdf", "cache_behavior": "rebuild", "target_stores": ["pages"], "run_id": "r1"}'
    )
