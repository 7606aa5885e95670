"""How one document ended, and the pure rules that make a state and a ledger entry of it."""

from dataclasses import dataclass, field
from typing import Any

from config import StoreName
from data_ingestion.enrichment.model import Usage
from data_ingestion.ledger.documents import DocumentState
from data_ingestion.reading import ReadDocument
from errors import FailureCode, PermanentError


@dataclass(frozen=True, slots=True)
class ProcessingResult:
    """What `process_single_source` gives back. `reason` says why when nothing was done."""

    s3_key: str
    state: DocumentState
    reason: str = ""
    pages: int = 0
    links: int = 0
    images: int = 0
    points: dict[StoreName, int] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    degraded: tuple[str, ...] = ()
    stage_seconds: dict[str, float] = field(default_factory=dict)


def refuse_too_many_bad_pages(document: ReadDocument, max_percent: float) -> None:
    """Raise PermanentError when more of the pages than the budget allows could not be read."""
    bad, total = len(document.bad_pages), document.facts.page_count
    if bad * 100 <= max_percent * total and bad < total:
        return
    reasons = "; ".join(document.shortcomings())
    raise PermanentError(FailureCode.EXTRACTION_TIMEOUT, f"{bad} of {total} pages could not be read: {reasons}")


def history_entry(item: dict[str, Any], last_modified: str, processed_at: str) -> dict[str, Any]:
    """The document in `pdf_process_history.json`, from what the ledger is about to say."""
    return {
        "hash": item.get("content_sha256"),
        "last_modified": last_modified,
        "last_preprocessed": processed_at,
        "processed_stores": sorted(item.get("served", {})),
        "page_count": item.get("pages_total", 0),
        "status": str(item["state"]),
    }
