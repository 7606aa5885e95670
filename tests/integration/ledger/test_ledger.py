"""The ledger's claims against DynamoDB over HTTP: one worker a document, and nothing written by who lost it."""

from pathlib import Path

import pytest

from composition.wiring import Wiring
from foundation.errors import BusyError, CancelledByPersonError, CancelledWorkError, FailureCode, PermanentError
from ledger import Claim, ClaimRequest, Claims, DocumentResult, DocumentState
from ledger.costs import Costs
from ledger.documents import as_status
from ledger.table import Item, Update, now_iso


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
def claims(wiring: Wiring, clock: Clock) -> Claims:
    return Claims(wiring.table, "worker-1", clock)


def request(
    etag: str = "e1", delivery_id: str = "m1", run_id: str | None = None, *, is_alone: bool = False
) -> ClaimRequest:
    return ClaimRequest("doc", "source-pdfs/a.pdf", etag, ("pages",), "use", run_id, delivery_id, is_alone)


def take(claims: Claims, wiring: Wiring, asked: ClaimRequest | None = None, seconds: float = 60) -> Claim:
    return claims.take(asked or request(), wiring.documents.get("doc"), seconds)


def test_of_many_workers_that_saw_the_same_exactly_one_gets_the_document(wiring: Wiring, claims: Claims) -> None:
    """That the conditional write itself is atomic is DynamoDB's promise; moto's threads don't quite keep it."""
    taken = []
    for number in range(8):
        try:
            taken.append(claims.take(request(delivery_id=f"m{number % 2}", etag=f"e{number}"), None, 60))
        except BusyError:
            continue
    assert [claim.request.etag for claim in taken] == ["e0"]
    item = wiring.documents.get("doc")
    assert item
    assert item.state == DocumentState.PROCESSING


def test_an_expired_claim_is_taken_over_and_its_holder_is_refused(wiring: Wiring, claims: Claims, clock: Clock) -> None:
    slept = take(claims, wiring)
    clock.now += 61
    woken = take(claims, wiring)
    assert (woken.generation, woken.attempt) == (2, 2)
    for write in (
        lambda: claims.renew(slept, 60),
        lambda: claims.progress(slept, "read", 1, 2, force=True),
        lambda: claims.end(slept, DocumentState.SUCCEEDED, DocumentResult()),
    ):
        with pytest.raises(CancelledWorkError) as caught:
            write()
        assert caught.value.code is FailureCode.LEASE_LOST
    claims.end(woken, DocumentState.SUCCEEDED, DocumentResult(points={"pages": 3}))
    item = wiring.documents.get("doc")
    assert item
    assert (item.state, item.points) == ("succeeded", {"pages": 3})


def test_a_renewed_claim_is_not_taken_over(wiring: Wiring, claims: Claims, clock: Clock) -> None:
    claim = take(claims, wiring)
    clock.now += 50
    claims.renew(claim, 60)
    clock.now += 50
    with pytest.raises(BusyError) as caught:
        take(claims, wiring)
    assert caught.value.retry_after_seconds == pytest.approx(10)


@pytest.mark.parametrize("is_under_way", [False, True])
def test_a_beat_that_comes_when_the_claim_is_given_up_is_no_loss(
    wiring: Wiring, claims: Claims, monkeypatch: pytest.MonkeyPatch, is_under_way: bool
) -> None:
    """Else it would cancel the other documents of the same message."""
    claim = take(claims, wiring)
    update = wiring.table.update

    def slow_update(wanted: Update) -> Item:
        claims.end(claim, DocumentState.SUCCEEDED, DocumentResult())
        return update(wanted)

    if is_under_way:
        monkeypatch.setattr(wiring.table, "update", slow_update)
    else:
        claims.end(claim, DocumentState.SUCCEEDED, DocumentResult())
    claims.renew(claim, 60)
    item = wiring.documents.get("doc")
    assert item
    assert (item.state, item.claim is not None) == ("succeeded", False)


def test_a_document_that_killed_two_workers_is_not_tried_a_third_time(
    wiring: Wiring, claims: Claims, clock: Clock
) -> None:
    take(claims, wiring)
    clock.now += 61
    take(claims, wiring, request(is_alone=True))
    clock.now += 61
    with pytest.raises(PermanentError) as caught:
        take(claims, wiring)
    assert caught.value.code is FailureCode.WORKER_KILLED
    item = wiring.documents.get("doc")
    assert item
    assert as_status(item)["status"] == "failed"
    assert as_status(item)["code"] == "worker_killed"


def test_a_document_that_was_always_beside_others_is_never_blamed(wiring: Wiring, claims: Claims, clock: Clock) -> None:
    for _ in range(5):
        take(claims, wiring)
        clock.now += 61
    claim = take(claims, wiring, request(is_alone=True))
    assert claim.attempt == 6


def test_a_person_can_cancel_a_document_at_work(wiring: Wiring, claims: Claims) -> None:
    claim = take(claims, wiring)
    assert wiring.documents.request_cancel("doc")
    with pytest.raises(CancelledByPersonError):
        claims.progress(claim, "read", 1, 9, force=True)


def test_the_end_counts_run_cost_and_history_in_the_same_breath(wiring: Wiring, claims: Claims, clock: Clock) -> None:
    wiring.runs.start("r1", {"prefix": "source-pdfs/"})
    wiring.runs.count_queued("r1", 1)
    claim = take(claims, wiring, request(run_id="r1"))
    claims.end(
        claim,
        DocumentState.DEGRADED,
        DocumentResult(degraded=("page 2: reading took too long",), cost_usd=0.25),
        spending={
            "gpt-x": {"tokens_in": 1_000, "tokens_out": 50, "cost_usd": 0.25},
            "embedding-x": {"tokens_in": 400, "cost_usd": 0.5},
        },
        outbox=wiring.history.outbox_item("doc", "source-pdfs/a.pdf", {"status": "degraded"}, claim.generation),
    )
    run = wiring.runs.get("r1")
    assert run
    assert (run.documents_queued, run.documents_degraded, run.cost_usd) == (1, 1, 0.75)
    today = Costs(wiring.table).of_day(now_iso(clock())[:10])
    assert {cost.model: (cost.tokens_in, cost.cost_usd) for cost in today} == {
        "gpt-x": (1_000, 0.25),
        "embedding-x": (400, 0.5),
    }
    assert [document.s3_key for document in wiring.documents.of_run("r1")] == ["source-pdfs/a.pdf"]
    assert [attempt.outcome for attempt in wiring.documents.attempts("doc")] == ["degraded"]
    assert wiring.history.flush() == 1
    assert wiring.history.read() == {"source-pdfs/a.pdf": {"status": "degraded"}}
    assert [run.run_id for run in wiring.runs.newest()] == ["r1"]


def test_a_run_that_has_spent_its_cap_begins_no_more_documents(wiring: Wiring, claims: Claims) -> None:
    wiring.runs.start("r1", {}, max_cost_usd=0.5)
    assert wiring.runs.why_stopped("r1") is None
    for spent in (0.25, 0.25):
        assert wiring.runs.why_stopped("r1") is None
        claim = take(claims, wiring, request(run_id="r1"))
        claims.end(claim, DocumentState.SUCCEEDED, DocumentResult(), spending={"gpt-x": {"cost_usd": spent}})
    assert wiring.runs.why_stopped("r1") == "its run has spent $0.50 and may spend $0.50"


def test_a_skipped_document_counts_once_in_its_run_however_often_the_message_comes(
    wiring: Wiring, claims: Claims
) -> None:
    claims.end(take(claims, wiring), DocumentState.SUCCEEDED, DocumentResult())
    item = wiring.documents.get("doc")
    assert item
    for _ in range(3):
        claims.skip("doc", "r2")
    run = wiring.runs.get("r2")
    assert run
    assert run.documents_skipped == 1


def test_documents_are_found_by_state_without_a_scan(wiring: Wiring, claims: Claims) -> None:
    claims.end(
        take(claims, wiring),
        DocumentState.FAILED,
        DocumentResult(code=FailureCode.ENCRYPTED, message="needs a password"),
    )
    (found,) = wiring.documents.in_state(DocumentState.FAILED)
    assert (found.code, found.message) == ("encrypted", "needs a password")
    assert list(wiring.documents.in_state(DocumentState.SUCCEEDED)) == []


@pytest.mark.parametrize(("run_of_the_other", "counted"), [(None, 1), ("r1", 1), ("r2", 0)])
def test_a_document_that_another_message_is_being_done_for_counts_in_the_run_that_asked_too(
    run_of_the_other: str | None, counted: int, wiring: Wiring, samples: Path
) -> None:
    """Else the run would wait for it for ever."""
    key = "source-pdfs/a.pdf"
    wiring.artifacts.upload_source(samples / "notice-to-mariners.pdf", key)
    source = wiring.artifacts.find_source(key)
    assert source
    document_id = wiring.artifacts.document_id(key)
    stores = wiring.settings.target_stores
    other = ClaimRequest(document_id, key, source.etag, stores, "use", run_of_the_other, "m1")
    Claims(wiring.table, "another worker").take(other, None, 60)

    result = wiring.processor.process_single_source(key, run_id="r2", delivery_id="m2")
    assert result.state == DocumentState.SKIPPED
    assert (run.documents_skipped if (run := wiring.runs.get("r2")) else 0) == counted
