"""Lines of a passage that name what follows and say nothing themselves: headings, and headers of tables. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from answers.passage_sentences import plain
from answers.table_marks import is_header

FULL_STOP = re.compile(r"[.!?…。！？؟:;]$")
#: A numbered title: `5.2 Closing the floodgate`.
_NUMBERED_TITLE = re.compile(r"(?:\d+\.)*\d+\.?\s+[^\W\d_][^\d]*")


def titles_above(metadata: Mapping[str, Any]) -> frozenset[str]:
    """The headings above a passage, of its point's `heading_path`."""
    path = str(metadata.get("heading_path") or "")
    return frozenset(title for part in path.split(">") if (title := part.strip()))


def is_title(text: str, start: int, end: int, titles: Collection[str]) -> bool:
    """Whether `text[start:end]` is a heading, or the header of a table. `titles` are the headings above the passage."""
    if text.startswith("|", start):
        return is_header(text, start, end)
    said = plain(text[start:end])
    is_numbered = _NUMBERED_TITLE.fullmatch(said) is not None and not FULL_STOP.search(said)
    return is_heading(text, start, end, titles) or (is_numbered and _is_whole_line(text, start, end))


def is_heading(text: str, start: int, end: int, titles: Collection[str]) -> bool:
    """Whether `text[start:end]` is a line of its own, and one of the headings above the passage."""
    return _is_whole_line(text, start, end) and plain(text[start:end]) in titles


def _is_whole_line(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in ("", "\n") and (text.startswith("\n", end) or not text[end:].strip())
