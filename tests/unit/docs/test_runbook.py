"""The runbook has an entry for whatever can wake somebody up."""

import re
from pathlib import Path

import pytest

from foundation.errors import FailureCode
from work_queue.dead_letter_writer import MALFORMED_MESSAGE

REPOSITORY = Path(__file__).resolve().parents[3]
RUNBOOK = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", [*FailureCode, MALFORMED_MESSAGE, "redrive_policy"])
def test_every_failure_code_says_what_it_means_how_to_look_and_what_to_do(code: str) -> None:
    entry = re.search(rf"^## {code}\n(.*?)(?=^#|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert entry
    for part in ("**Means.**", "**Look.**", "**Do.**"):
        assert part in entry[1]


def test_every_anchor_that_is_named_anywhere_exists() -> None:
    anchors = {
        re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    }
    named = set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK))
    for path in (*(REPOSITORY / "infra").glob("*.yaml"), REPOSITORY / "Dockerfile.worker"):
        named |= set(re.findall(r"docs/runbook\.md#([a-z0-9_-]+)", path.read_text(encoding="utf-8")))
    assert named <= anchors
