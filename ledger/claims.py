"""Claims: who works on a document. Standard SQS delivers twice, so a conditional write decides, not a hope.

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
from typing import Any, Literal

from config import StoreName
from foundation.errors import BusyError, CancelledByPersonError, CancelledWorkError, FailureCode, PermanentError
from ledger.costs import cost_key
from ledger.documents import DocumentState, attempt_key, document_key
from ledger.runs import KEEP_DAYS, count_in_run
from ledger.table import ConditionNotMetError, Item, Table, Update, now_iso

#: A document whose worker died this often without a word is not tried again.
MAX_DEATHS = 2
#: Progress is written at most this often.
PROGRESS_SECONDS = 1.0
#: Somebody else's claim is looked at again after at least this long.
MIN_BUSY_SECONDS = 2.0

# The clauses of the conditional writes.
NEVER_SEEN = "attribute_not_exists(#pk)"
UNCHANGED_SINCE_READ = "#generation_number = :seen_generation AND #claim_expires_at = :seen_expiry"
UNCLAIMED_SINCE_READ = "#generation_number = :seen_generation AND attribute_not_exists(#claim_owner)"
NOT_YET_COUNTED = "attribute_not_exists(#counted_in_run) OR #counted_in_run <> :run"
NOT_HELD = "attribute_not_exists(#claim_owner)"
STILL_MINE = "#claim_owner = :owner AND #generation_number = :generation"

_CLAIM_FIELDS = ("claim_owner", "claim_expires_at", "claim_etag", "claim_stores", "claim_cache", "claim_delivery")


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What somebody wants to do to a document. `delivery_id` is the SQS message's, or None without one."""

    document_id: str
    s3_key: str
    etag: str
    stores: tuple[StoreName, ...]
    cache_behavior: Literal["use", "rebuild"]
    run_id: str | None = None
    delivery_id: str | None = None


@dataclass(slots=True)
class Claim:
    """The right to work on one document until `expires_at` (epoch seconds), and to write under `generation`."""

    request: ClaimRequest
    owner: str
    generation: int
    attempt: int
    started_at: float
    previous: Item = field(repr=False)
    last_progress_at: float = 0.0
    #: It is being given up: a beat that comes now has nothing to renew.
    is_ending: bool = False
    #: What work that came to nothing has cost.
    spent: "Spending" = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return document_key(self.request.document_id)


#: Tokens and dollars by model: `tokens_in`, `tokens_out`, `cost_usd`.
Spending = Mapping[str, Mapping[str, float]]


def _sum(spending: Spending) -> dict[str, float]:
    """Over all models, without what is nothing."""
    total: Counter[str] = Counter()
    for counts in spending.values():
        total.update(counts)
    return {name: amount for name, amount in total.items() if amount}


class DuplicateWorkError(Exception):
    """Another delivery asked for the very same work and is at it: this one has nothing to do."""


def refuse_or_count(item: Item | None, request: ClaimRequest, now: float) -> tuple[int, int]:
    """Pure: may `request` have the document that stands in the ledger as `item`? Returns (attempt, deaths).

    Raises DuplicateWorkError, BusyError, or PermanentError(WORKER_KILLED).
    """
    if item is None:
        return 1, 0
    same_content = item.get("claim_etag", item.get("etag")) == request.etag
    if "claim_owner" in item:
        left = float(item.get("claim_expires_at", 0)) - now
        if left > 0:
            # Two deliveries of one message are never "duplicates": deleting one would delete the other's safety net.
            same_work = (
                same_content
                and item.get("claim_cache") == request.cache_behavior
                and set(request.stores) <= set(item.get("claim_stores", ()))
            )
            if same_work and request.delivery_id and item.get("claim_delivery") != request.delivery_id:
                raise DuplicateWorkError
            raise BusyError("another worker holds this document", max(MIN_BUSY_SECONDS, left))
        deaths = (int(item.get("deaths", 0)) if same_content else 0) + 1
        return int(item.get("attempt", 0)) + 1, deaths
    if item.get("state") == DocumentState.QUEUED and same_content:
        return int(item.get("attempt", 0)) + 1, int(item.get("deaths", 0))
    return 1, 0


class Claims:
    """Takes, renews, and ends claims. `worker` is the name that the ledger shows."""

    def __init__(self, table: Table, worker: str, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._worker = worker
        self._clock = clock

    def take(self, request: ClaimRequest, seen: Item | None, lease_seconds: float) -> Claim:
        """Claim the document, given its item as just read.

        Raises BusyError, DuplicateWorkError, or PermanentError(WORKER_KILLED) after recording the failure.
        """
        now = self._clock()
        attempt, deaths = refuse_or_count(seen, request, now)
        claim = Claim(
            request, f"{self._worker}:{uuid.uuid4().hex}", int((seen or {}).get("generation_number", 0)) + 1,
            attempt, now, seen or {},
        )  # fmt: skip
        taken = {
            "state": DocumentState.PROCESSING,
            "state_changed_at": now_iso(now),
            "document_id": request.document_id,
            "s3_key": request.s3_key,
            "claim_owner": claim.owner,
            "claim_expires_at": now + min(lease_seconds, 43_200),
            "claim_etag": request.etag,
            "claim_stores": request.stores,
            "claim_cache": request.cache_behavior,
            "generation_number": claim.generation,
            "attempt": attempt,
            "deaths": deaths,
            "worker": self._worker,
            "stage": "claimed",
            "started_at": now_iso(now),
            "pages_done": 0,
            "pages_total": 0,
        }
        if request.delivery_id:
            taken["claim_delivery"] = request.delivery_id
        if request.run_id:
            taken["run_id"] = request.run_id
        remove = ("code", "message", "cancel_requested") + (() if request.run_id else ("run_id",))
        condition, values = NEVER_SEEN, {}
        if seen:
            values = {"seen_generation": seen["generation_number"]}
            condition = UNCLAIMED_SINCE_READ
            if "claim_owner" in seen:
                condition, values["seen_expiry"] = UNCHANGED_SINCE_READ, seen["claim_expires_at"]
        try:
            self._table.update(Update(claim.key, taken, {}, remove, condition, values))
        except ConditionNotMetError as error:
            # Somebody was quicker: what does the item say now?
            refuse_or_count(error.item, request, now)
            raise BusyError("another worker has just taken this document", MIN_BUSY_SECONDS) from None
        if deaths >= MAX_DEATHS:
            message = f"a worker died {deaths} times while it worked on this document"
            failure = PermanentError(FailureCode.WORKER_KILLED, message)
            self.end(claim, DocumentState.FAILED, {"code": failure.code, "message": message, "deaths": 0})
            raise failure
        return claim

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

    def progress(self, claim: Claim, stage: str, pages_done: int, pages_total: int, *, force: bool = False) -> None:
        """Say how far the work is; throttled unless `force`. Raises CancelledWorkError when it should stop."""
        now = self._clock()
        if not force and now - claim.last_progress_at < PROGRESS_SECONDS:
            return
        claim.last_progress_at = now
        item = self._write(claim, {"stage": stage, "pages_done": pages_done, "pages_total": pages_total})
        if item.get("cancel_requested"):
            raise CancelledByPersonError("somebody cancelled this document")

    def end(
        self,
        claim: Claim,
        state: DocumentState,
        result: dict[str, Any],
        *,
        spending: "Spending | None" = None,
        outbox: Item | None = None,
    ) -> None:
        """Give the claim up and record how it ended, in one transaction with the run's, the day's and the outbox's
        part of it; `spending` is added to the run and to each model's day. Raises CancelledWorkError when the claim is
        somebody else's: then nothing is written."""
        claim.is_ending = True
        now = self._clock()
        spending = {model: counts for model, counts in (spending or {}).items() if any(counts.values())}
        ended = {
            "state": state,
            "state_changed_at": now_iso(now),
            "etag": claim.request.etag,
            "seconds": round(now - claim.started_at, 3),
            "stage": "done",
            **result,
        }
        request = claim.request
        if request.run_id and state != DocumentState.QUEUED:
            ended["counted_in_run"] = request.run_id
        updates = [Update(claim.key, ended, {}, _CLAIM_FIELDS, STILL_MINE, self._mine(claim))]
        if request.run_id and state != DocumentState.QUEUED:
            updates.append(count_in_run(request.run_id, state, _sum(spending)))
        updates += [
            Update(cost_key(now_iso(now)[:10], model), {"model": model}, {**_sum({model: counts}), "documents": 1})
            for model, counts in spending.items()
        ]
        attempt = {
            "pk": claim.key[0],
            "sk": attempt_key(request.document_id, claim.generation)[1],
            "started_at": now_iso(claim.started_at),
            "worker": self._worker,
            "attempt": claim.attempt,
            "expires_at": int(now) + KEEP_DAYS * 86_400,
            "outcome": str(state),
            "seconds": ended["seconds"],
            **{name: result[name] for name in ("code", "message", "degraded", "stage_seconds") if result.get(name)},
        }
        try:
            self._table.transact(updates, [attempt, *([outbox] if outbox else [])])
        except ConditionNotMetError:
            raise CancelledWorkError("the claim is no longer ours", code=FailureCode.LEASE_LOST) from None

    def give_up(self, document_id: str, s3_key: str, code: FailureCode, message: str) -> None:
        """Mark a document as failed that nobody holds: the queue has given its message up."""
        failed = {
            "state": DocumentState.FAILED, "state_changed_at": now_iso(self._clock()), "document_id": document_id,
            "s3_key": s3_key, "code": code, "message": message[:1_000],
        }  # fmt: skip
        with suppress(ConditionNotMetError):
            self._table.update(Update(document_key(document_id), failed, {"generation_number": 0}, condition=NOT_HELD))

    def skip(self, item: Item, run_id: str | None) -> None:
        """Count an unchanged document in its run, once however often the message comes."""
        if run_id is None:
            return
        key = document_key(item["document_id"])
        note = Update(key, {"counted_in_run": run_id}, {}, condition=NOT_YET_COUNTED, values={"run": run_id})
        with suppress(ConditionNotMetError):
            self._table.transact([note, count_in_run(run_id, DocumentState.SKIPPED, {})])

    def _write(self, claim: Claim, values: dict[str, Any]) -> Item:
        try:
            return self._table.update(Update(claim.key, values, {}, (), STILL_MINE, self._mine(claim)))
        except ConditionNotMetError:
            raise CancelledWorkError("the claim is no longer ours", code=FailureCode.LEASE_LOST) from None

    @staticmethod
    def _mine(claim: Claim) -> dict[str, Any]:
        return {"owner": claim.owner, "generation": claim.generation}
