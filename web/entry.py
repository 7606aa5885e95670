"""One document as people see it: what the ledger says of it, and what the bucket does."""

from dataclasses import dataclass
from typing import Any

from foundation.store_names import StoreName
from ledger.documents import as_status
from ledger.records import DocumentRecord, DocumentState


def searchable_since(record: DocumentRecord) -> str | None:
    """When what the stores serve was made; None when they serve nothing. The last attempt may have ended otherwise."""
    return record.processed_at if record.served and any(record.points.values()) else None


@dataclass(frozen=True, slots=True)
class Entry:
    """`record` of a source that no worker has taken yet is made up: queued since its upload, in the stage `waiting`.

    `newer_waits`: the source is newer than what was processed. Without a source size and time of upload are None.
    """

    document_id: str
    record: DocumentRecord
    size_bytes: int | None = None
    uploaded_at: str | None = None
    newer_waits: bool = False

    @property
    def s3_key(self) -> str:
        return self.record.s3_key

    @property
    def state(self) -> DocumentState:
        return self.record.state

    @property
    def updated_at(self) -> str | None:
        """When the state began."""
        return self.record.state_changed_at or None

    @property
    def stores(self) -> list[StoreName]:
        """Those that serve the document."""
        return sorted(self.record.served)

    def sort_value(self, field: str) -> Any:
        """What the list is sorted by; None comes last."""
        match field:
            case "status":
                return self.state.value
            case "tokens":
                return self.record.tokens_in + self.record.tokens_out
            case "s3_key" | "updated_at" | "size_bytes":
                return getattr(self, field)
        return getattr(self.record, field)

    def as_json(self) -> dict[str, Any]:
        """As the panel's scripts get it: what `status --json` says, and what only the panel knows."""
        record = self.record
        return {
            **as_status(record),
            "document_id": self.document_id,
            "size_bytes": self.size_bytes,
            "uploaded_at": self.uploaded_at,
            "newer_waits": self.newer_waits,
            "searchable_since": searchable_since(record),
            "started_at": record.started_at,
            "worker": record.worker if record.state is DocumentState.PROCESSING else None,
            "cancel_requested": record.cancel_requested,
            "stores": self.stores,
            "outcomes": record.page_outcomes,
        }
