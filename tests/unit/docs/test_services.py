"""docs/services.md has every finding of the review with its test, and the client that is locked with its server."""

import re
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "services.md"
#: Numbers 1, 2 and 9 were mended before the page began.
FINDINGS = set(range(3, 24)) - {9}


def test_every_finding_has_a_row_and_every_row_a_test() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| (\d|–)", line)]
    findings = [row for row in rows if len(row) == 6]
    assert {int(number) for row in findings for number in re.findall(r"\d+", row[0])} == FINDINGS
    assert [row[1] for row in findings if "`tests/" not in row[2]] == []


def test_the_client_that_is_installed_was_tried_against_a_server() -> None:
    """Before another client is locked, run make test-qdrant."""
    rows = PAGE.read_text(encoding="utf-8")
    pairs = re.findall(r"^\| ([\d.]+)[^|]* \| ([\d.]+) \|", rows, re.MULTILINE)
    assert version("qdrant-client") in {client for client, _ in pairs}
