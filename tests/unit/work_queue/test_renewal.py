"""A renewed message is the same one with no receives counted, and knows since when it is there."""

import pytest

from work_queue.in_memory_sqs import InMemoryQueue, ManualClock
from work_queue.queue import MAX_ATTRIBUTES, Message, Outgoing
from work_queue.renewal import MAX_DELAY_SECONDS, Renewals, first_seen, renewed

SENT_AT = 1_700_000_000.0
MESSAGE = Message("m1", "r1", '{"s3_key": "source-pdfs/a.pdf"}', 7, SENT_AT, {"run": "spring"})


def test_body_and_attributes_stay() -> None:
    assert renewed(MESSAGE) == Outgoing(MESSAGE.body, {"first_seen": "2023-11-14T22:13:20Z", "run": "spring"})


def test_it_is_as_old_as_in_its_first_life() -> None:
    again = renewed(Message("m2", "r2", "body", 5, SENT_AT + 86_400, renewed(MESSAGE).attributes))
    assert again.attributes["first_seen"] == "2023-11-14T22:13:20Z"
    assert first_seen(Message("m3", "r3", "body", 1, SENT_AT + 90_000, again.attributes)) == SENT_AT


@pytest.mark.parametrize("text", ["", "yesterday", "2999-01-01T00:00:00Z"])
def test_what_somebody_else_wrote_there_counts_only_if_it_can_be(text: str) -> None:
    assert first_seen(Message("m1", "r1", "body", 1, SENT_AT, {"first_seen": text})) == SENT_AT


def test_attributes_that_find_no_room_are_left_out() -> None:
    full = {f"attribute-{number}": "x" for number in range(MAX_ATTRIBUTES)}
    sent = renewed(Message("m1", "r1", "body", 1, SENT_AT, full))
    assert len(sent.attributes) == MAX_ATTRIBUTES
    assert "first_seen" in sent.attributes


def test_it_comes_after_the_delay_that_sqs_allows() -> None:
    clock = ManualClock()
    queue = InMemoryQueue(clock=clock)
    Renewals(queue).put(MESSAGE, 5_000.0)
    clock.advance(MAX_DELAY_SECONDS - 1)
    assert queue.backlog().visible == 0
    clock.advance(1)
    (again,) = queue.receive(max_messages=1, wait_seconds=0, visibility_timeout_seconds=30)
    assert (again.body, again.receive_count) == (MESSAGE.body, 1)
