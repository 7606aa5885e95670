"""Printed tables of contents: what they list is a heading where it occurs later, and never where it is listed."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from data_ingestion.pdf.model import Line, Page
from data_ingestion.structure.numbering import parse_numbering
from data_ingestion.structure.runs import join_lines, style_of

_ROW = re.compile(
    r"(?P<title>.*?\S)(?P<leader>[\s.…·․_\-–—]*)\b(?P<page>\d{1,4}|[ivxlc]{1,6}|[A-Z]-\d{1,3})$", re.DOTALL
)
_LEADER = re.compile(r"(?:[.…·․_]\s?){3,}")
#: A page lists contents when so many of its rows end in page numbers, or in leaders and page numbers.
_MIN_ROWS = 5
_MIN_LEADER_ROWS = 3
_MIN_ROW_SHARE = 0.5
#: Entries indented by less than this are of the same level.
_INDENT_POINTS = 5.0
_SAME_ROW_POINTS = 3.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table of contents, before its level is known."""

    title: str
    indent: float  # points from the leftmost entry of its column
    size: float
    bold: bool
    depth: int  # of its number, 0 without one


def squeeze(text: str) -> str:
    """Letters and digits only, ligatures undone, case folded: what two printings of a title have in common."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def title_keys(title: str) -> tuple[str, ...]:
    """The squeezed title, and the same without its number when something is left."""
    full = squeeze(title)
    numbering = parse_numbering(title)
    bare = squeeze(numbering.title) if numbering else ""
    return (full, bare) if bare and bare != full else (full,) if full else ()


def entries_of(page: Page) -> tuple[Entry, ...]:
    """The entries of a page that is (part of) a table of contents, empty for every other page."""
    lines = [line for line in page.lines if line.text.strip()]
    if (
        sum(line.text.rstrip()[-1:].isdigit() or line.text.rstrip()[-1:] in "ivxlc" for line in lines)
        < _MIN_LEADER_ROWS
    ):
        return ()
    rows = _rows(lines)
    matches = [_ROW.fullmatch(" ".join(line.text for line in row)) for row in rows]
    listed = [(row, match) for row, match in zip(rows, matches, strict=True) if match and _is_entry(match)]
    with_leader = sum(_LEADER.search(match["leader"]) is not None for _, match in listed)
    enough = with_leader >= _MIN_LEADER_ROWS or len(listed) >= _MIN_ROWS
    if (
        not enough
        or len(listed) < _MIN_ROW_SHARE * len(rows)
        or not _mostly_rises([match["page"] for _, match in listed])
    ):
        return ()
    if with_leader < 0.3 * len(listed) and len(listed) < 0.75 * len(rows):
        return ()
    return tuple(_entries(rows, matches))


def levels_of(entries: Sequence[Entry]) -> dict[str, int]:
    """Squeezed title → level (1 = top), by number when most entries have one, else by indent and type."""
    numbered = sum(entry.depth > 0 for entry in entries)
    deep = sum(entry.depth > 1 for entry in entries)
    by_number = numbered > 0.6 * len(entries) and deep > 0.1 * len(entries)
    looks = Counter(_look(entry) for entry in entries)
    order = sorted(looks)
    levels: dict[str, int] = {}
    for entry in entries:
        level = max(entry.depth, 1) if by_number else 1 + order.index(_look(entry))
        for key in title_keys(entry.title):
            levels.setdefault(key, level)
    return levels


def _look(entry: Entry) -> tuple[int, float, bool]:
    return (round(entry.indent / _INDENT_POINTS), -round(entry.size), not entry.bold)


def _rows(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines that stand on one baseline, left to right: a title and its page number may come apart."""
    rows: list[list[Line]] = []
    for line in lines:
        last = rows[-1][-1] if rows else None
        if (
            last is not None
            and abs(last.bbox[3] - line.bbox[3]) <= _SAME_ROW_POINTS
            and line.bbox[0] >= last.bbox[2] - 1
        ):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _is_entry(match: re.Match[str]) -> bool:
    title = match["title"]
    return sum(character.isalpha() for character in title) >= 2 and (bool(match["leader"]) or title[-1] in ".…")


def _mostly_rises(pages: Sequence[str]) -> bool:
    numbers = [int(page) for page in pages if page.isdigit()]
    falls = sum(later < earlier for earlier, later in pairwise(numbers))
    spread = max(numbers, default=0) - min(numbers, default=0)
    return falls <= 0.15 * len(numbers) and (spread >= 3 or not numbers)


def _entries(rows: Sequence[Sequence[Line]], matches: Sequence[re.Match[str] | None]) -> list[Entry]:
    left = min((row[0].bbox[0] for row, match in zip(rows, matches, strict=True) if match), default=0.0)
    entries: list[Entry] = []
    pending: list[str] = []
    first: Line | None = None
    for row, match in zip(rows, matches, strict=True):
        if match is None or not _is_entry(match):
            text = " ".join(line.text for line in row)
            pending = [text] if len(pending) != 1 else [*pending, text]
            first = row[0]
            continue
        title = _LEADER.sub("", match["title"]).strip(" .…·_")
        opening = row[0]
        entries.append(_entry(title, opening, left))
        if pending and first is not None and style_of(first)[:3] == style_of(opening)[:3]:
            entries.append(_entry(join_lines([*pending, title]), first, left))
        pending = []
    return entries


def _entry(title: str, line: Line, left: float) -> Entry:
    numbering = parse_numbering(title)
    depth = numbering.depth if numbering and numbering.shape == "decimal" else 0
    return Entry(title, line.bbox[0] - left, line.size, line.bold, depth)
