"""The typed records of the ledger: a document, its claim, an attempt, a run, a line of costs.

Nothing outside of this folder knows an item's attributes by name. `from_item` reads what any version wrote: unknown
attributes are ignored, missing ones have defaults. `to_item` writes what was set, so that a record can also be a
partial update.
"""

from enum import StrEnum
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict

from foundation.store_names import StoreName
from ledger.run_description import RunDescription
from ledger.table import Item

#: `use`: what is up to date is skipped. `upgrade`: also what an older version stored is done again. `rebuild`: all is.
CacheBehavior = Literal["use", "upgrade", "rebuild"]
CACHE_BEHAVIORS: tuple[CacheBehavior, ...] = get_args(CacheBehavior)


class DocumentState(StrEnum):
    """`queued → processing → succeeded | degraded | failed | skipped | cancelled | deleted`."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    DEGRADED = "degraded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    DELETED = "deleted"

    @property
    def is_final(self) -> bool:
        """Nothing more happens to the document until somebody asks for it again."""
        return self not in (DocumentState.QUEUED, DocumentState.PROCESSING)

    @property
    def is_complete(self) -> bool:
        """The attempt made the document searchable, if not without a fault."""
        return self in (DocumentState.SUCCEEDED, DocumentState.DEGRADED)


class Record(BaseModel):
    """An item of the table as Python sees it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item. DynamoDB's NULL is the same as an attribute that is not there."""
        known = {name: value for name, value in item.items() if value is not None and name in cls.model_fields}
        return cls.model_validate(known)

    def to_item(self) -> Item:
        """The attributes that were set, also those that were set to None."""
        return self.model_dump(exclude_unset=True)


class ServedStore(Record):
    """What one store serves of a document: of which content, made how, under which generation."""

    model_config = ConfigDict(extra="ignore")

    sha256: str = ""
    shape: str = ""
    generation: str = ""
    #: See ledger/data_version.py; 0.1.0 wrote none.
    data_version: int = 1


class DocumentResult(Record):
    """What an attempt leaves behind about a document. Only what is set is written.

    `seconds` are wall seconds of the attempt, `stage_seconds` overlap; `stage_starts` are seconds from its begin.
    Costs are in US dollars; `stage_costs_usd` has the stages that pay a model.
    """

    code: str | None = None
    message: str | None = None
    content_sha256: str | None = None
    last_modified: str | None = None
    processed_at: str | None = None
    served: dict[StoreName, ServedStore] = {}
    points: dict[StoreName, int] = {}
    pages_total: int = 0
    pages_done: int = 0
    links: int = 0
    images: int = 0
    sections: int = 0
    structure_source: str | None = None
    hidden_characters: int = 0
    page_outcomes: dict[str, int] = {}
    degraded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    retry_worthwhile: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    llm_calls: int = 0
    llm_cached_calls: int = 0
    embedding_tokens: int = 0
    seconds: float = 0.0
    stage_seconds: dict[str, float] = {}
    stage_starts: dict[str, float] = {}
    stage_costs_usd: dict[str, float] = {}
    #: Of workers, all and those with no other document beside it: see ledger/deaths.py.
    deaths: int = 0
    deaths_alone: int = 0
    run_id: str | None = None


class ClaimRecord(Record):
    """Who works on a document, until when (epoch seconds), and on what."""

    owner: str
    expires_at: float
    etag: str | None = None
    stores: tuple[StoreName, ...] = ()
    cache: str | None = None
    delivery: str | None = None
    #: The worker works on no other document beside it. 0.1.0 didn't say.
    alone: bool = False


class DocumentRecord(DocumentResult):
    """One document: its last result, and what happens to it now."""

    document_id: str = ""
    s3_key: str = ""
    state: DocumentState
    state_changed_at: str = ""
    generation_number: int = 0
    etag: str | None = None
    stage: str | None = None
    started_at: str | None = None
    attempt: int = 0
    worker: str | None = None
    cancel_requested: bool = False
    counted_in_run: str | None = None
    #: Of its last event (ledger/events.py); none while events are off, and in what 0.1.0 wrote.
    event_sequence: int | None = None
    event_type: str | None = None
    claim: ClaimRecord | None = None

    @classmethod
    def from_item(cls, item: Item) -> Self:
        claim = {name.removeprefix(_CLAIM): value for name, value in item.items() if name.startswith(_CLAIM)}
        return super().from_item({**item, "claim": ClaimRecord.from_item(claim) if "owner" in claim else None})

    def to_item(self) -> Item:
        item = super().to_item()
        claim = item.pop("claim", None) or {}
        return item | {f"{_CLAIM}{name}": value for name, value in claim.items()}

    @classmethod
    def unseen(cls, document_id: str, s3_key: str) -> Self:
        """A document that the ledger knows nothing of."""
        return cls(document_id=document_id, s3_key=s3_key, state=DocumentState.QUEUED)

    def with_result(self, state: DocumentState, result: DocumentResult) -> Self:
        """The document after an attempt that ended so."""
        changes = {name: getattr(result, name) for name in result.model_fields_set}
        return self.model_copy(update={**changes, "state": state})


#: Attributes of a claim begin so in the document's item.
_CLAIM = "claim_"
CLAIM_ATTRIBUTES = tuple(f"{_CLAIM}{name}" for name in ClaimRecord.model_fields)


class AttemptRecord(Record):
    """How one attempt ended; kept for a while."""

    attempt: int = 0
    outcome: str = ""
    started_at: str = ""
    seconds: float = 0.0
    worker: str | None = None
    code: str | None = None
    message: str | None = None
    degraded: tuple[str, ...] = ()
    stage_seconds: dict[str, float] = {}
    stage_starts: dict[str, float] = {}
    stage_costs_usd: dict[str, float] = {}


class RunRecord(Record):
    """One bulk run. `queueing_at` (epoch seconds) is when its program last said that it still queues documents."""

    run_id: str = ""
    started_at: str | None = None
    cancelled_at: str | None = None
    request: RunDescription = RunDescription()
    max_cost_usd: float | None = None
    queueing_at: float | None = None
    queued_at: str | None = None
    documents_queued: int = 0
    documents_succeeded: int = 0
    documents_degraded: int = 0
    documents_failed: int = 0
    documents_skipped: int = 0
    documents_cancelled: int = 0
    documents_deleted: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    def ended(self, state: DocumentState) -> int:
        """How many of its documents ended so."""
        return int(getattr(self, f"documents_{state}"))


class CostRecord(Record):
    """What one model cost on one day."""

    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    documents: int = 0
    questions: int = 0
