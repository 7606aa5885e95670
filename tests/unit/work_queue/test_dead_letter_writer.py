"""What a quarantined message carries: its body as it was, and labels that say why."""

import pytest

from work_queue.dead_letter_writer import DeadLetterWriter, label
from work_queue.in_memory_sqs import InMemoryQueue
from work_queue.queue import MAX_ATTRIBUTES, MAX_MESSAGE_BYTES, Message

MESSAGE = Message("m1", "r1", '{"s3_key": "source-pdfs/a.pdf"}', 3, 1_700_000_000.0)


def put(message: Message, reason: str = "it is broken") -> tuple[str, dict[str, str]]:
    dead_letters = InMemoryQueue()
    DeadLetterWriter(dead_letters, "host:1").put(message, "corrupt", reason, s3_keys=("source-pdfs/a.pdf",))
    (stored,) = dead_letters.messages()
    return stored.outgoing.body, dict(stored.outgoing.attributes)


def test_the_body_is_unchanged_and_the_labels_say_why() -> None:
    assert put(MESSAGE) == (
        MESSAGE.body,
        {
            "error_code": "corrupt",
            "reason": "it is broken",
            "first_seen": "2023-11-14T22:13:20Z",
            "worker": "host:1",
            "message_id": "m1",
            "receive_count": "3",
            "s3_key": "source-pdfs/a.pdf",
        },
    )


def test_a_second_quarantine_keeps_when_it_was_first_seen() -> None:
    message = Message("m2", "r", "{}", 1, 1_700_000_000.0, {"first_seen": "2020-01-01T00:00:00Z", "message_id": "m1"})
    _, attributes = put(message)
    assert (attributes["first_seen"], attributes["message_id"]) == ("2020-01-01T00:00:00Z", "m1")


def test_attributes_that_the_message_had_stay_while_there_is_room() -> None:
    message = Message("m1", "r1", "{}", attributes={f"own{number}": "v" for number in range(10)})
    _, attributes = put(message)
    assert len(attributes) == MAX_ATTRIBUTES
    assert attributes["own0"] == "v"


@pytest.mark.parametrize("reason", ["", "bell \x07", "lone \ud800", "not a character \uffff", "x" * 5_000])
def test_any_reason_can_be_sent(reason: str) -> None:
    _, attributes = put(MESSAGE, reason)
    assert 0 < len(attributes["reason"]) <= 1_000


@pytest.mark.parametrize("room", [0, 30, 1_000])
def test_a_body_that_leaves_no_room_goes_with_the_labels_that_fit(room: int) -> None:
    message = Message("m1", "r1", "a" * (MAX_MESSAGE_BYTES - room))
    sent = label(message, code="corrupt", reason="it is broken", worker="host:1")
    assert sent.size_bytes <= MAX_MESSAGE_BYTES
    assert ("error_code" in sent.attributes) == (room >= 30)
    assert put(message)[0] == message.body
