"""Printed tables of contents: what they list is a heading where it occurs later, and never where it is listed."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from document_structure.numbering import parse_numbering
from document_structure.text_runs import join_lines
from pdf_reader.document import Line, Page

_ROW = re.compile(
    r"(?P<title>.*?\S)(?P<leader>[\s.…·․_\-–—]*)\b(?P<page>\d{1,4}|[ivxlc]{1,6}|[A-Z]-\d{1,3})$", re.DOTALL
)
_LEADER = re.compile(r"(?:[.…·․_]\s?){3,}")
#: A row of a table of figures, unless it ends in a year.
_ENDS_IN_AMOUNT = re.compile(r"(?:[$€£¥%—–]|(?:^|[\s(])(?!(?:19|20)\d\d$)[\d,.]+\)?)\s*$")
_NO_ASCII_MARKS = {code: None for code in range(128) if not chr(code).isalnum()}
_ROMAN_ENDS = frozenset("ivxlc")
#: A page lists contents when so many of its rows end in page numbers, or in leaders and page numbers.
_MIN_ROWS = 5
_MIN_LEADER_ROWS = 3
#: … and when they are this share of all rows.
_MIN_ROW_SHARE = 0.7
_MIN_LEADER_SHARE = 0.4
#: Page numbers rise, but for a few; without leaders they also reach over some pages.
_MAX_FALLS = 0.15
_MIN_SPREAD = 3
#: A document's contents start on one of its first pages; later ones are those of its parts.
_LAST_PAGE = 30
#: Entries indented by less than this are of the same level.
_INDENT_POINTS = 5.0
_SAME_ROW_POINTS = 3.0
#: Page numbers that end at one place make a column when so many of the page's entries do.
_MIN_COLUMN_SHARE = 0.25
_MIN_COLUMN = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table of contents, before its level is known."""

    title: str
    indent: float  # points from the leftmost entry of its column
    size: float
    bold: bool
    depth: int  # of its number, 0 without one
    sure: bool  # on one line: not perhaps the end of an entry, or one put together from several lines


def squeeze(text: str) -> str:
    """Letters and digits only, ligatures undone, case folded: what two printings of a title have in common."""
    if text.isascii():
        return text.lower().translate(_NO_ASCII_MARKS)
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


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


class PrintedContents:
    """The document's own table of contents: the first one, if it stands near the beginning."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._latest: Listing | None = None
        self._closed = False

    def add(self, page: Page) -> Listing | None:
        """What the page lists, also when that is an index or the contents of a part."""
        self._latest = listing_of(page, self._latest)
        self._closed |= page.number > _LAST_PAGE or (bool(self._entries) and self._latest is None)
        if self._latest and not self._closed:
            self._entries += self._latest.entries
        return self._latest

    def levels(self) -> dict[str, int]:
        """Squeezed title → level (1 = top)."""
        return levels_of(self._entries)


def listing_of(page: Page, before: Listing | None) -> Listing | None:
    """What a page lists, None when it is no (part of a) table of contents.

    `before` is what the page before lists: entries at the top of this page are then the table's end.
    """
    lines = [line for line in page.lines if line.text.strip()]
    if sum(map(_ends_in_page_number, lines)) < (1 if before else _MIN_LEADER_ROWS):
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
    pages = [_number(match) for match in listed if _number(match)]
    if sum(later < earlier for earlier, later in pairwise(pages)) > _MAX_FALLS * len(pages):
        return False
    if with_leader > 0.3 * len(listed):
        return len(listed) >= _MIN_LEADER_SHARE * len(matches)
    return len(listed) >= _MIN_ROW_SHARE * len(matches) and max(pages, default=0) - min(pages, default=0) >= _MIN_SPREAD


def levels_of(entries: Sequence[Entry]) -> dict[str, int]:
    """Squeezed title → level (1 = top), by number when most entries have one, else by indent and type."""
    numbered = sum(entry.depth > 0 for entry in entries)
    deep = sum(entry.depth > 1 for entry in entries)
    by_number = numbered > 0.6 * len(entries) and deep > 0.1 * len(entries)
    looks = _looks(entries)
    order = sorted({look for entry, look in zip(entries, looks, strict=True) if entry.sure})
    levels: dict[str, int] = {}
    for entry, look in zip(entries, looks, strict=True):
        if by_number or look in order:
            for key in title_keys(entry.title):
                levels.setdefault(key, max(entry.depth, 1) if by_number else 1 + order.index(look))
    return levels


def _looks(entries: Sequence[Entry]) -> list[tuple[float, ...]]:
    """What tells the levels apart: the indent, or without indents the type; sizes may be those of the leaders only."""
    indents = [round(entry.indent / _INDENT_POINTS) for entry in entries]
    if len(set(indents)) > 1:
        return [(indent,) for indent in indents]
    return [(-round(entry.size), not entry.bold) for entry in entries]


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


def _ends_in_page_number(line: Line) -> bool:
    """A first look."""
    last = line.text.rstrip()[-1]
    return last.isdecimal() or last in _ROMAN_ENDS


def _match(row: Sequence[Line]) -> re.Match[str] | None:
    if not _ends_in_page_number(row[-1]):
        return None
    match = _ROW.fullmatch(" ".join(line.text.strip() for line in row))
    if match is None or sum(character.isalpha() for character in match["title"]) < 2:
        return None
    if not _LEADER.search(match["leader"]) and _ENDS_IN_AMOUNT.search(match["title"]):
        numbering = parse_numbering(match["title"])
        if numbering is None or numbering.title:
            return None
    return match if match["leader"] or match["title"][-1] in ".…" else None


def _entries(rows: Sequence[Sequence[Line]], matches: Sequence[re.Match[str] | None]) -> list[Entry]:
    columns = _columns([row for row, match in zip(rows, matches, strict=True) if match])
    leftmost = min(row[0].bbox[0] for row in rows)
    entries: list[Entry] = []
    pending: list[Line] = []
    for row, match in zip(rows, matches, strict=True):
        if match is None:
            pending = [*pending[-1:], row[0]]
            continue
        title = _LEADER.sub("", match["title"]).strip(" .…·_")
        aligned = [left for left, right in columns if abs(right - row[-1].bbox[2]) <= _INDENT_POINTS]
        left = min(aligned, default=leftmost)
        entries.append(_entry(title, row[0], left, sure=not pending))
        for first in range(len(pending)):
            whole = join_lines([*(line.text for line in pending[first:]), title])
            entries.append(_entry(whole, pending[first], left, sure=False))
        pending = []
    return entries


def _columns(rows: Sequence[Sequence[Line]]) -> list[tuple[float, float]]:
    """Left and right edges of the columns of entries: where page numbers are aligned, each alignment is a column."""
    edges: list[tuple[float, list[float]]] = []
    for row in rows:
        left, right = row[0].bbox[0], row[-1].bbox[2]
        lefts = next((lefts for edge, lefts in edges if abs(edge - right) <= _INDENT_POINTS), None)
        if lefts is None:
            edges.append((right, [left]))
        else:
            lefts.append(left)
    return [
        (min(lefts), edge) for edge, lefts in edges if len(lefts) >= max(_MIN_COLUMN, _MIN_COLUMN_SHARE * len(rows))
    ]


def _entry(title: str, line: Line, left: float, *, sure: bool) -> Entry:
    numbering = parse_numbering(title)
    depth = numbering.depth if numbering and numbering.shape == "decimal" else 0
    return Entry(title, max(0.0, line.bbox[0] - left), line.size, line.bold, depth, sure)
