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
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from foundation.errors import BusyError, CancelledByPersonError, CancelledWorkError, FailureCode, PermanentError
from foundation.timestamps import utc_iso
from ledger.admission import MIN_BUSY_SECONDS, Admission, ClaimRequest, admit
from ledger.claim import Claim, ClaimEnd, Spending, taking
from ledger.deaths import Deaths
from ledger.documents import document_key
from ledger.events import OnEvent
from ledger.giving_up import give_up
from ledger.records import DocumentRecord, DocumentResult, DocumentState
from ledger.runs import count_in_run
from ledger.table import ConditionNotMetError, Item, Table, Update

#: No lease of SQS is longer.
MAX_LEASE_SECONDS = 43_200.0
#: Progress is written at most this often.
PROGRESS_SECONDS = 1.0
# The clause of a conditional write.
NOT_YET_COUNTED = "attribute_not_exists(#counted_in_run) OR #counted_in_run <> :run"


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
        update = taking(claim, seen, admission, now + min(lease_seconds, MAX_LEASE_SECONDS))
        try:
            taken = DocumentRecord.from_item(self._table.update(update))
        except ConditionNotMetError as error:
            # Somebody was quicker, or it was we: the SDK sends a write again whose answer was lost.
            found = DocumentRecord.from_item(error.item) if error.item else None
            if not (found and found.claim and found.claim.owner == claim.owner):
                admit(found, request, now)
                raise BusyError("another worker took this document first", MIN_BUSY_SECONDS) from None
            taken = found
        claim.note_last_event(taken)
        if admission.deaths.is_guilty:
            raise self._quarantined(claim, admission.deaths)
        return claim

    def _new_claim(self, request: ClaimRequest, seen: DocumentRecord | None, admission: Admission, now: float) -> Claim:
        previous = seen or DocumentRecord.unseen(request.document_id, request.s3_key)
        owner = f"{self._worker}:{uuid.uuid4().hex}"
        return Claim(request, self._worker, owner, previous.generation_number + 1, admission.attempt, now, previous)

    def _quarantined(self, claim: Claim, deaths: Deaths) -> PermanentError:
        """The failure of a document that kills workers, recorded."""
        message = f"a worker died {deaths.total} times while it worked on this document, the last time on it alone"
        failure = PermanentError(FailureCode.WORKER_KILLED, message)
        result = DocumentResult(code=failure.code, message=message, deaths=0, deaths_alone=0)
        self.end(claim, DocumentState.FAILED, result)
        return failure

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
        spending: Spending | None = None,
        outbox: Item | None = None,
        is_unchanged: bool = False,
    ) -> None:
        """Give the claim up and record how it ended, in one transaction with the run's, the day's, the outbox's and the
        event's part of it; `spending` is added to the run and to each model's day. `is_unchanged`: nothing was made, so
        that an event is due only if the last one said something else. Raises CancelledWorkError when the claim is
        somebody else's: then nothing is written."""
        claim.is_ending = True
        end = ClaimEnd(claim, state, result, self._clock())
        event = end.event(is_unchanged=is_unchanged) if self._on_event else None
        try:
            new_items = [*end.new_items(event), *([outbox] if outbox else [])]
            self._table.transact(end.updates(spending or {}, event), new_items)
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
            return DocumentRecord.from_item(self._table.update(claim.update(values)))
        except ConditionNotMetError:
            raise CancelledWorkError("the claim is no longer ours", code=FailureCode.LEASE_LOST) from None
