"""Notes of questions against DynamoDB and S3 over HTTP: no stored answer is missed, of any version and any time."""

from collections.abc import Callable

import pytest

from composition.parts import Parts
from ledger.table import MAX_TRANSACTION_WRITES, Table
from model_api.answer_cache import S3AnswerCache, cache_key, request_key_of
from model_api.asked_questions import MARGIN_DAYS, SECONDS_PER_DAY, AskedQuestions, Seen, forget, note_key
from tests.support.lost_answers import lose_one_answer

KEEP_DAYS = 10
A, B, C = "a" * 64, "b" * 64, "c" * 64


class Clock:
    """Epoch seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(parts: Parts) -> S3AnswerCache:
    return parts.artifacts.answer_cache()


@pytest.fixture
def worker(parts: Parts, cache: S3AnswerCache, clock: Clock) -> Callable[[], AskedQuestions]:
    """A worker that starts now."""
    return lambda: AskedQuestions(parts.table, cache.has_answers, KEEP_DAYS, clock)


def test_a_question_is_new_once(worker: Callable[[], AskedQuestions]) -> None:
    first, second = worker(), worker()
    assert first.note([A, B]) == {A: Seen.NEW, B: Seen.NEW}
    assert second.note([B, C, A]) == {A: Seen.ASKED, B: Seen.ASKED, C: Seen.NEW}
    assert first.note([C]) == {C: Seen.ASKED}


def test_a_full_batch_is_one_call(parts: Parts, worker: Callable[[], AskedQuestions]) -> None:
    keys = [f"{number:064x}" for number in range(MAX_TRANSACTION_WRITES)]
    calls: list[str] = []
    noting = worker()
    noting.note([A])
    parts.aws.dynamodb.meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="counting"
    )
    assert set(noting.note(keys).values()) == {Seen.NEW}
    parts.aws.dynamodb.meta.events.unregister("before-call.dynamodb", unique_id="counting")
    assert calls == ["TransactWriteItems"]


def test_a_note_whose_answer_was_lost_is_only_looked_for(parts: Parts, worker: Callable[[], AskedQuestions]) -> None:
    """DynamoDB knows a write that the SDK sends again; moto doesn't. It is never new when it may not be."""
    noting = worker()
    noting.note([B])
    statuses = lose_one_answer(parts.aws.dynamodb, "TransactWriteItems")
    assert noting.note([A])[A] in (Seen.NEW, Seen.ASKED)
    assert len(statuses) >= 2
    assert worker().note([A]) == {A: Seen.ASKED}


def test_answers_of_an_older_version_are_looked_for_until_they_are_noted(
    worker: Callable[[], AskedQuestions], cache: S3AnswerCache, clock: Clock
) -> None:
    cache.put(A, {"answer": {}})

    assert worker().note([A, B]) == {A: Seen.UNKNOWN, B: Seen.UNKNOWN}

    assert worker().complete(cache.stored()) == 1
    assert worker().note([A, C]) == {A: Seen.ASKED, C: Seen.NEW}


def test_a_running_worker_hears_that_the_notes_are_complete(
    worker: Callable[[], AskedQuestions], cache: S3AnswerCache, clock: Clock
) -> None:
    cache.put(A, {"answer": {}})
    running = worker()
    assert running.note([B]) == {B: Seen.UNKNOWN}
    worker().complete(cache.stored())
    clock.now += 3_600
    assert running.note([C]) == {C: Seen.NEW}


def test_answers_of_an_older_version_expire(
    worker: Callable[[], AskedQuestions], cache: S3AnswerCache, clock: Clock
) -> None:
    """The lifecycle rule has deleted them by then."""
    cache.put(A, {"answer": {}})
    worker().note([B])
    clock.now += KEEP_DAYS * SECONDS_PER_DAY
    assert worker().note([C]) == {C: Seen.UNKNOWN}
    clock.now += (MARGIN_DAYS + 1) * SECONDS_PER_DAY
    assert worker().note(["d" * 64]) == {"d" * 64: Seen.NEW}


def test_a_table_that_was_restored_under_another_name_is_not_trusted(
    parts: Parts, cache: S3AnswerCache, clock: Clock, worker: Callable[[], AskedQuestions]
) -> None:
    worker().note([A])
    cache.put(A, {"answer": {}})
    restored = Table(parts.aws.dynamodb, f"{parts.table.name}-restored")
    keys = parts.aws.dynamodb.describe_table(TableName=parts.table.name)["Table"]
    parts.aws.dynamodb.create_table(
        TableName=restored.name, KeySchema=keys["KeySchema"], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    )  # fmt: skip
    state = parts.table.get(("questions", "state"))
    assert state
    assert state["complete"] is True
    restored.put(state)

    after = AskedQuestions(restored, cache.has_answers, KEEP_DAYS, clock)

    assert after.note([A]) == {A: Seen.UNKNOWN}


def test_of_two_workers_that_start_together_both_know_the_same(
    parts: Parts, cache: S3AnswerCache, clock: Clock
) -> None:
    """The second looks when the first has stored its first answer, and both had found no state."""
    first = AskedQuestions(parts.table, cache.has_answers, KEEP_DAYS, clock)

    def meanwhile() -> bool:
        first.note([A])
        cache.put(A, {"answer": {}})
        return cache.has_answers()

    second = AskedQuestions(parts.table, meanwhile, KEEP_DAYS, clock)
    assert second.note([A, B]) == {A: Seen.ASKED, B: Seen.NEW}


def test_a_note_outlives_its_answer(parts: Parts, worker: Callable[[], AskedQuestions], clock: Clock) -> None:
    noting = worker()
    noting.note([A])
    first = parts.table.get(note_key(A))
    clock.now += 5 * SECONDS_PER_DAY
    noting.note([A])
    unchanged = parts.table.get(note_key(A))
    noting.note_again(A)
    later = parts.table.get(note_key(A))
    assert first
    assert later
    assert first == unchanged
    assert first["expires_at"] == 1_750_000_000 + (KEEP_DAYS + MARGIN_DAYS) * SECONDS_PER_DAY
    assert later["expires_at"] == first["expires_at"] + 5 * SECONDS_PER_DAY


def test_a_note_holds_nothing_but_the_hash_and_is_in_no_index(
    parts: Parts, worker: Callable[[], AskedQuestions]
) -> None:
    worker().note([A])
    item = parts.table.get(note_key(A))
    assert item
    assert item.keys() == {"pk", "sk", "expires_at"}
    described = parts.aws.dynamodb.describe_table(TableName=parts.table.name)["Table"]
    indexed = {key["AttributeName"] for index in described["GlobalSecondaryIndexes"] for key in index["KeySchema"]}
    state = parts.table.get(("questions", "state"))
    assert state
    assert not indexed & {*item, *state} - {"pk", "sk"}


def test_forgotten_questions_are_new_again(parts: Parts, worker: Callable[[], AskedQuestions]) -> None:
    noting = worker()
    noting.note([A, B])
    forget(parts.table, [A, A, C])
    assert noting.note([A, B]) == {A: Seen.NEW, B: Seen.ASKED}


def test_the_key_of_an_answer_names_its_question() -> None:
    assert request_key_of(cache_key(A)) == A
    assert request_key_of("processing/pdf_process_history.json") is None
    assert request_key_of("processing/llm_cache/readme.txt") is None
