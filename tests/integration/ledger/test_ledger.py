"""The ledger's claims against DynamoDB over HTTP: one worker a document, and nothing written by who lost it."""

from pathlib import Path

import pytest

from composition.parts import Parts
from foundation.errors import BusyError, CancelledByPersonError, CancelledWorkError, FailureCode, PermanentError
from foundation.timestamps import utc_iso
from ledger import Claim, ClaimRequest, Claims, DocumentResult, DocumentState
from ledger.costs import Costs
from ledger.documents import as_status
from ledger.history_entry import HistoryEntry
from ledger.run_description import RunDescription
from ledger.table import Item, Update


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
def claims(parts: Parts, clock: Clock) -> Claims:
    return Claims(parts.table, "worker-1", clock)


def request(
    etag: str = "e1", delivery_id: str = "m1", run_id: str | None = None, *, is_alone: bool = False
) -> ClaimRequest:
    return ClaimRequest("doc", "source-pdfs/a.pdf", etag, ("pages",), "use", run_id, delivery_id, is_alone)


def take(claims: Claims, parts: Parts, asked: ClaimRequest | None = None, seconds: float = 60) -> Claim:
    return claims.take(asked or request(), parts.documents.get("doc"), seconds)


def test_of_many_workers_that_saw_the_same_exactly_one_gets_the_document(parts: Parts, claims: Claims) -> None:
    """That the conditional write itself is atomic is DynamoDB's promise; moto's threads don't quite keep it."""
    taken = []
    for number in range(8):
        try:
            taken.append(claims.take(request(delivery_id=f"m{number % 2}", etag=f"e{number}"), None, 60))
        except BusyError:
            continue
    assert [claim.request.etag for claim in taken] == ["e0"]
    item = parts.documents.get("doc")
    assert item
    assert item.state == DocumentState.PROCESSING


def test_an_expired_claim_is_taken_over_and_its_holder_is_refused(parts: Parts, claims: Claims, clock: Clock) -> None:
    slept = take(claims, parts)
    clock.now += 61
    woken = take(claims, parts)
    assert (woken.generation, woken.attempt) == (2, 2)
    for write in (
        lambda: claims.renew(slept, 60),
        lambda: claims.progress(slept, "read", 1, 2),
        lambda: claims.end(slept, DocumentState.SUCCEEDED, DocumentResult()),
    ):
        with pytest.raises(CancelledWorkError) as caught:
            write()
        assert caught.value.code is FailureCode.LEASE_LOST
    claims.end(woken, DocumentState.SUCCEEDED, DocumentResult(points={"pages": 3}))
    item = parts.documents.get("doc")
    assert item
    assert (item.state, item.points) == ("succeeded", {"pages": 3})


def test_a_renewed_claim_is_not_taken_over(parts: Parts, claims: Claims, clock: Clock) -> None:
    claim = take(claims, parts)
    clock.now += 50
    claims.renew(claim, 60)
    clock.now += 50
    with pytest.raises(BusyError) as caught:
        take(claims, parts)
    assert caught.value.retry_after_seconds == pytest.approx(10)


@pytest.mark.parametrize("is_under_way", [False, True])
def test_a_beat_that_comes_when_the_claim_is_given_up_is_no_loss(
    parts: Parts, claims: Claims, monkeypatch: pytest.MonkeyPatch, is_under_way: bool
) -> None:
    """Else it would cancel the other documents of the same message."""
    claim = take(claims, parts)
    update = parts.table.update

    def slow_update(wanted: Update) -> Item:
        claims.end(claim, DocumentState.SUCCEEDED, DocumentResult())
        return update(wanted)

    if is_under_way:
        monkeypatch.setattr(parts.table, "update", slow_update)
    else:
        claims.end(claim, DocumentState.SUCCEEDED, DocumentResult())
    claims.renew(claim, 60)
    item = parts.documents.get("doc")
    assert item
    assert (item.state, item.claim is not None) == ("succeeded", False)


def test_a_document_that_killed_two_workers_is_not_tried_a_third_time(
    parts: Parts, claims: Claims, clock: Clock
) -> None:
    take(claims, parts)
    clock.now += 61
    take(claims, parts, request(is_alone=True))
    clock.now += 61
    with pytest.raises(PermanentError) as caught:
        take(claims, parts)
    assert caught.value.code is FailureCode.WORKER_KILLED
    item = parts.documents.get("doc")
    assert item
    assert as_status(item)["status"] == "failed"
    assert as_status(item)["code"] == "worker_killed"


def test_a_document_that_was_always_beside_others_is_never_blamed(parts: Parts, claims: Claims, clock: Clock) -> None:
    for _ in range(5):
        take(claims, parts)
        clock.now += 61
    claim = take(claims, parts, request(is_alone=True))
    assert claim.attempt == 6


def test_a_person_can_cancel_a_document_at_work(parts: Parts, claims: Claims) -> None:
    claim = take(claims, parts)
    assert parts.documents.request_cancel("doc")
    with pytest.raises(CancelledByPersonError):
        claims.progress(claim, "read", 1, 9)


def test_the_end_counts_run_cost_and_history_in_the_same_breath(parts: Parts, claims: Claims, clock: Clock) -> None:
    parts.runs.start("r1", RunDescription(prefix="source-pdfs/"))
    parts.runs.count_queued("r1", 1)
    claim = take(claims, parts, request(run_id="r1"))
    result = DocumentResult(degraded=("page 2: reading took too long",), cost_usd=0.25)
    ended = claim.previous.with_result(DocumentState.DEGRADED, result)
    claims.end(
        claim,
        DocumentState.DEGRADED,
        result,
        spending={
            "gpt-x": {"tokens_in": 1_000, "tokens_out": 50, "cost_usd": 0.25},
            "embedding-x": {"tokens_in": 400, "cost_usd": 0.5},
        },
        outbox=parts.history.outbox_item("doc", "source-pdfs/a.pdf", HistoryEntry.of(ended), claim.generation),
    )
    run = parts.runs.get("r1")
    assert run
    assert (run.documents_queued, run.documents_degraded, run.cost_usd) == (1, 1, 0.75)
    today = Costs(parts.table).of_day(utc_iso(clock())[:10])
    assert {cost.model: (cost.tokens_in, cost.cost_usd) for cost in today} == {
        "gpt-x": (1_000, 0.25),
        "embedding-x": (400, 0.5),
    }
    assert [document.s3_key for document in parts.documents.of_run("r1")] == ["source-pdfs/a.pdf"]
    assert [attempt.outcome for attempt in parts.documents.attempts("doc")] == ["degraded"]
    assert parts.history.flush() == 1
    assert parts.history.read() == {"source-pdfs/a.pdf": HistoryEntry.of(ended).to_json()}
    assert [run.run_id for run in parts.runs.newest()] == ["r1"]


def test_a_run_that_has_spent_its_cap_begins_no_more_documents(parts: Parts, claims: Claims) -> None:
    parts.runs.start("r1", RunDescription(), max_cost_usd=0.5)
    assert parts.runs.why_stopped("r1") is None
    for spent in (0.25, 0.25):
        assert parts.runs.why_stopped("r1") is None
        claim = take(claims, parts, request(run_id="r1"))
        claims.end(claim, DocumentState.SUCCEEDED, DocumentResult(), spending={"gpt-x": {"cost_usd": spent}})
    assert parts.runs.why_stopped("r1") == "its run has spent $0.50 and may spend $0.50"


def test_a_skipped_document_counts_once_in_its_run_however_often_the_message_comes(
    parts: Parts, claims: Claims
) -> None:
    claims.end(take(claims, parts), DocumentState.SUCCEEDED, DocumentResult())
    item = parts.documents.get("doc")
    assert item
    for _ in range(3):
        claims.skip("doc", "r2")
    run = parts.runs.get("r2")
    assert run
    assert run.documents_skipped == 1


def test_documents_are_found_by_state_without_a_scan(parts: Parts, claims: Claims) -> None:
    claims.end(
        take(claims, parts),
        DocumentState.FAILED,
        DocumentResult(code=FailureCode.ENCRYPTED, message="needs a password"),
    )
    (found,) = parts.documents.in_state(DocumentState.FAILED)
    assert (found.code, found.message) == ("encrypted", "needs a password")
    assert list(parts.documents.in_state(DocumentState.SUCCEEDED)) == []


@pytest.mark.parametrize(("run_of_the_other", "counted"), [(None, 1), ("r1", 1), ("r2", 0)])
def test_a_document_that_another_message_is_being_done_for_counts_in_the_run_that_asked_too(
    run_of_the_other: str | None, counted: int, parts: Parts, samples: Path
) -> None:
    """Else the run would wait for it without end."""
    key = "source-pdfs/a.pdf"
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", key)
    source = parts.artifacts.find_source(key)
    assert source
    document_id = parts.artifacts.document_id(key)
    stores = parts.settings.target_stores
    other = ClaimRequest(document_id, key, source.etag, stores, "use", run_of_the_other, "m1")
    Claims(parts.table, "another worker").take(other, None, 60)

    result = parts.processor.process_single_source(key, run_id="r2", delivery_id="m2")
    assert result.state == DocumentState.SKIPPED
    assert (run.documents_skipped if (run := parts.runs.get("r2")) else 0) == counted
