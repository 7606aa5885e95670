"""When an uploaded document has ended, by what the ledger says before and after."""

from typing import Any

import pytest

from command_line.ingest import Uploaded, has_ended, is_unchanged
from ledger.records import DocumentRecord

FAILED = {"state": "failed", "etag": "new", "state_changed_at": "1"}
OLD = {"state": "succeeded", "etag": "old", "state_changed_at": "1"}
SAME = {"state": "succeeded", "etag": "new", "state_changed_at": "1"}


@pytest.mark.parametrize(
    ("before", "item", "ended"),
    [
        (None, None, False),
        (None, {"state": "processing", "claim": {"owner": "w", "expires_at": 1.0}, "state_changed_at": "2"}, False),
        (None, {"state": "queued", "etag": "new", "state_changed_at": "2"}, False),
        (None, {"state": "succeeded", "etag": "new", "state_changed_at": "2"}, True),
        (None, {"state": "failed", "etag": "new", "state_changed_at": "2"}, True),
        (None, {"state": "failed", "state_changed_at": "2"}, True),  # given up unread: it has no etag
        (OLD, OLD, False),
        (OLD, {"state": "succeeded", "etag": "old", "state_changed_at": "2"}, False),  # an earlier upload's end
        (OLD, {"state": "degraded", "etag": "new", "state_changed_at": "2"}, True),
        (SAME, SAME, True),  # the worker finds it up to date and writes nothing
        (SAME, {**SAME, "claim": {"owner": "w", "expires_at": 1.0}}, False),
        (FAILED, FAILED, False),  # it is tried again
        (FAILED, {**FAILED, "state_changed_at": "2"}, True),
    ],
)
def test_an_upload_has_ended(before: dict[str, Any] | None, item: dict[str, Any] | None, ended: bool) -> None:
    document = Uploaded("source-pdfs/a.pdf", "id", "new", _record(before))
    assert has_ended(document, _record(item)) is ended


@pytest.mark.parametrize(
    ("before", "item", "unchanged"),
    [(None, SAME, False), (SAME, SAME, True), (SAME, {**SAME, "state_changed_at": "2"}, False)],
)
def test_an_upload_of_the_same_content_is_unchanged(
    before: dict[str, Any] | None, item: dict[str, Any], unchanged: bool
) -> None:
    made = _record(item)
    assert made
    assert is_unchanged(made, _record(before)) is unchanged


def _record(fields: dict[str, Any] | None) -> DocumentRecord | None:
    return DocumentRecord.model_validate(fields) if fields else None
