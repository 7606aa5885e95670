"""The same bytes under a new ETag: the document is what it was, whatever became of the attempts in between."""

import time
from pathlib import Path

from composition.parts import Parts
from foundation.errors import FailureCode
from foundation.store_names import STORE_NAMES
from ledger import Claim, ClaimRequest, Claims, DocumentResult, DocumentState
from ledger.documents import document_key
from ledger.table import Update

KEY = "source-pdfs/a.pdf"


def take(parts: Parts, document_id: str) -> tuple[Claims, Claim]:
    """A worker begins with other bytes, an hour ago."""
    claims = Claims(parts.table, "earlier", clock=lambda: time.time() - 3_600)
    request = ClaimRequest(document_id, KEY, "other bytes", STORE_NAMES, "use", delivery_id="m1")
    return claims, claims.take(request, parts.documents.get(document_id), 60)


def test_after_attempts_that_came_to_nothing_it_is_served_as_before(parts: Parts, samples: Path) -> None:
    """Before, a document whose worker had died stood in the ledger as `processing` for good, with no pages."""
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", KEY)
    pages = parts.processor.process_single_source(KEY).pages
    document_id = parts.artifacts.document_id(KEY)
    for ending in ("died", DocumentState.QUEUED, DocumentState.FAILED):
        claims, claim = take(parts, document_id)
        if isinstance(ending, DocumentState):
            claims.end(claim, ending, DocumentResult(code=FailureCode.CORRUPT))
        result = parts.processor.process_single_source(KEY, delivery_id="m2")
        item = parts.documents.get(document_id)
        assert item
        assert (result.state, item.state, item.claim) == (DocumentState.SKIPPED, DocumentState.SUCCEEDED, None), ending
        assert (item.pages_total, item.pages_done) == (pages, pages)
    parts.table.update(Update(document_key(document_id), {"degraded": ["page 1: hm"]}, {}))
    take(parts, document_id)
    parts.processor.process_single_source(KEY, delivery_id="m2")
    item = parts.documents.get(document_id)
    assert item
    assert item.state is DocumentState.DEGRADED
