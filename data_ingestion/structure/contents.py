"""Printed tables of contents: what they list is a heading where it occurs later, and never where it is listed."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from data_ingestion.pdf.model import Line, Page
from data_ingestion.structure.numbering import parse_numbering
from data_ingestion.structure.runs import join_lines

_ROW = re.compile(
    r"(?P<title>.*?\S)(?P<leader>[\s.…·․_\-–—]*)\b(?P<page>\d{1,4}|[ivxlc]{1,6}|[A-Z]-\d{1,3})$", re.DOTALL
)
_LEADER = re.compile(r"(?:[.…·․_]\s?){3,}")
_PAGE_NUMBER_ENDS = frozenset("0123456789ivxlc")
#: A page lists contents when so many of its rows end in page numbers, or in leaders and page numbers.
_MIN_ROWS = 5
_MIN_LEADER_ROWS = 3
#: … and when they are this share of all rows.
_MIN_ROW_SHARE = 0.7
_MIN_LEADER_SHARE = 0.4
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


@dataclass(frozen=True, slots=True)
class Listing:
    """The contents that a page lists, between two offsets of its text."""

    entries: tuple[Entry, ...]
    start: int
    end: int
    last_page: int  # the last page number that it shows, as it is printed; 0 without Arabic ones


def listing_of(page: Page, before: Listing | None) -> Listing | None:
    """What a page lists, None when it is no (part of a) table of contents.

    `before` is what the page before lists: entries at the top of this page are then the table's end.
    """
    lines = [line for line in page.lines if line.text.strip()]
    if sum(line.text.rstrip()[-1:] in _PAGE_NUMBER_ENDS for line in lines) < (1 if before else _MIN_LEADER_ROWS):
        return None
    rows = _rows(lines)
    matches = [_match(row) for row in rows]
    if not _is_contents(matches):
        matches = list(takewhile(lambda match: match and _number(match) >= before.last_page, matches)) if before else []
        rows = rows[: len(matches)]
    listed = [row for row, match in zip(rows, matches, strict=True) if match]
    if not listed:
        return None
    return Listing(
        entries=tuple(_entries(rows, matches)),
        start=listed[0][0].start,
        end=max(line.end for row in listed for line in row),
        last_page=max(_number(match) for match in matches if match),
    )


def _number(match: re.Match[str]) -> int:
    return int(match["page"]) if match["page"].isdecimal() else 0


def _is_contents(matches: Sequence[re.Match[str] | None]) -> bool:
    listed = [match for match in matches if match]
    with_leader = sum(_LEADER.search(match["leader"]) is not None for match in listed)
    if with_leader < _MIN_LEADER_ROWS and len(listed) < _MIN_ROWS:
        return False
    share = _MIN_LEADER_SHARE if with_leader > 0.3 * len(listed) else _MIN_ROW_SHARE
    return len(listed) >= share * len(matches) and _mostly_rises([match["page"] for match in listed])


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


def _match(row: Sequence[Line]) -> re.Match[str] | None:
    match = _ROW.fullmatch(" ".join(line.text.strip() for line in row))
    if match is None or sum(character.isalpha() for character in match["title"]) < 2:
        return None
    return match if match["leader"] or match["title"][-1] in ".…" else None


def _mostly_rises(pages: Sequence[str]) -> bool:
    numbers = [int(page) for page in pages if page.isdigit()]
    falls = sum(later < earlier for earlier, later in pairwise(numbers))
    spread = max(numbers, default=0) - min(numbers, default=0)
    return falls <= 0.15 * len(numbers) and (spread >= 3 or not numbers)


def _entries(rows: Sequence[Sequence[Line]], matches: Sequence[re.Match[str] | None]) -> list[Entry]:
    columns = _columns([row for row, match in zip(rows, matches, strict=True) if match])
    entries: list[Entry] = []
    pending: list[Line] = []
    for row, match in zip(rows, matches, strict=True):
        if match is None:
            pending = [*pending[-1:], row[0]]
            continue
        title = _LEADER.sub("", match["title"]).strip(" .…·_")
        left = min((left for left, right in columns if abs(right - row[-1].bbox[2]) <= _INDENT_POINTS), default=0.0)
        entries.append(_entry(title, row[0], left))
        for first in range(len(pending)):
            whole = join_lines([*(line.text for line in pending[first:]), title])
            entries.append(_entry(whole, pending[first], left))
        pending = []
    return entries


def _columns(rows: Iterable[Sequence[Line]]) -> list[tuple[float, float]]:
    """Left and right edges of the columns of entries: page numbers of one column end at the same height."""
    columns: list[tuple[float, float]] = []
    for row in rows:
        left, right = row[0].bbox[0], row[-1].bbox[2]
        for position, column in enumerate(columns):
            if abs(column[1] - right) <= _INDENT_POINTS:
                columns[position] = (min(column[0], left), column[1])
                break
        else:
            columns.append((left, right))
    return columns


def _entry(title: str, line: Line, left: float) -> Entry:
    numbering = parse_numbering(title)
    depth = numbering.depth if numbering and numbering.shape == "decimal" else 0
    return Entry(title, max(0.0, line.bbox[0] - left), line.size, line.bold, depth)
