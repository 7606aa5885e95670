"""Claims: who works on a document. Standard SQS delivers twice, so a conditional write decides.

    worker A      take ──────── renew ──────── renew ── ✕ (killed)
    ledger        gen 7         gen 7          gen 7          claim expires        gen 8
    worker B            take: busy                                        take ──────── finish

Every claim gets the next generation number, and whatever a worker writes afterwards asks for that number: a worker that
slept through its lease and wakes up later meets a higher one and is refused.

Claims end by the workers' clocks. One that is ahead by more than a lease takes documents away from workers that live:
work is then done twice, and still published by one of them only.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from foundation.errors import BusyError, CancelledByPersonError, CancelledWorkError, FailureCode, PermanentError
from foundation.timestamps import utc_iso
from ledger.admission import MIN_BUSY_SECONDS, Admission, ClaimRequest, admit
from ledger.costs import cost_key
from ledger.documents import attempt_key, document_key
from ledger.events import OnEvent, event_items, event_of_claim, marks, tells_the_same
from ledger.giving_up import give_up
from ledger.records import (
    CLAIM_ATTRIBUTES,
    AttemptRecord,
    ClaimRecord,
    DocumentRecord,
    DocumentResult,
    DocumentState,
)
from ledger.runs import KEEP_DAYS, count_in_run
from ledger.table import ConditionNotMetError, Item, Table, Update

#: No lease of SQS is longer.
MAX_LEASE_SECONDS = 43_200.0
#: Progress is written at most this often.
PROGRESS_SECONDS = 1.0

# The clauses of the conditional writes.
NEVER_SEEN = "attribute_not_exists(#pk)"
UNCHANGED_SINCE_READ = "#generation_number = :seen_generation AND #claim_expires_at = :seen_expiry"
UNCLAIMED_SINCE_READ = "#generation_number = :seen_generation AND attribute_not_exists(#claim_owner)"
NOT_YET_COUNTED = "attribute_not_exists(#counted_in_run) OR #counted_in_run <> :run"
STILL_MINE = "#claim_owner = :owner AND #generation_number = :generation"


@dataclass(slots=True)
class Claim:
    """The right to work on one document until `expires_at` (epoch seconds), and to write under `generation`."""

    request: ClaimRequest
    owner: str
    generation: int
    attempt: int
    started_at: float
    previous: DocumentRecord = field(repr=False)
    last_progress_at: float = 0.0
    #: It is being given up: a beat that comes now has nothing to renew.
    is_ending: bool = False
    #: What work that came to nothing has cost.
    spent: "Spending" = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return document_key(self.request.document_id)

    def note_last_event(self, taken: DocumentRecord) -> None:
        """From now on nobody else numbers the document's events; between the look and the claim somebody could."""
        last = {"event_sequence": taken.event_sequence, "event_type": taken.event_type}
        self.previous = self.previous.model_copy(update=last)


#: Tokens and dollars by model: `tokens_in`, `tokens_out`, `cost_usd`.
Spending = Mapping[str, Mapping[str, float]]


def _sum(spending: Spending) -> dict[str, float]:
    """Over all models, without what is nothing."""
    total: Counter[str] = Counter()
    for counts in spending.values():
        total.update(counts)
    return {name: amount for name, amount in total.items() if amount}


class Claims:
    """Takes, renews, and ends claims. `worker` is the name that the ledger shows.

    With `on_event`, a document that ends gets an event (ledger/events.py), and `on_event` gets it when it is written.
    """

    def __init__(
        self,
        table: Table,
        worker: str,
        clock: Callable[[], float] = time.time,
        on_event: OnEvent | None = None,
    ) -> None:
        self._table = table
        self._worker = worker
        self._clock = clock
        self._on_event = on_event

    def take(self, request: ClaimRequest, seen: DocumentRecord | None, lease_seconds: float) -> Claim:
        """Claim the document, given its record as it was read.

        Raises BusyError, DuplicateWorkError, or PermanentError(WORKER_KILLED) after recording the failure.
        """
        now = self._clock()
        admission = admit(seen, request, now)
        claim = self._new_claim(request, seen, admission, now)
        held = ClaimRecord(
            owner=claim.owner,
            expires_at=now + min(lease_seconds, MAX_LEASE_SECONDS),
            etag=request.etag,
            stores=request.stores,
            cache=request.cache_behavior,
            alone=request.is_alone,
        )
        if request.delivery_id:
            held = held.model_copy(update={"delivery": request.delivery_id})
        taken = DocumentRecord(
            document_id=request.document_id, s3_key=request.s3_key, state=DocumentState.PROCESSING,
            state_changed_at=utc_iso(now), started_at=utc_iso(now), stage="claimed", worker=self._worker,
            generation_number=claim.generation, attempt=admission.attempt, deaths=admission.deaths.total,
            deaths_alone=admission.deaths.alone, pages_done=0,
            pages_total=0, claim=held,
        )  # fmt: skip
        if request.run_id:
            taken = taken.model_copy(update={"run_id": request.run_id})
        remove = ("code", "message", "cancel_requested") + (() if request.run_id else ("run_id",))
        condition, values = _unchanged_since(seen)
        try:
            item = self._table.update(Update(claim.key, taken.to_item(), {}, remove, condition, values))
            claim.note_last_event(DocumentRecord.from_item(item))
        except ConditionNotMetError as error:
            # Somebody was quicker, or it was we: the SDK sends a write again whose answer was lost.
            found = DocumentRecord.from_item(error.item) if error.item else None
            if not (found and found.claim and found.claim.owner == claim.owner):
                admit(found, request, now)
                raise BusyError("another worker took this document first", MIN_BUSY_SECONDS) from None
            claim.note_last_event(found)
        deaths = admission.deaths
        if deaths.is_guilty:
            message = f"a worker died {deaths.total} times while it worked on this document, the last time on it alone"
            failure = PermanentError(FailureCode.WORKER_KILLED, message)
            told = DocumentResult(code=failure.code, message=message, deaths=0, deaths_alone=0)
            self.end(claim, DocumentState.FAILED, told)
            raise failure
        return claim

    def _new_claim(self, request: ClaimRequest, seen: DocumentRecord | None, admission: Admission, now: float) -> Claim:
        previous = seen or DocumentRecord.unseen(request.document_id, request.s3_key)
        owner = f"{self._worker}:{uuid.uuid4().hex}"
        return Claim(request, owner, previous.generation_number + 1, admission.attempt, now, previous)

    def renew(self, claim: Claim, lease_seconds: float) -> None:
        """Hold on for `lease_seconds` from now. Raises CancelledWorkError when the claim is somebody else's.

        Called by a thread of its own, also while the work gives the claim up; then there is nothing to hold.
        """
        try:
            if not claim.is_ending:
                self._write(claim, {"claim_expires_at": self._clock() + lease_seconds})
        except CancelledWorkError:
            if not claim.is_ending:
                raise

    def progress(self, claim: Claim, stage: str, pages_done: int, pages_total: int) -> None:
        """Say how far the work is; not too often, unless all pages are done. Raises CancelledWorkError when it should
        stop."""
        now = self._clock()
        if pages_done < pages_total and now - claim.last_progress_at < PROGRESS_SECONDS:
            return
        claim.last_progress_at = now
        document = self._write(claim, {"stage": stage, "pages_done": pages_done, "pages_total": pages_total})
        if document.cancel_requested:
            raise CancelledByPersonError("somebody cancelled this document")

    def end(
        self,
        claim: Claim,
        state: DocumentState,
        result: DocumentResult,
        *,
        spending: "Spending | None" = None,
        outbox: Item | None = None,
        is_unchanged: bool = False,
    ) -> None:
        """Give the claim up and record how it ended, in one transaction with the run's, the day's, the outbox's and the
        event's part of it; `spending` is added to the run and to each model's day. `is_unchanged`: nothing was made, so
        that an event is due only if the last one said something else. Raises CancelledWorkError when the claim is
        somebody else's: then nothing is written."""
        claim.is_ending = True
        now = self._clock()
        spending = {model: counts for model, counts in (spending or {}).items() if any(counts.values())}
        ended = {
            "state": state,
            "state_changed_at": utc_iso(now),
            "etag": claim.request.etag,
            "seconds": round(now - claim.started_at, 3),
            "stage": "done",
            **result.to_item(),
        }
        request = claim.request
        if request.run_id and state != DocumentState.QUEUED:
            ended["counted_in_run"] = request.run_id
        event = None
        if self._on_event and not (is_unchanged and tells_the_same(claim.previous, state)):
            event = event_of_claim(claim.previous, claim.generation, request.run_id, state, result, now)
            ended |= marks(event) if event else {}
        updates = [Update(claim.key, ended, {}, CLAIM_ATTRIBUTES, STILL_MINE, self._mine(claim))]
        if request.run_id and state != DocumentState.QUEUED:
            updates.append(count_in_run(request.run_id, state, _sum(spending)))
        updates += [
            Update(cost_key(utc_iso(now)[:10], model), {"model": model}, {**_sum({model: counts}), "documents": 1})
            for model, counts in spending.items()
        ]
        attempt = AttemptRecord(
            attempt=claim.attempt,
            outcome=str(state),
            started_at=utc_iso(claim.started_at),
            seconds=ended["seconds"],
            worker=self._worker,
            **{name: kept for name in _KEPT_OF_RESULT if (kept := getattr(result, name))},
        )
        pk, sk = attempt_key(request.document_id, claim.generation)
        ended_attempt = {"pk": pk, "sk": sk, "expires_at": int(now) + KEEP_DAYS * 86_400, **attempt.to_item()}
        try:
            puts = [ended_attempt, *([outbox] if outbox else []), *(event_items(event, now) if event else [])]
            self._table.transact(updates, puts)
        except ConditionNotMetError:
            raise CancelledWorkError("the claim is no longer ours", code=FailureCode.LEASE_LOST) from None
        if event and self._on_event:
            self._on_event(event)

    def give_up(self, document_id: str, s3_key: str, code: FailureCode, message: str) -> None:
        """Mark a document as failed that nobody holds: the queue has given its message up. Repeating it is no event."""
        now = self._clock()
        failed = DocumentRecord(
            state=DocumentState.FAILED, state_changed_at=utc_iso(now), document_id=document_id,
            s3_key=s3_key, code=code, message=message[:1_000],
        )  # fmt: skip
        with suppress(ConditionNotMetError):
            give_up(self._table, failed, now, self._on_event)

    def skip(self, document_id: str, run_id: str | None) -> None:
        """Count an unchanged document in its run, once however often the message comes."""
        if run_id is None:
            return
        key = document_key(document_id)
        note = Update(key, {"counted_in_run": run_id}, {}, condition=NOT_YET_COUNTED, values={"run": run_id})
        with suppress(ConditionNotMetError):
            self._table.transact([note, count_in_run(run_id, DocumentState.SKIPPED, {})])

    def _write(self, claim: Claim, values: dict[str, Any]) -> DocumentRecord:
        try:
            item = self._table.update(Update(claim.key, values, {}, (), STILL_MINE, self._mine(claim)))
            return DocumentRecord.from_item(item)
        except ConditionNotMetError:
            raise CancelledWorkError("the claim is no longer ours", code=FailureCode.LEASE_LOST) from None

    @staticmethod
    def _mine(claim: Claim) -> dict[str, Any]:
        return {"owner": claim.owner, "generation": claim.generation}


def _unchanged_since(seen: DocumentRecord | None) -> tuple[str, dict[str, Any]]:
    """The condition under which the item still is what was read, and its values."""
    if seen is None:
        return NEVER_SEEN, {}
    values: dict[str, Any] = {"seen_generation": seen.generation_number}
    if seen.claim is None:
        return UNCLAIMED_SINCE_READ, values
    return UNCHANGED_SINCE_READ, {**values, "seen_expiry": seen.claim.expires_at}


#: What an attempt's record repeats of its result, when there is any.
_KEPT_OF_RESULT = ("code", "message", "degraded", "stage_seconds", "stage_starts", "stage_costs_usd")
