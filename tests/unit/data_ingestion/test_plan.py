"""Whether a document needs work: decided from what the ledger says and what S3 has."""

from typing import Any

import pytest

from data_ingestion.plan import decide
from ledger import DocumentRecord

SERVED = {store: {"sha256": "aa", "shape": "s1", "generation": "1"} for store in ("pages", "semantic", "haystack")}
DONE: dict[str, Any] = {"state": "succeeded", "etag": "e1", "content_sha256": "aa", "served": SERVED}
ALL = ("pages", "semantic", "haystack")


@pytest.mark.parametrize(
    ("item", "changes", "stores"),
    [
        (None, {}, ALL),
        (DONE, {}, ()),
        (DONE, {"etag": "e2"}, ALL),
        (DONE, {"etag": None, "content_sha256": "aa"}, ()),
        (DONE, {"etag": None, "content_sha256": "bb"}, ALL),
        (DONE, {"cache_behavior": "rebuild"}, ALL),
        (DONE, {"shapes": frozenset({"s2"})}, ALL),
        (DONE, {"stores": ("pages",)}, ()),
        ({**DONE, "served": {"pages": SERVED["pages"]}}, {}, ("semantic", "haystack")),
        ({**DONE, "served": {**SERVED, "pages": {"sha256": "old", "shape": "s1", "generation": "1"}}}, {}, ("pages",)),
        ({**DONE, "retry_worthwhile": True}, {}, ALL),
        (DONE, {"shapes": frozenset({"s2", "s1"})}, ()),
        ({"etag": "e1", "state": "failed"}, {}, ALL),
    ],
    ids=[
        "never seen", "unchanged", "another etag", "another etag, same bytes", "other bytes", "rebuild",
        "made differently", "fewer stores", "two stores missing", "one store stale", "degraded for now",
        "made the same way by an earlier version", "failed",
    ],
)  # fmt: skip
def test_only_stores_that_need_it_are_worked_on(
    item: dict[str, Any] | None, changes: dict[str, Any], stores: tuple[str, ...]
) -> None:
    arguments: dict[str, Any] = {
        "stores": ALL, "shapes": frozenset({"s1"}), "cache_behavior": "use", "etag": "e1", **changes,
    }  # fmt: skip
    plan = decide(DocumentRecord.from_item(item) if item else None, **arguments)
    assert plan.stores == stores
    assert plan.is_needed is bool(stores)
    assert plan.reason
