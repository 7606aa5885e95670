"""A document as `processing/pdf_process_history.json` shows it to other programs. They know the keys: those stay."""

from dataclasses import dataclass
from typing import Any, Self

from foundation.store_names import StoreName
from ledger.records import DocumentRecord, DocumentState


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Times are ISO 8601, UTC; `content_sha256` is in hex. None is what the ledger doesn't know, as of a document that
    has never been read."""

    content_sha256: str | None
    last_modified: str | None
    processed_at: str | None
    stores: tuple[StoreName, ...]
    page_count: int
    state: DocumentState

    @classmethod
    def of(cls, document: DocumentRecord) -> Self:
        return cls(
            content_sha256=document.content_sha256,
            last_modified=document.last_modified,
            processed_at=document.processed_at,
            stores=tuple(sorted(document.served)),
            page_count=document.pages_total,
            state=document.state,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "hash": self.content_sha256,
            "last_modified": self.last_modified,
            "last_preprocessed": self.processed_at,
            "processed_stores": list(self.stores),
            "page_count": self.page_count,
            "status": str(self.state),
        }
