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


def continues(title: str, told: Container[str]) -> bool:
    """Whether it goes on with one of the titles whose squeezed form is in `told`."""
    match = _CONTINUED.search(title)
    return match is not None and any(key in told for key in title_keys(title[: match.start()]))
