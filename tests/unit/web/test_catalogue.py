"""The one copy of all documents that every viewer shares: what it reads, and what it doesn't miss."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from data_ingestion.artifacts import SourceObject
from foundation.timestamps import utc_iso
from ledger.records import DocumentRecord, DocumentState
from ledger.table import Item
from web.catalogue import RELOAD_SECONDS, Catalogue
from web.events import Event, Viewers
from web.listing import REFRESH_SECONDS, Listing
from web.problems import ProblemError

NOW = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> float:
        return NOW + self.seconds


class Ledger:
    """What the index by state shows; counts its queries."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.queries = self.gets = 0

    def put(self, name: str, state: str, at: float, **fields: Any) -> None:
        self.items[name] = {
            "document_id": name, "s3_key": f"source-pdfs/{name}.pdf", "state": state,
            "state_changed_at": utc_iso(at), **fields,
        }  # fmt: skip

    def in_state(self, state: DocumentState) -> Iterator[DocumentRecord]:
        return self.changed_since(state, "")

    def changed_since(self, state: DocumentState, changed_at: str) -> Iterator[DocumentRecord]:
        self.queries += 1
        found = [item for item in self.items.values() if item["state"] == state]
        return iter([DocumentRecord.from_item(item) for item in found if item["state_changed_at"] >= changed_at])

    def get(self, name: str) -> DocumentRecord | None:
        self.gets += 1
        return DocumentRecord.from_item(self.items[name]) if name in self.items else None

    def all(self) -> Iterator[DocumentRecord]:
        for state in DocumentState:
            yield from self.in_state(state)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def catalogue(ledger: Ledger, clock: Clock) -> Catalogue:
    listing = Listing(list, clock)
    return Catalogue(ledger, listing, lambda key: key, clock, clock.now)  # type: ignore[arg-type]


def states(catalogue: Catalogue) -> dict[str, str]:
    return {name: entry.state.value for name, entry in catalogue.snapshot().documents.items()}


def test_within_a_second_nothing_is_read_again(catalogue: Catalogue, ledger: Ledger, clock: Clock) -> None:
    ledger.put("a", "succeeded", NOW - 100)
    first = catalogue.snapshot()
    assert ledger.queries == 8
    clock.seconds = 0.9
    assert catalogue.snapshot() is first
    clock.seconds = 1.0
    assert catalogue.snapshot() is first  # read again, and nothing had changed
    assert ledger.queries == 16


def test_a_document_that_is_newer_than_the_snapshot_is_found_by_its_id(catalogue: Catalogue, ledger: Ledger) -> None:
    """It was said not to be there for as long as a refresh takes, which is seconds on a busy machine."""
    ledger.put("a", "succeeded", NOW - 100)
    catalogue.snapshot()
    ledger.put("new", "degraded", NOW)
    found = catalogue.find("new")
    assert found
    assert found.state is DocumentState.DEGRADED
    assert catalogue.find("a")
    assert ledger.gets == 1
    assert catalogue.find("nowhere") is None


def test_a_change_moves_a_document_and_says_since_which_version(
    catalogue: Catalogue, ledger: Ledger, clock: Clock
) -> None:
    ledger.put("a", "processing", NOW - 1, pages_done=1)
    ledger.put("b", "succeeded", NOW - 500)
    before = catalogue.snapshot()
    ledger.put("a", "succeeded", NOW + 1)
    clock.seconds = 2
    after = catalogue.snapshot()
    assert [entry.document_id for entry in after.since(before.version)] == ["a"]
    assert after.since(after.version) == []
    assert after.counts()["succeeded"] == 2


def test_progress_shows_although_the_state_did_not_change(catalogue: Catalogue, ledger: Ledger, clock: Clock) -> None:
    ledger.put("a", "processing", NOW - 600, pages_done=1)
    catalogue.snapshot()
    ledger.put("a", "processing", NOW - 600, pages_done=7)
    clock.seconds = 2
    assert catalogue.snapshot().documents["a"].record.pages_done == 7


@pytest.mark.parametrize(("late_by", "is_seen"), [(1.0, True), (14.0, True), (60.0, False)])
def test_what_the_index_shows_late_is_seen_within_the_overlap_and_else_with_the_next_full_reading(
    catalogue: Catalogue, ledger: Ledger, clock: Clock, late_by: float, is_seen: bool
) -> None:
    ledger.put("a", "succeeded", NOW)
    catalogue.snapshot()
    ledger.put("late", "failed", NOW - late_by)
    clock.seconds = 2
    assert ("late" in states(catalogue)) is is_seen
    clock.seconds = RELOAD_SECONDS + 1
    assert states(catalogue)["late"] == "failed"


def test_a_clock_that_runs_ahead_hides_nothing(catalogue: Catalogue, ledger: Ledger, clock: Clock) -> None:
    ledger.put("ahead", "succeeded", NOW + 3_600)
    catalogue.snapshot()
    clock.seconds = 2
    ledger.put("a", "succeeded", NOW + 1)
    assert "a" in states(catalogue)


def test_an_index_that_still_shows_the_state_before_takes_nothing_back(
    catalogue: Catalogue, ledger: Ledger, clock: Clock
) -> None:
    ledger.put("a", "succeeded", NOW)
    catalogue.snapshot()
    ledger.put("a", "processing", NOW - 5)
    clock.seconds = 2
    assert states(catalogue) == {"a": "succeeded"}


def source(key: str) -> SourceObject:
    return SourceObject(key, 1, "e", datetime.now(UTC) - timedelta(days=1))


def test_the_bucket_is_listed_in_the_background_and_what_was_put_meanwhile_stays(clock: Clock) -> None:
    released, listed = threading.Event(), threading.Event()
    answers = iter([[source("a")], [source("a"), source("b")]])

    def list_sources() -> Iterator[SourceObject]:
        if clock.seconds:
            assert released.wait(10)
        yield from next(answers)
        listed.set()

    listing = Listing(list_sources, clock)
    assert set(listing.current()) == {"a"}
    listed.clear()
    clock.seconds = REFRESH_SECONDS
    assert set(listing.current()) == {"a"}  # at once, while S3 lists
    listing.note("new", source("new"))
    listing.note("a", None)
    assert set(listing.current()) == {"new"}
    released.set()
    assert listed.wait(10)
    for thread in threading.enumerate():
        if thread.name == "listing":
            thread.join(10)
    assert set(listing.current()) == {"b", "new"}


def test_a_place_is_given_back_even_by_a_viewer_who_never_looked() -> None:
    app, viewers = Flask(__name__), Viewers(1)

    def events() -> Iterator[Event | None]:
        yield Event("x", {"n": 1})

    with app.test_request_context():
        unseen = viewers.stream(events())
        with pytest.raises(ProblemError, match="Too many live views"):
            viewers.stream(events())
        unseen.close()
        seen = viewers.stream(events())
        assert 'event: x\ndata: {"n": 1}' in seen.get_data(as_text=True)
        seen.close()
        viewers.stream(events()).close()
