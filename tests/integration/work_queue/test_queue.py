"""The boto3 side of the queue half against moto over real HTTP: the port, quarantine, producer, dead letters."""

import json
from dataclasses import replace
from functools import partial

import pytest

from composition.parts import Parts
from config import Settings
from foundation.errors import TransientError
from tests.support.aws_engine import engine_name
from work_queue.dead_letter_writer import DeadLetterWriter
from work_queue.dead_letters import DeadLetters, Filter, move_all
from work_queue.messages import parse
from work_queue.producer import BulkRequest, enqueue, enqueue_many
from work_queue.queue import (
    DEFAULT_RETENTION_SECONDS,
    Backlog,
    Message,
    Outgoing,
    Queue,
    SqsQueue,
    StaleReceiptError,
)  # fmt: skip


@pytest.fixture
def queue(parts: Parts, settings: Settings) -> SqsQueue:
    queue = SqsQueue(parts.aws.sqs, settings.sqs_queue_url)
    for message in receive(queue):  # S3's test event
        queue.delete(message.receipt_handle)
    return queue


@pytest.fixture
def dead_queue(parts: Parts, settings: Settings) -> SqsQueue:
    return SqsQueue(parts.aws.sqs, settings.sqs_dlq_url)


@pytest.fixture
def dead_letters(queue: SqsQueue, dead_queue: SqsQueue) -> DeadLetters:
    return DeadLetters(dead_queue, queue, partial(parse, bucket="b", prefix="source-pdfs/"))


def receive(queue: Queue, visibility_timeout_seconds: int = 600) -> list[Message]:
    return queue.receive(
        max_messages=10, wait_seconds=0, visibility_timeout_seconds=visibility_timeout_seconds
    )  # fmt: skip


def quarantine(queue: SqsQueue, dead_queue: SqsQueue, key: str, code: str) -> None:
    """As the worker does it."""
    enqueue(queue, BulkRequest(key, run_id="r1"))
    (message,) = receive(queue)
    DeadLetterWriter(dead_queue, "host:1").put(message, code, f"because of {code}", s3_keys=(key,))
    queue.delete(message.receipt_handle)


def test_a_message_arrives_with_its_attributes_and_facts(queue: SqsQueue) -> None:
    message_id = queue.send(Outgoing("body", {"name": "wert ü"}))
    (message,) = receive(queue)
    assert (message.message_id, message.body, dict(message.attributes)) == (message_id, "body", {"name": "wert ü"})
    assert (message.receive_count, message.sent_at > 1_600_000_000) == (1, True)
    assert queue.backlog() == Backlog(visible=0, in_flight=1, delayed=0)
    queue.change_visibility(message.receipt_handle, 0)
    assert receive(queue)[0].receive_count == 2


def test_the_queues_own_facts_come_from_the_template(queue: SqsQueue, dead_queue: SqsQueue) -> None:
    facts = queue.facts()
    # ElasticMQ keeps messages without limit, and takes this setting without keeping it.
    assert facts.retention_seconds == (DEFAULT_RETENTION_SECONDS if engine_name() == "elasticmq" else 1_209_600)
    assert facts.max_receive_count is not None
    assert dead_queue.facts().max_receive_count is None


def test_losses_are_told_from_troubles(queue: SqsQueue, parts: Parts) -> None:
    with pytest.raises(StaleReceiptError, match="ReceiptHandleIsInvalid"):
        queue.change_visibility("nonsense", 10)
    queue.send(Outgoing("body"))
    (message,) = receive(queue)
    queue.delete(message.receipt_handle)
    with pytest.raises(StaleReceiptError):
        queue.change_visibility(message.receipt_handle, 10)
    missing = SqsQueue(parts.aws.sqs, queue.url + "-missing")
    with pytest.raises(TransientError, match="receiving from the queue"):
        receive(missing)


def test_many_messages_arrive_once_each(queue: SqsQueue) -> None:
    keys = {f"source-pdfs/{number} ü+%.pdf" for number in range(23)}
    assert list(enqueue_many(queue, (BulkRequest(key) for key in sorted(keys)))) == [10, 20, 23]
    arrived = [json.loads(message.body)["s3_key"] for _ in range(3) for message in receive(queue)]
    assert sorted(arrived) == sorted(keys)


def test_dead_letters_are_listed_with_their_reasons_and_stay(
    queue: SqsQueue, dead_queue: SqsQueue, dead_letters: DeadLetters
) -> None:
    quarantine(queue, dead_queue, "source-pdfs/a.pdf", "encrypted")
    dead_queue.send(Outgoing("no JSON, moved by the redrive policy"))
    for _ in range(2):
        named, unnamed = sorted(dead_letters.letters(), key=lambda letter: letter.code)
        assert (named.code, named.reason, named.s3_keys) == (
            "encrypted", "because of encrypted", ("source-pdfs/a.pdf",),
        )  # fmt: skip
        assert (named.worker, named.receive_count) == ("host:1", 1)
        assert json.loads(named.body) == {"s3_key": "source-pdfs/a.pdf", "cache_behavior": "use", "run_id": "r1"}
        assert (unnamed.code, unnamed.s3_keys) == ("redrive_policy", ())
    assert dead_queue.backlog().visible == 2


def test_one_is_shown_by_either_of_its_ids(queue: SqsQueue, dead_queue: SqsQueue, dead_letters: DeadLetters) -> None:
    quarantine(queue, dead_queue, "source-pdfs/a.pdf", "encrypted")
    (letter,) = dead_letters.letters()
    assert letter.original_id != letter.message_id
    for message_id in (letter.original_id, letter.message_id):
        shown = dead_letters.show(message_id)
        assert shown
        assert replace(shown, receive_count=0) == replace(letter, receive_count=0)
    assert dead_letters.show("unknown") is None


@pytest.mark.parametrize(
    ("chosen", "redriven"),
    [
        (Filter(), {"a", "b", "c"}),
        (Filter(code="encrypted"), {"a", "b"}),
        (Filter(s3_key="b.pdf"), {"b"}),
        (Filter(code="corrupt", s3_key="b.pdf"), set()),
    ],
)
def test_redriven_messages_are_in_the_queue_again_without_their_past(
    chosen: Filter, redriven: set[str], queue: SqsQueue, dead_queue: SqsQueue, dead_letters: DeadLetters
) -> None:
    for name, code in (("a", "encrypted"), ("b", "encrypted"), ("c", "corrupt")):
        quarantine(queue, dead_queue, f"source-pdfs/{name}.pdf", code)
    moved = dead_letters.redrive(chosen)
    assert (moved.count, moved.how) == (len(redriven), "copy")
    messages = receive(queue)
    assert {json.loads(message.body)["s3_key"] for message in messages} == {
        f"source-pdfs/{name}.pdf" for name in redriven
    }
    assert all(set(message.attributes) == {"first_seen"} for message in messages)
    assert dead_queue.backlog() == Backlog(3 - len(redriven), 0, 0)


def test_only_what_was_chosen_is_purged(queue: SqsQueue, dead_queue: SqsQueue, dead_letters: DeadLetters) -> None:
    for name, code in (("a", "encrypted"), ("c", "corrupt")):
        quarantine(queue, dead_queue, f"source-pdfs/{name}.pdf", code)
    assert dead_letters.purge(Filter(code="corrupt")) == 1
    assert [letter.code for letter in dead_letters.letters()] == ["encrypted"]


@pytest.mark.skipif(engine_name() != "moto", reason="it can: test_receipts.py")
def test_an_endpoint_without_message_moves_says_so(
    parts: Parts, queue: SqsQueue, dead_queue: SqsQueue
) -> None:  # fmt: skip
    """moto answers 500; the caller then redrives by copying."""
    moved = move_all(parts.aws.sqs, source_arn=dead_queue.facts().arn, destination_arn=queue.facts().arn)
    assert moved is None
