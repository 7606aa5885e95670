"""Keys and idempotency records in DynamoDB: conditional writes decide."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from composition.parts import Parts
from ledger.api_keys import ApiKeys, KeyState, judge, parse_token
from ledger.idempotency import ABANDONED_SECONDS, KEEP_SECONDS, Begin, IdempotencyRecords, Kept, Ticket


class Clock:
    """Epoch seconds that only a test moves."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_created_found_used_and_revoked(parts: Parts) -> None:
    clock = Clock()
    keys = ApiKeys(parts.table, clock)
    record, text = keys.create(["read"], prefix="source-pdfs/a/", name="a script", valid_for=timedelta(days=1))
    token = parse_token(text)
    assert token
    assert token.secret not in str(parts.table.get(("api-keys", record.key_id)))
    assert judge(token, keys.find(record.key_id), clock.now) is KeyState.ACCEPTED
    assert keys.note_use(record.key_id)
    assert not keys.note_use(record.key_id)
    clock.now += 301
    assert keys.note_use(record.key_id)
    revoked = keys.revoke(record.key_id)
    assert revoked
    assert revoked == keys.revoke(record.key_id) == keys.find(record.key_id)
    assert judge(token, revoked, clock.now) is KeyState.REVOKED
    assert [found.key_id for found in keys.all()] == [record.key_id]


def test_what_is_no_key_is_neither_revoked_nor_used(parts: Parts) -> None:
    keys = ApiKeys(parts.table)
    assert keys.revoke("abcdefghjkmn") is None
    assert not keys.note_use("abcdefghjkmn")
    assert list(keys.all()) == []


def test_of_many_requests_with_one_key_one_runs(parts: Parts) -> None:
    records = IdempotencyRecords(parts.table)
    with ThreadPoolExecutor(8) as threads:
        begun = list(threads.map(lambda number: records.begin("k", "once", b"body", f"r{number}"), range(8)))
    assert sum(isinstance(one, Ticket) for one in begun) == 1
    assert sum(one is Begin.RUNNING for one in begun) == 7


def test_the_first_answer_is_kept_for_a_day_and_for_its_request_only(parts: Parts) -> None:
    clock = Clock()
    records = IdempotencyRecords(parts.table, clock)
    ticket = records.begin("k", "once", b"body", "r1")
    assert isinstance(ticket, Ticket)
    records.finish(ticket, Kept(202, '{"run_id": "1"}'))
    assert records.begin("k", "once", b"body", "r2") == Kept(202, '{"run_id": "1"}')
    assert records.begin("k", "once", b"other", "r3") is Begin.OTHER_REQUEST
    assert isinstance(records.begin("another", "once", b"other", "r4"), Ticket)
    clock.now += KEEP_SECONDS + 1
    assert isinstance(records.begin("k", "once", b"other", "r5"), Ticket)


def test_a_request_whose_process_died_is_taken_over_once(parts: Parts) -> None:
    clock = Clock()
    records = IdempotencyRecords(parts.table, clock)
    first = records.begin("k", "once", b"body", "r1")
    assert isinstance(first, Ticket)
    clock.now += ABANDONED_SECONDS
    second = records.begin("k", "once", b"body", "r2")
    assert isinstance(second, Ticket)
    assert records.begin("k", "once", b"body", "r3") is Begin.RUNNING
    # What comes back from the dead neither answers for the second nor gives its right up.
    records.finish(first, Kept(200, "late"))
    records.give_up(first)
    assert records.begin("k", "once", b"body", "r4") is Begin.RUNNING
    records.finish(second, Kept(200, "in time"))
    assert records.begin("k", "once", b"body", "r5") == Kept(200, "in time")


def test_what_was_given_up_or_is_too_large_may_be_asked_again(parts: Parts) -> None:
    records = IdempotencyRecords(parts.table)
    first = records.begin("k", "once", b"body", "r1")
    assert isinstance(first, Ticket)
    records.give_up(first)
    second = records.begin("k", "once", b"body", "r2")
    assert isinstance(second, Ticket)
    records.finish(second, Kept(200, "x" * 70_000))
    assert isinstance(records.begin("k", "once", b"body", "r3"), Ticket)
