"""What a run would take, as panel and commands say it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from data_ingestion.artifacts import SourceObject
from data_ingestion.enrichment.estimate import Estimator
from data_ingestion.enrichment.run_estimate import KnownDocument, estimate_run, known_document
from foundation.app_config import parse_app_config

CONFIG = parse_app_config(None)


def estimator(llm_model: str = "gpt-4.1-mini") -> Estimator:
    return Estimator(CONFIG, "document", llm_model, "text-embedding-3-small")


def source(name: str, size: int) -> SourceObject:
    return SourceObject(f"source-pdfs/{name}.pdf", size, "e1", datetime(2026, 1, 2, tzinfo=UTC))


SOURCES = [source("a", 1_000), source("b", 500), source("c", 250)]


def test_known_pages_are_counted_and_others_guessed_by_size() -> None:
    known = {
        "source-pdfs/a.pdf": KnownDocument(10, frozenset({"semantic"})),
        "source-pdfs/b.pdf": KnownDocument(0),
    }
    plan = estimate_run(SOURCES, known, ("semantic",), "use", estimator()).as_json()
    assert (plan["documents"], plan["up_to_date"], plan["to_process"]) == (3, 1, 2)
    assert (plan["pages"], plan["documents_with_guessed_pages"]) == (5 + 2, 2)
    assert plan["cost_usd"] > 0
    for stores, cache in ((("semantic", "pages"), "use"), (("semantic",), "rebuild")):
        assert estimate_run(SOURCES, known, stores, cache, estimator()).as_json()["to_process"] == 3  # type: ignore[arg-type]


def test_what_cannot_be_read_is_counted_and_costs_nothing() -> None:
    known = {"source-pdfs/a.pdf": KnownDocument(0, is_unreadable=True)}
    plan = estimate_run(SOURCES[:1], known, ("semantic",), "rebuild", estimator()).as_json()
    assert (plan["documents"], plan["unreadable"], plan["to_process"], plan["cost_usd"]) == (1, 1, 0, 0)


def test_what_an_older_version_stored_is_done_again_by_an_upgrade_only() -> None:
    known = {"source-pdfs/a.pdf": KnownDocument(10, frozenset({"pages"}), is_outdated=True)}
    for cache, to_process in (("use", 0), ("upgrade", 1)):
        plan = estimate_run(SOURCES[:1], known, ("pages",), cache, estimator())  # type: ignore[arg-type]
        assert plan.as_json()["to_process"] == to_process


def test_models_without_a_price_are_named() -> None:
    plan = estimate_run(SOURCES, {}, ("pages",), "use", estimator("own")).as_json()
    assert plan["models_without_price"] == ["own"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"state": "succeeded"}, KnownDocument(7, frozenset({"pages"}))),
        ({"state": "degraded"}, KnownDocument(7, frozenset({"pages"}))),
        ({"state": "succeeded", "is_replaced": True}, KnownDocument(7)),
        ({"state": "processing"}, KnownDocument(7)),
        ({"state": "failed", "code": "encrypted"}, KnownDocument(7, is_unreadable=True)),
        ({"state": "failed", "code": "encrypted", "is_replaced": True}, KnownDocument(7)),
        ({"state": "failed", "code": "llm_failed"}, KnownDocument(7)),
        ({"state": "succeeded", "data_version": 1}, KnownDocument(7, frozenset({"pages"}), is_outdated=True)),
    ],
)
def test_only_what_the_bucket_has_now_counts(given: dict[str, Any], expected: KnownDocument) -> None:
    plain = {"code": None, "pages": 7, "stores": ["pages"], "is_replaced": False, "data_version": None}
    assert known_document(**{**plain, **given}) == expected
