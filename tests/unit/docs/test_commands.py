"""Every block of commands in the docs is run by a test, or says why it isn't."""

import re
from pathlib import Path

import pytest

from tests.support.documentation import PAGES, page_id
from tests.support.machine import REPOSITORY

#: `tests/integration/docs/test_pages.py` runs what is not marked on these.
FOLLOWED = {REPOSITORY / "README.md", REPOSITORY / "docs" / "tutorial.md", *REPOSITORY.glob("docs/how-to/*.md")}
BLOCK = re.compile(r"(<!-- not run: \w.*-->\n *)?```(?:sh|bash|console)\n")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_are_run_or_say_why_not(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    unmarked = [text.count("\n", 0, found.start()) + 1 for found in BLOCK.finditer(text) if not found[1]]
    assert page in FOLLOWED or unmarked == []
