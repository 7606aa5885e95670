"""Which event a document's end is, and what it says: pure decisions."""

from typing import Any

import pytest

from ledger.events import BAD_OUTCOMES, EventType, next_event, tells_the_same
from ledger.records import DocumentRecord, DocumentState
from pdf_reader.document import PageOutcome

NOW = 1_750_000_000.0
SERVED = {"pages": {"sha256": "a"}}


def document(state: str, **item: Any) -> DocumentRecord:
    return DocumentRecord.from_item({"document_id": "id", "s3_key": "source-pdfs/a.pdf", "state": state, **item})


@pytest.mark.parametrize(
    ("state", "type_"),
    [
        ("queued", None), ("processing", None), ("skipped", None), ("cancelled", None),
        ("succeeded", EventType.SEARCHABLE), ("degraded", EventType.DEGRADED), ("failed", EventType.FAILED),
        ("deleted", EventType.DELETED),
    ],
)  # fmt: skip
def test_a_state_is_an_event_or_nobodys_business(state: str, type_: EventType | None) -> None:
    event = next_event(document("processing"), document(state), NOW)
    assert (event.type if event else None) == type_


@pytest.mark.parametrize(
    ("last", "numbers"),
    [(None, (1_750_000_000_000, None)), (1, (2, 1)), (1_750_000_000_000, (1_750_000_000_001, 1_750_000_000_000))],
)
def test_numbers_rise_by_one_from_the_time_of_the_first(last: int | None, numbers: tuple[int, int | None]) -> None:
    event = next_event(document("processing", event_sequence=last), document("failed"), NOW)
    assert event
    assert (event.sequence, event.previous_sequence) == numbers


@pytest.mark.parametrize(
    ("item", "codes"),
    [
        ({"state": "succeeded", "page_outcomes": {"text": 3}}, ()),
        ({"state": "deleted"}, ()),
        ({"state": "failed", "code": "corrupt"}, ("corrupt",)),
        ({"state": "failed"}, ("internal",)),
        ({"state": "degraded", "page_outcomes": {"text": 3, "timeout": 1}}, ("page_timeout",)),
        (
            {"state": "degraded", "page_outcomes": {"crashed": 1, "too_complex": 2}, "retry_worthwhile": True},
            ("page_crashed", "page_too_complex", "description_incomplete"),
        ),
        ({"state": "degraded", "degraded": ["no text on any page"]}, ("content_incomplete",)),
    ],
)
def test_reasons_are_codes(item: dict[str, Any], codes: tuple[str, ...]) -> None:
    event = next_event(document("processing"), document(**item), NOW)
    assert event
    assert event.reasons == codes


def test_bad_pages_are_those_of_the_reader() -> None:
    assert set(BAD_OUTCOMES) == {str(outcome) for outcome in PageOutcome if outcome.is_bad}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"state": "succeeded", "pages_total": 3, "served": SERVED, "content_sha256": "a"}, (3, True, "a")),
        ({"state": "failed", "pages_total": 3, "served": SERVED, "content_sha256": "a"}, (None, True, "a")),
        ({"state": "failed", "pages_total": 3, "content_sha256": "a"}, (None, False, None)),
        ({"state": "deleted", "pages_total": 0, "served": {}}, (None, False, None)),
    ],
    ids=["searchable", "the version before is searchable", "nothing is searchable", "deleted"],
)
def test_it_says_what_searches_find_from_then_on(item: dict[str, Any], said: tuple[Any, ...]) -> None:
    event = next_event(document("processing"), document(**item), NOW)
    assert event
    assert (event.pages, event.is_searchable, event.content_sha256) == said


@pytest.mark.parametrize(
    ("last", "state", "is_same"),
    [
        ("document.searchable", DocumentState.SUCCEEDED, True),
        ("document.failed", DocumentState.SUCCEEDED, False),
        (None, DocumentState.SUCCEEDED, False),
    ],
)
def test_what_the_last_event_said_already(last: str | None, state: DocumentState, is_same: bool) -> None:
    assert tells_the_same(document("processing", event_type=last), state) is is_same
