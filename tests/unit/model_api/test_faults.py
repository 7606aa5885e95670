"""What a fault of one call means for the question, and for the document."""

from datetime import UTC, datetime

import pytest

from model_api.faults import (
    AskAgain,
    Fault,
    FaultKind,
    GiveUp,
    History,
    Outage,
    RetryPolicy,
    decide,
)
from model_api.statuses import ErrorReply, classify_status, parse_retry_after

POLICY = RetryPolicy()
NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("kind", "attempts", "expected"),
    [
        (FaultKind.REFUSED, 1, AskAgain()),
        (FaultKind.REFUSED, 2, GiveUp()),
        (FaultKind.TRUNCATED, 1, AskAgain(larger=True)),
        (FaultKind.TRUNCATED, 2, GiveUp()),
        (FaultKind.INVALID, 1, AskAgain(corrected=True)),
        (FaultKind.INVALID, 3, GiveUp()),
        (FaultKind.TIMED_OUT, 1, AskAgain()),
        (FaultKind.TIMED_OUT, 2, GiveUp()),
        (FaultKind.TOO_LONG, 1, GiveUp()),
        (FaultKind.REJECTED, 1, GiveUp()),
        (FaultKind.CLOSED_TO_US, 1, Outage(POLICY.closed_retry_after_seconds)),
        (FaultKind.SERVER, 1, AskAgain(0.5)),
        (FaultKind.SERVER, 3, AskAgain(2.0)),
        (FaultKind.SERVER, 5, Outage(POLICY.outage_retry_after_seconds)),
        (FaultKind.UNREACHABLE, 4, AskAgain(4.0)),
        (FaultKind.UNREACHABLE, 5, Outage(POLICY.outage_retry_after_seconds)),
    ],
)
def test_each_kind_has_its_own_patience(kind: FaultKind, attempts: int, expected: object) -> None:
    assert decide(Fault(kind, "r"), History(attempts, seconds=1.0, others_are_answered=False), POLICY) == expected


@pytest.mark.parametrize(
    ("retry_after_seconds", "waited_seconds", "expected"),
    [
        (2.0, 0.0, AskAgain(2.0)),
        (60.0, 59.0, AskAgain(60.0)),
        (60.0, 61.0, Outage(60.0)),  # two minutes in all are enough
        (3_600.0, 0.0, Outage(3_600.0)),  # the queue waits better than a worker does
    ],
)
def test_throttling_is_waited_for_as_the_server_asks(
    retry_after_seconds: float, waited_seconds: float, expected: object
) -> None:
    fault = Fault(FaultKind.THROTTLED, "r", retry_after_seconds)

    assert decide(fault, History(30, waited_seconds, others_are_answered=True), POLICY) == expected


@pytest.mark.parametrize(("kind", "expected"), [(FaultKind.SERVER, GiveUp()), (FaultKind.UNREACHABLE, Outage(30.0))])
def test_a_server_that_answers_others_is_not_down(kind: FaultKind, expected: object) -> None:
    assert decide(Fault(kind, "r"), History(5, 9.0, others_are_answered=True), POLICY) == expected


def test_waiters_come_back_at_different_moments_within_a_quarter() -> None:
    waits = [
        decide(Fault(FaultKind.SERVER, "r"), History(2, 0.0, others_are_answered=False, spread=spread), POLICY)
        for spread in (0.0, 0.5, 0.999)
    ]

    assert waits[:2] == [AskAgain(0.75), AskAgain(1.0)]
    assert isinstance(waits[2], AskAgain)
    assert 1.24 < waits[2].wait_seconds < 1.25


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (400, "context_length_exceeded", "", FaultKind.TOO_LONG),
        (400, "", "This model's maximum context length is 4096 tokens", FaultKind.TOO_LONG),  # vLLM
        (400, "", "the request exceeds the available context size", FaultKind.TOO_LONG),  # llama.cpp
        (500, "", "input is too large to process. increase the physical batch size", FaultKind.TOO_LONG),  # llama.cpp
        (400, "exceed_context_size_error", "", FaultKind.TOO_LONG),  # llama.cpp
        (429, "rate_limit_exceeded", "Request too large for gpt-4o on tokens per min (TPM)", FaultKind.TOO_LONG),
        (413, "", "", FaultKind.TOO_LONG),
        (400, "content_filter", "", FaultKind.REFUSED),  # Azure
        (400, "", "bad value", FaultKind.REJECTED),
        (422, "", "unexpected field", FaultKind.REJECTED),
        (501, "", "no structured output", FaultKind.REJECTED),
        (401, "invalid_api_key", "", FaultKind.CLOSED_TO_US),
        (403, "", "", FaultKind.CLOSED_TO_US),
        (404, "model_not_found", "", FaultKind.CLOSED_TO_US),
        (429, "insufficient_quota", "", FaultKind.CLOSED_TO_US),
        (429, "rate_limit_exceeded", "", FaultKind.THROTTLED),
        (408, "", "", FaultKind.SERVER),
        (500, "", "", FaultKind.SERVER),
        (529, "", "overloaded", FaultKind.SERVER),
    ],
)
def test_a_status_is_understood_in_the_words_of_many_servers(
    status: int, code: str, message: str, kind: FaultKind
) -> None:
    assert classify_status(ErrorReply(status, code, message)).kind is kind


def test_a_message_that_repeats_the_text_is_not_passed_on() -> None:
    """Servers that validate with pydantic put the input into their errors, and reasons go into logs."""
    message = "body.messages: value is invalid, input='Where did the Duke bury her?'"
    fault = classify_status(ErrorReply(422, message=message), sent=["Where did the Duke bury her? And when?"])

    assert (fault.kind, "Duke" in fault.reason) == (FaultKind.REJECTED, False)


def test_a_refused_key_is_told_without_the_key() -> None:
    fault = classify_status(ErrorReply(401, "invalid_api_key", "Incorrect API key provided: sk-abc"))

    assert "sk-abc" not in fault.reason
    assert "OPENAI_API_KEY" in fault.reason


@pytest.mark.parametrize(
    ("milliseconds", "header", "expected"),
    [
        ("250", "9", 0.25),
        (None, "9", 9.0),
        (None, "0.5", 0.5),
        (None, "Fri, 01 May 2026 12:00:30 GMT", 30.0),
        (None, "Fri, 01 May 2026 11:00:00 GMT", 0.0),
        (None, "-3", 0.0),
        (None, "soon", None),
        (None, "inf", None),
        (None, "", None),
        (None, None, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    milliseconds: str | None, header: str | None, expected: float | None
) -> None:
    assert parse_retry_after(milliseconds, header, NOW) == expected
