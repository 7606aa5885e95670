"""The pages that people read."""

from pathlib import Path

from tests.support.machine import REPOSITORY

PAGES = tuple(sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")]))


def page_id(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))
