"""A document in the history's file, as other programs read it: the keys, their order and what they hold."""

import json

from ledger.history_entry import HistoryEntry
from ledger.records import DocumentRecord, DocumentState, ServedStore


def test_a_document_that_is_served() -> None:
    document = DocumentRecord(
        state=DocumentState.DEGRADED,
        content_sha256="ab",
        last_modified="2026-11-24T10:00:00+00:00",
        processed_at="2026-11-24T10:01:00Z",
        served={"semantic": ServedStore(), "pages": ServedStore()},
        pages_total=12,
    )

    assert json.dumps(HistoryEntry.of(document).to_json()) == (
        '{"hash": "ab", "last_modified": "2026-11-24T10:00:00+00:00", "last_preprocessed": "2026-11-24T10:01:00Z",'
        ' "processed_stores": ["pages", "semantic"], "page_count": 12, "status": "degraded"}'
    )


def test_a_document_that_was_never_read() -> None:
    document = DocumentRecord(state=DocumentState.FAILED)

    assert HistoryEntry.of(document).to_json() == {
        "hash": None,
        "last_modified": None,
        "last_preprocessed": None,
        "processed_stores": [],
        "page_count": 0,
        "status": "failed",
    }
