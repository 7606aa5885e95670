"""What becomes of a message: one table of cases."""

from dataclasses import replace

import pytest

from foundation.errors import (
    BusyError,
    CancelledByPersonError,
    CancelledWorkError,
    FailureCode,
    IngestionError,
    PermanentError,
    TransientError,
)
from work_queue.outcome import (
    Abandon,
    DeliveryFacts,
    Done,
    Outcome,
    Quarantine,
    Retry,
    backoff_seconds,
    busy_seconds,
    combine,
    decide,
)
from work_queue.queue import MAX_RECEIVE_SECONDS

FACTS = DeliveryFacts(
    receive_count=1, age_seconds=60.0, held_seconds=30.0, is_lease_lost=False, retention_seconds=1_209_600,
    max_receive_count=10,
)  # fmt: skip
LOST = replace(FACTS, is_lease_lost=True)


def half() -> float:
    return 0.5


@pytest.mark.parametrize(
    ("error", "facts", "outcome"),
    [
        (None, FACTS, Done()),
        (CancelledByPersonError("called off"), FACTS, Done()),
        (None, LOST, Abandon()),
        (PermanentError(FailureCode.CORRUPT, "broken"), LOST, Abandon()),
        (CancelledWorkError("lost", code=FailureCode.LEASE_LOST), LOST, Abandon()),
        (CancelledWorkError("the worker is stopping"), FACTS, Retry(0.0, "the worker is stopping")),
        (
            CancelledWorkError("claimed by another", code=FailureCode.LEASE_LOST), FACTS,
            Retry(35.0, "claimed by another", FailureCode.LEASE_LOST),
        ),
        (
            CancelledWorkError("12 hours", code=FailureCode.EXTRACTION_TIMEOUT), FACTS,
            Quarantine("extraction_timeout", "12 hours"),
        ),
        (BusyError("held", 100.0), FACTS, Retry(100.0, "held")),
        (BusyError("held", 2.0), FACTS, Retry(13.0, "held")),
        (
            TransientError(FailureCode.STORE_FAILED, "down", dependency="qdrant"), FACTS,
            Retry(5.0, "down", FailureCode.STORE_FAILED),
        ),
        (
            TransientError(FailureCode.LLM_FAILED, "429", dependency="openai", retry_after_seconds=60.0), FACTS,
            Retry(60.0, "429", FailureCode.LLM_FAILED),
        ),
        (
            PermanentError(FailureCode.ENCRYPTED, "needs a password"), FACTS,
            Quarantine("encrypted", "needs a password", is_recorded=True),
        ),
        (
            PermanentError(FailureCode.WORKER_KILLED, "two deaths"), replace(FACTS, receive_count=3),
            Quarantine("worker_killed", "two deaths", is_recorded=True),
        ),
        (IngestionError(FailureCode.INTERNAL, "odd"), FACTS, Retry(5.0, "odd", FailureCode.INTERNAL)),
        (KeyError("x"), FACTS, Retry(5.0, "KeyError: 'x'", FailureCode.INTERNAL)),
        (KeyError("x"), replace(FACTS, receive_count=2), Retry(10.0, "KeyError: 'x'", FailureCode.INTERNAL)),
        (KeyError("x"), replace(FACTS, receive_count=3), Quarantine("internal", "KeyError: 'x'")),
        (
            TransientError(FailureCode.STORE_FAILED, "down"), replace(FACTS, receive_count=10),
            Quarantine("store_failed", "given up after 10 receives: down"),
        ),
        (
            TransientError(FailureCode.STORE_FAILED, "down"),
            replace(FACTS, receive_count=10, max_receive_count=None),
            Retry(450.0, "down", FailureCode.STORE_FAILED),
        ),
        (
            TransientError(FailureCode.STORE_FAILED, "down"), replace(FACTS, age_seconds=1_200_000),
            Quarantine("store_failed", "given up after 333 hours in the queue: down"),
        ),
        (
            TransientError(FailureCode.STORE_FAILED, "down", retry_after_seconds=900.0),
            replace(FACTS, held_seconds=43_000.0),
            Retry(199.0, "down", FailureCode.STORE_FAILED),
        ),
        (CancelledWorkError("stopping"), replace(FACTS, held_seconds=50_000.0), Retry(0.0, "stopping")),
    ],
)  # fmt: skip
def test_outcomes(error: Exception | None, facts: DeliveryFacts, outcome: Outcome) -> None:
    assert decide(error, facts, half) == outcome


def test_delays_grow_twofold_with_full_jitter_and_end_at_15_minutes() -> None:
    assert [backoff_seconds(count, lambda: 1.0) for count in (1, 2, 3, 7, 8, 1_000)] == [10, 20, 40, 640, 900, 900]
    assert backoff_seconds(5, lambda: 0.0) == 0


def test_waiting_for_another_worker_outlasts_the_longest_time_that_it_may_take() -> None:
    allowed = FACTS.max_receive_count
    assert allowed
    waits = [busy_seconds(count) for count in range(1, allowed)]
    assert sum(waits) > MAX_RECEIVE_SECONDS
    for number, wait in enumerate(waits[2:], 2):
        assert wait < 2 * sum(waits[:number]), "nobody waits much longer than the other worker took"


@pytest.mark.parametrize(
    ("outcomes", "combined"),
    [
        ([], Done()),
        ([Done(), Done()], Done()),
        ([Done(), Quarantine("corrupt", "r")], Quarantine("corrupt", "r")),
        ([Quarantine("corrupt", "r"), Retry(5.0, "a"), Retry(9.0, "b"), Done()], Retry(9.0, "b")),
        ([Retry(5.0, "a"), Abandon(), Done()], Abandon()),
        ([Quarantine("corrupt", "first"), Quarantine("empty_file", "second")], Quarantine("corrupt", "first")),
    ],
)
def test_a_message_ends_only_when_all_its_jobs_have(outcomes: list[Outcome], combined: Outcome) -> None:
    assert combine(outcomes) == combined
