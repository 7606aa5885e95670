"""Annual reports without an outline: their items become headings, once each and below their part."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report_items import score_report
from tests.support.structures import read_structure

#: Contents in cells and as links, label and title apart, running heads that look like items.
REPORTS = (
    "ADOBE_2022_10K",
    "AMAZON_2017_10K",
    pytest.param("JOHNSON_JOHNSON_2022_10K", marks=pytest.mark.slow),
    pytest.param("WALMART_2018_10K", marks=pytest.mark.slow),
)


@pytest.fixture(scope="module")
def quality(corpus: Path) -> Path:
    """Truths and reports, beside the corpus."""
    folder = corpus.parent / "quality"
    if not (folder / "filings" / "items.json").is_file():
        pytest.skip(f"no truth in {folder / 'filings'}")
    return folder


@pytest.mark.parametrize("report", REPORTS)
def test_95_of_100_items_are_headings_below_their_part(report: str, quality: Path, tmp_path: Path) -> None:
    truth: dict[str, Any] = json.loads((quality / "filings" / "items.json").read_text("utf-8"))
    items = truth[f"{report}.pdf"]
    seen = read_structure(quality / "questions" / "pdfs" / f"{report}.pdf", tmp_path)
    score = score_report(items, seen.structure.sections)
    assert score.found >= 0.95 * len(items)
    assert score.below_part >= 0.95 * len(items)
    assert not score.twice
