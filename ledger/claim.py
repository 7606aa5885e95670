"""A claim, and what is written when it begins and when it ends. Pure: `Claims` does the writing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from foundation.timestamps import utc_iso
from ledger.admission import Admission, ClaimRequest
from ledger.costs import cost_key
from ledger.documents import attempt_key, document_key
from ledger.events import EventRecord, event_items, event_of_claim, marks, tells_the_same
from ledger.records import (
    CLAIM_ATTRIBUTES,
    AttemptRecord,
    ClaimRecord,
    DocumentRecord,
    DocumentResult,
    DocumentState,
)
from ledger.runs import KEEP_DAYS, count_in_run
from ledger.table import Item, Update

# The clauses of the conditional writes.
NEVER_SEEN = "attribute_not_exists(#pk)"
UNCHANGED_SINCE_READ = "#generation_number = :seen_generation AND #claim_expires_at = :seen_expiry"
UNCLAIMED_SINCE_READ = "#generation_number = :seen_generation AND attribute_not_exists(#claim_owner)"
STILL_MINE = "#claim_owner = :owner AND #generation_number = :generation"

#: What an attempt's record repeats of its result, when there is any.
_KEPT_OF_RESULT = ("code", "message", "degraded", "stage_seconds", "stage_starts", "stage_costs_usd")

#: Tokens and dollars by model: `tokens_in`, `tokens_out`, `cost_usd`.
Spending = Mapping[str, Mapping[str, float]]


@dataclass(slots=True)
class Claim:
    """The right to work on one document until it expires, and to write under `generation`."""

    request: ClaimRequest
    worker: str
    owner: str
    generation: int
    attempt: int
    started_at: float
    previous: DocumentRecord = field(repr=False)
    last_progress_at: float = 0.0
    #: It is being given up: a beat that comes now has nothing to renew.
    is_ending: bool = False
    #: What work that came to nothing has cost.
    spent: Spending = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return document_key(self.request.document_id)

    def note_last_event(self, taken: DocumentRecord) -> None:
        """From now on nobody else numbers the document's events; between the look and the claim somebody could."""
        last = {"event_sequence": taken.event_sequence, "event_type": taken.event_type}
        self.previous = self.previous.model_copy(update=last)

    def update(self, values: Mapping[str, Any], remove: tuple[str, ...] = ()) -> Update:
        """Changes the document as long as the claim holds."""
        mine = {"owner": self.owner, "generation": self.generation}
        return Update(self.key, values, {}, remove, STILL_MINE, mine)


def taking(claim: Claim, seen: DocumentRecord | None, admission: Admission, expires_at: float) -> Update:
    """What makes the claim stand in the ledger, if the document still is as it was `seen`."""
    request, now = claim.request, utc_iso(claim.started_at)
    held = ClaimRecord(
        owner=claim.owner,
        expires_at=expires_at,
        etag=request.etag,
        stores=request.stores,
        cache=request.cache_behavior,
        alone=request.is_alone,
    )
    if request.delivery_id:
        held = held.model_copy(update={"delivery": request.delivery_id})
    taken = DocumentRecord(
        document_id=request.document_id, s3_key=request.s3_key, state=DocumentState.PROCESSING,
        state_changed_at=now, started_at=now, stage="claimed", worker=claim.worker,
        generation_number=claim.generation, attempt=claim.attempt, deaths=admission.deaths.total,
        deaths_alone=admission.deaths.alone, pages_done=0, pages_total=0, claim=held,
    )  # fmt: skip
    if request.run_id:
        taken = taken.model_copy(update={"run_id": request.run_id})
    remove = ("code", "message", "cancel_requested") + (() if request.run_id else ("run_id",))
    condition, values = _unchanged_since(seen)
    return Update(claim.key, taken.to_item(), {}, remove, condition, values)


def _unchanged_since(seen: DocumentRecord | None) -> tuple[str, dict[str, Any]]:
    """The condition under which the item still is what was read, and its values."""
    if seen is None:
        return NEVER_SEEN, {}
    values: dict[str, Any] = {"seen_generation": seen.generation_number}
    if seen.claim is None:
        return UNCLAIMED_SINCE_READ, values
    return UNCHANGED_SINCE_READ, {**values, "seen_expiry": seen.claim.expires_at}


@dataclass(frozen=True, slots=True)
class ClaimEnd:
    """How a claim ended, at `at` (epoch seconds)."""

    claim: Claim
    state: DocumentState
    result: DocumentResult
    at: float

    @property
    def seconds(self) -> float:
        return round(self.at - self.claim.started_at, 3)

    @property
    def counted_run_id(self) -> str | None:
        """The run that counts the document now; one that is tried again is not counted yet."""
        return self.claim.request.run_id if self.state != DocumentState.QUEUED else None

    def event(self, *, is_unchanged: bool) -> EventRecord | None:
        """What other programs hear of it. `is_unchanged`: nothing, if the last event said the same."""
        claim = self.claim
        if is_unchanged and tells_the_same(claim.previous, self.state):
            return None
        return event_of_claim(
            claim.previous, claim.generation, claim.request.run_id, self.state, self.result, self.at
        )  # fmt: skip

    def updates(self, spending: Spending, event: EventRecord | None) -> list[Update]:
        """The document's item, if the claim still holds; the run's counters, and the day's costs by model."""
        ended = {
            "state": self.state,
            "state_changed_at": utc_iso(self.at),
            "etag": self.claim.request.etag,
            "seconds": self.seconds,
            "stage": "done",
            **self.result.to_item(),
            **({"counted_in_run": self.counted_run_id} if self.counted_run_id else {}),
            **(marks(event) if event else {}),
        }
        spending = {model: counts for model, counts in spending.items() if any(counts.values())}
        in_run = [count_in_run(self.counted_run_id, self.state, _sum(spending))] if self.counted_run_id else []
        day = utc_iso(self.at)[:10]
        costs = [
            Update(cost_key(day, model), {"model": model}, {**_sum({model: counts}), "documents": 1})
            for model, counts in spending.items()
        ]
        return [self.claim.update(ended, CLAIM_ATTRIBUTES), *in_run, *costs]

    def new_items(self, event: EventRecord | None) -> list[Item]:
        """The attempt's record, and the event's items."""
        claim = self.claim
        attempt = AttemptRecord(
            attempt=claim.attempt,
            outcome=str(self.state),
            started_at=utc_iso(claim.started_at),
            seconds=self.seconds,
            worker=claim.worker,
            **{name: kept for name in _KEPT_OF_RESULT if (kept := getattr(self.result, name))},
        )
        pk, sk = attempt_key(claim.request.document_id, claim.generation)
        kept_attempt = {"pk": pk, "sk": sk, "expires_at": int(self.at) + KEEP_DAYS * 86_400, **attempt.to_item()}
        return [kept_attempt, *(event_items(event, self.at) if event else [])]


def _sum(spending: Spending) -> dict[str, float]:
    """Over all models, without what is nothing."""
    total: Counter[str] = Counter()
    for counts in spending.values():
        total.update(counts)
    return {name: amount for name, amount in total.items() if amount}
