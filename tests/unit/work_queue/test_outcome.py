"""What becomes of a message: one table of cases."""

from dataclasses import replace

import pytest

from foundation.errors import (
    BusyError,
    CancelledByPersonError,
    CancelledWorkError,
    DeploymentError,
    FailureCode,
    IngestionError,
    PermanentError,
    TransientError,
)
from work_queue.outcome import (
    BLAMELESS_SECONDS,
    Abandon,
    DeliveryFacts,
    Done,
    Outcome,
    Quarantine,
    Renew,
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
LAST = replace(FACTS, receive_count=10)
LOST = replace(FACTS, is_lease_lost=True)


#: Received while something was known to be down, for the last time that SQS would deliver it.
DOWN = replace(FACTS, was_down=True, receive_count=10, known_seconds=3_600.0)
REFUSED = DeploymentError(FailureCode.LLM_FAILED, "the key is refused", dependency="llm", retry_after_seconds=300.0)
OUT = TransientError(FailureCode.STORE_FAILED, "down", dependency="qdrant")


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
            TransientError(FailureCode.LLM_FAILED, "429", dependency="openai", retry_after_seconds=86_400.0), FACTS,
            Retry(900.0, "429", FailureCode.LLM_FAILED),
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
    ("error", "facts", "outcome"),
    [
        (REFUSED, FACTS, Retry(300.0, "the key is refused", FailureCode.LLM_FAILED)),
        (REFUSED, replace(FACTS, receive_count=4), Retry(300.0, "the key is refused", FailureCode.LLM_FAILED)),
        (REFUSED, replace(FACTS, receive_count=5), Renew(300.0, "the key is refused", FailureCode.LLM_FAILED)),
        (REFUSED, replace(FACTS, age_seconds=1_200_000), Renew(300.0, "the key is refused", FailureCode.LLM_FAILED)),
        (REFUSED, replace(DOWN, known_seconds=9e6), Renew(450.0, "the key is refused", FailureCode.LLM_FAILED)),
        (
            REFUSED, replace(FACTS, receive_count=99, max_receive_count=None),
            Retry(450.0, "the key is refused", FailureCode.LLM_FAILED),
        ),
        (OUT, DOWN, Renew(450.0, "down", FailureCode.STORE_FAILED)),
        (
            OUT, replace(DOWN, was_down=False),
            Quarantine("store_failed", "given up after 10 receives: down"),
        ),
        (
            OUT, replace(DOWN, known_seconds=BLAMELESS_SECONDS),
            Quarantine("store_failed", "given up after 10 receives: down"),
        ),
        (CancelledWorkError("stopping"), DOWN, Renew(0.0, "stopping", FailureCode.INTERNAL)),
        (CancelledWorkError("stopping"), LAST, Renew(0.0, "stopping", FailureCode.INTERNAL)),
        (
            CancelledWorkError("stopping"), replace(LAST, known_seconds=9e6),
            Renew(0.0, "stopping", FailureCode.INTERNAL),
        ),
        (KeyError("x"), DOWN, Quarantine("internal", "KeyError: 'x'")),
        (PermanentError(FailureCode.CORRUPT, "broken"), DOWN, Quarantine("corrupt", "broken", is_recorded=True)),
        (REFUSED, LOST, Abandon()),
    ],
    ids=[
        "a deployment's fault", "again and again", "before receives run out", "before it grows too old", "for days",
        "no redrive policy", "while something is down", "a document that nobody can bear", "for more than a day",
        "stopped while something is down", "stopped on the last receive", "stopped again and again",
        "a bug is a bug", "its own fault", "lost",
    ],
)  # fmt: skip
def test_no_document_is_given_up_for_what_is_true_of_every_document(
    error: Exception, facts: DeliveryFacts, outcome: Outcome
) -> None:
    assert decide(error, facts, half) == outcome


@pytest.mark.parametrize(
    ("outcomes", "combined"),
    [
        ([], Done()),
        ([Done(), Done()], Done()),
        ([Done(), Quarantine("corrupt", "r")], Quarantine("corrupt", "r")),
        ([Quarantine("corrupt", "r"), Retry(5.0, "a"), Retry(9.0, "b"), Done()], Retry(9.0, "b")),
        ([Retry(5.0, "a"), Abandon(), Done()], Abandon()),
        ([Retry(5.0, "a"), Renew(9.0, "b", FailureCode.LLM_FAILED)], Renew(9.0, "b", FailureCode.LLM_FAILED)),
        ([Quarantine("corrupt", "first"), Quarantine("empty_file", "second")], Quarantine("corrupt", "first")),
    ],
)
def test_a_message_ends_only_when_all_its_jobs_have(outcomes: list[Outcome], combined: Outcome) -> None:
    assert combine(outcomes) == combined
