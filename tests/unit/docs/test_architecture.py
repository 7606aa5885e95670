"""docs/architecture.md draws the rows that `tests/unit/test_imports.py` tests."""

import re
from pathlib import Path

from tests.unit.test_imports import ROWS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "architecture.md"


def test_the_tree_has_the_rows_that_imports_keep_to() -> None:
    drawn = re.search(r"^## The tree$.*?^```\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert drawn
    rows = [re.findall(r"(\w+)(?:/|\.py)", re.split(r"\s{3,}", line)[0]) for line in drawn[1].splitlines()]
    assert [sorted(row) for row in rows] == [sorted(row) for row in reversed(ROWS)]
