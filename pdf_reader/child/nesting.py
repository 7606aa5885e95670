"""Pages that save the graphics state again and again: MuPDF gives up on them, although their text is fine."""

import re
from typing import Any

#: So many `q` in a row that nothing was changed between them: one does as well.
_SAVES = re.compile(rb"(?<!\S)(?:q\s+){32,}")


def is_nested_too_deeply(error: Exception) -> bool:
    return "too many nested graphics states" in str(error)


def flatten(document: Any, page: Any) -> bool:
    """Take repeated saves out of the page's content, in memory; False when there are none."""
    content, count = _SAVES.subn(b"q ", page.read_contents())
    if not count:
        return False
    xref = document.get_new_xref()
    document.update_object(xref, "<<>>")
    document.update_stream(xref, content)
    page.set_contents(xref)
    return True
