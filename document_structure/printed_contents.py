"""Printed tables of contents: what they list is a heading where it occurs later, and never where it is listed."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from document_structure.contents_rows import (
    LEADER,
    MIN_LEADER_ROWS,
    ListedRow,
    Target,
    contents_among,
    ends_in_page_number,
    links_to_later_pages,
    listed_row,
    rows_of,
)
from document_structure.numbering import parse_numbering
from document_structure.text_runs import join_lines
from pdf_reader.document import Line, Page

_NO_ASCII_MARKS = {code: None for code in range(128) if not chr(code).isalnum()}
#: A document's contents start on one of its first pages; later ones are those of its parts.
_LAST_PAGE = 30
#: Entries indented by less than this are of the same level.
_INDENT_POINTS = 5.0
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
    is_part: bool
    sure: bool  # on one line: not perhaps the end of an entry, or one put together from several lines
    label: str = ""  # its page number as it is printed
    target: Target | None = None  # where its link leads


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
        self.entries: list[Entry] = []
        self._latest: Listing | None = None
        self._closed = False

    def add(self, page: Page) -> Listing | None:
        """What the page lists, also when that is an index or the contents of a part."""
        self._latest = listing_of(page, self._latest)
        self._closed |= page.number > _LAST_PAGE or (bool(self.entries) and self._latest is None)
        if self._latest and not self._closed:
            self.entries += self._latest.entries
        return self._latest


def listing_of(page: Page, before: Listing | None) -> Listing | None:
    """What a page lists, None when it is no (part of a) table of contents.

    `before` is what the page before lists: entries at the top of this page are then the table's end.
    """
    lines = [line for line in page.lines if line.text.strip()]
    links = links_to_later_pages(page) if page.number <= _LAST_PAGE else []
    fewest = 1 if before else MIN_LEADER_ROWS
    if not links and len(list(islice(filter(ends_in_page_number, lines), fewest))) < fewest:
        return None
    rows = rows_of(lines)
    listed = [listed_row(row, links) for row in rows]
    block = contents_among(rows, listed)
    if block is not None:
        rows, listed = rows[block], listed[block]
    else:
        listed = list(takewhile(lambda row: row and row.number >= before.last_page, listed)) if before else []
        rows = rows[: len(listed)]
    entries = [row for row, found in zip(rows, listed, strict=True) if found]
    if not entries:
        return None
    return Listing(
        entries=tuple(_entries(rows, listed)),
        start=entries[0][0].start,
        end=max(line.end for row in entries for line in row),
        last_page=max(row.number for row in listed if row),
    )


def levels_of(entries: Sequence[Entry]) -> dict[str, int]:
    """Squeezed title → level (1 = top), by number when most entries have one, else by indent and type."""
    numbered = sum(entry.depth > 0 for entry in entries)
    deep = sum(entry.depth > 1 for entry in entries)
    by_number = numbered > 0.6 * len(entries) and deep > 0.1 * len(entries)
    entry_styles = _entry_styles(entries)
    order = sorted({entry_style for entry, entry_style in zip(entries, entry_styles, strict=True) if entry.sure})
    levels: dict[str, int] = {}
    for entry, entry_style in zip(entries, entry_styles, strict=True):
        if by_number or entry_style in order:
            for key in title_keys(entry.title):
                levels.setdefault(key, max(entry.depth, 1) if by_number else 1 + order.index(entry_style))
    return levels


def _entry_styles(entries: Sequence[Entry]) -> list[tuple[float, ...]]:
    """What tells the levels apart: the indent, or without indents the type; sizes may be those of the leaders only."""
    indents = [round(entry.indent / _INDENT_POINTS) for entry in entries]
    if len(set(indents)) > 1:
        # Parts contain what stands below them, also when their names are centred.
        return [(-1,) if entry.is_part else (indent,) for entry, indent in zip(entries, indents, strict=True)]
    return [(-round(entry.size), not entry.bold) for entry in entries]


def _entries(rows: Sequence[Sequence[Line]], listed: Sequence[ListedRow | None]) -> list[Entry]:
    columns = _columns([row for row, found in zip(rows, listed, strict=True) if found])
    leftmost = min(row[0].bbox[0] for row in rows)
    entries: list[Entry] = []
    pending: list[Line] = []
    for row, found in zip(rows, listed, strict=True):
        if found is None:
            pending = [*pending[-1:], row[0]]
            continue
        title = LEADER.sub("", found.title).strip(" .…·_")
        aligned = [left for left, right in columns if abs(right - row[-1].bbox[2]) <= _INDENT_POINTS]
        left = min(aligned, default=leftmost)
        entries.append(_entry(title, row[0], left, found, sure=not pending))
        for first in range(len(pending)):
            whole = join_lines([*(line.text for line in pending[first:]), title])
            entries.append(_entry(whole, pending[first], left, found, sure=False))
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


def _entry(title: str, line: Line, left: float, row: ListedRow, *, sure: bool) -> Entry:
    numbering = parse_numbering(title)
    depth = numbering.depth if numbering and numbering.shape == "decimal" else 0
    indent = max(0.0, line.bbox[0] - left)
    is_part = numbering is not None and numbering.label == "part"
    return Entry(title, indent, line.size, line.bold, depth, is_part, sure, row.label, row.target)
