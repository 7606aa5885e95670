"""Who may work on a document: the pure half of the claim."""

from typing import Any

import pytest

from foundation.errors import BusyError
from ledger import DocumentRecord
from ledger.admission import Admission, ClaimRequest, DuplicateWorkError, admit
from ledger.deaths import Deaths, read_deaths

NOW = 1_000.0
REQUEST = ClaimRequest("id", "source-pdfs/a.pdf", "e1", ("pages",), "use", delivery_id="m2")
HELD: dict[str, Any] = {
    "state": "processing", "claim_owner": "w1", "claim_expires_at": NOW + 30, "claim_etag": "e1",
    "claim_stores": ["pages", "semantic"], "claim_cache": "use", "claim_delivery": "m1", "attempt": 1, "deaths": 0,
}  # fmt: skip
EXPIRED = {**HELD, "claim_expires_at": NOW - 1}


@pytest.mark.parametrize(
    ("item", "attempt_and_deaths"),
    [
        (None, (1, Deaths())),
        ({"state": "succeeded", "etag": "e1", "attempt": 1}, (1, Deaths())),
        ({"state": "failed", "etag": "e1", "attempt": 4}, (1, Deaths())),
        ({"state": "queued", "etag": "e1", "attempt": 2, "deaths": 1}, (3, Deaths(1))),
        ({"state": "queued", "etag": "older", "attempt": 2, "deaths": 1}, (1, Deaths())),
        (EXPIRED, (2, Deaths(1))),
        ({**EXPIRED, "deaths": 1, "attempt": 2}, (3, Deaths(2))),
        ({**EXPIRED, "claim_alone": True}, (2, Deaths(1, 1))),
        ({**EXPIRED, "deaths": 1, "claim_alone": True, "attempt": 2}, (3, Deaths(2, 1))),
        ({**EXPIRED, "deaths": 1, "attempt": 2, "claim_etag": "older"}, (3, Deaths(1))),
    ],
    ids=[
        "never seen", "done before", "failed before", "to be retried", "to be retried, but replaced",
        "its worker died", "its second worker died", "its worker died of it alone",
        "its second worker died of it alone", "its worker died on another version",
    ],
)  # fmt: skip
def test_free_documents_are_given_with_their_past(
    item: dict[str, Any] | None, attempt_and_deaths: tuple[int, Deaths]
) -> None:
    assert admit(DocumentRecord.from_item(item) if item else None, REQUEST, NOW) == Admission(*attempt_and_deaths)


def test_a_second_message_about_the_same_work_has_nothing_to_do() -> None:
    with pytest.raises(DuplicateWorkError):
        admit(DocumentRecord.from_item(HELD), REQUEST, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"claim_etag": "older"},
        {"claim_cache": "rebuild"},
        {"claim_stores": ["semantic"]},
        {"claim_delivery": "m2"},
        {"claim_delivery": None},
    ],
    ids=["newer content", "other wish", "other stores", "the same message twice", "unknown delivery"],
)
def test_other_work_on_a_held_document_waits_until_the_claim_ends(changes: dict[str, Any]) -> None:
    if changes == {"claim_delivery": None}:
        request = ClaimRequest("id", "source-pdfs/a.pdf", "e1", ("pages",), "use", delivery_id=None)
    else:
        request = REQUEST
    with pytest.raises(BusyError) as caught:
        admit(DocumentRecord.from_item({**HELD, **changes}), request, NOW)
    assert caught.value.retry_after_seconds == 30


@pytest.mark.parametrize(
    ("deaths", "is_suspect", "is_guilty"),
    [
        (Deaths(), False, False),
        (Deaths(1, 0), True, False),
        (Deaths(1, 1), True, False),
        (Deaths(5, 0), True, False),
        (Deaths(2, 1), True, True),
    ],
    ids=["none", "beside others", "alone, once", "always beside others", "beside others, then alone"],
)
def test_a_document_is_blamed_only_for_a_second_death_and_only_alone(
    deaths: Deaths, is_suspect: bool, is_guilty: bool
) -> None:
    assert (deaths.is_suspect, deaths.is_guilty) == (is_suspect, is_guilty)


@pytest.mark.parametrize("item", [None, {"state": "succeeded", "etag": "e1", "deaths": 1}, {**HELD, "deaths": 1}])
def test_what_was_done_since_or_is_being_done_is_no_suspect(item: dict[str, Any] | None) -> None:
    assert read_deaths(DocumentRecord.from_item(item) if item else None, "e1", NOW) == Deaths()
