"""What is written when a claim begins and when it ends."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.admission import Admission, ClaimRequest
from ledger.claim import NEVER_SEEN, STILL_MINE, UNCHANGED_SINCE_READ, UNCLAIMED_SINCE_READ, Claim, ClaimEnd, taking
from ledger.deaths import Deaths
from ledger.events import EventType
from ledger.records import ClaimRecord, DocumentRecord, DocumentResult, DocumentState

REQUEST = ClaimRequest("d", "source-pdfs/a.pdf", "etag", ("pages",), "use", run_id="run", delivery_id="m")
UNSEEN = DocumentRecord.unseen("d", "source-pdfs/a.pdf")
HELD = UNSEEN.model_copy(
    update={
        "generation_number": 6,
        "claim": ClaimRecord(owner="x", expires_at=90.0, etag="etag", stores=("pages",), cache="use", alone=False),
    }
)
RESULT = DocumentResult(pages_total=3)
SPENDING = {"paid": {"tokens_in": 5.0, "cost_usd": 0.5}, "free": {"tokens_in": 0.0, "cost_usd": 0.0}}


def claim(request: ClaimRequest = REQUEST, **of_previous: Any) -> Claim:
    previous = UNSEEN.model_copy(update=of_previous)
    return Claim(request, "w", "w:1", 7, 2, 100.0, previous)


@pytest.mark.parametrize(
    ("seen", "condition", "values"),
    [
        (None, NEVER_SEEN, {}),
        (HELD.model_copy(update={"claim": None}), UNCLAIMED_SINCE_READ, {"seen_generation": 6}),
        (HELD, UNCHANGED_SINCE_READ, {"seen_generation": 6, "seen_expiry": 90.0}),
    ],
)
def test_a_claim_stands_if_the_document_is_as_it_was_read(
    seen: DocumentRecord | None, condition: str, values: dict[str, Any]
) -> None:
    update = taking(claim(), seen, Admission(2), 130.0)
    assert (update.condition, update.values) == (condition, values)


def test_a_claim_says_who_works_on_what_and_after_which_deaths() -> None:
    taken = DocumentRecord.from_item(dict(taking(claim(), HELD, Admission(2, Deaths(1, 0)), 130.0).set))
    assert (taken.state, taken.worker, taken.generation_number, taken.attempt) == ("processing", "w", 7, 2)
    assert (taken.deaths, taken.deaths_alone, taken.run_id) == (1, 0, "run")
    assert taken.claim is not None
    assert (taken.claim.owner, taken.claim.expires_at, taken.claim.delivery) == ("w:1", 130.0, "m")


def test_a_claim_without_a_run_takes_the_document_out_of_its_last_one() -> None:
    assert "run_id" in taking(claim(replace(REQUEST, run_id=None)), None, Admission(1), 130.0).remove
    assert "run_id" not in taking(claim(), None, Admission(1), 130.0).remove


@pytest.mark.parametrize(
    ("state", "keys"),
    [
        (DocumentState.SUCCEEDED, ["document#d", "run#run", "cost#1970-01-01"]),
        (DocumentState.QUEUED, ["document#d", "cost#1970-01-01"]),
    ],
)
def test_an_end_counts_in_the_run_and_the_day_unless_the_document_is_tried_again(
    state: DocumentState, keys: list[str]
) -> None:
    updates = ClaimEnd(claim(), state, RESULT, 104.5).updates(SPENDING, None)
    assert [update.key[0] for update in updates] == keys
    assert (updates[0].condition, updates[0].values) == (STILL_MINE, {"owner": "w:1", "generation": 7})
    assert updates[0].set["seconds"] == 4.5
    assert updates[-1].add == {"tokens_in": 5.0, "cost_usd": 0.5, "documents": 1}


def test_an_end_writes_the_attempt_and_the_event() -> None:
    end = ClaimEnd(claim(), DocumentState.SUCCEEDED, RESULT, 104.5)
    event = end.event(is_unchanged=False)
    assert event is not None
    assert (event.type, event.generation, event.pages) == (EventType.SEARCHABLE, 7, 3)
    attempt, *others = end.new_items(event)
    assert (attempt["sk"], attempt["outcome"], attempt["seconds"], attempt["worker"]) == (
        "attempt#000007", "succeeded", 4.5, "w",
    )  # fmt: skip
    assert [item["event"]["id"] for item in others] == [event.id, event.id]
    assert end.updates({}, event)[0].set["event_sequence"] == event.sequence


def test_an_unchanged_document_has_an_event_only_if_the_last_one_said_something_else() -> None:
    def event_after(last: EventType) -> object:
        return ClaimEnd(claim(event_type=last), DocumentState.SUCCEEDED, RESULT, 104.5).event(is_unchanged=True)

    assert event_after(EventType.SEARCHABLE) is None
    assert event_after(EventType.FAILED) is not None
