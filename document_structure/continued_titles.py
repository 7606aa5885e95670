"""Titles that say that they go on: `Notes to the Statements (continued)`."""

import re
from collections.abc import Container

from document_structure.printed_contents import title_keys

_CONTINUED = re.compile(
    r"[\s\-–—,:(（\[]*\b(?:continued|cont[’']?d|cont|concluded|suite|fortsetzung|forts|continuación|continuaci[oó]n|cont)"
    r"\.?[)）\]]*\s*$|[（(](?:续|續|続き|つづき|続)[)）]\s*$",
    re.IGNORECASE,
)


def is_continued(title: str) -> bool:
    """Whether a title ends in `(continued)` or its like."""
    return _CONTINUED.search(title) is not None


def continued_key(title: str, told: Container[str]) -> str:
    """Which of the squeezed titles in `told` it goes on with, empty if with none."""
    match = _CONTINUED.search(title)
    keys = title_keys(title[: match.start()]) if match else ()
    return next((key for key in keys if key in told), "")
