"""Rows of a page that may be entries of a table of contents: a title and a page number, or a link to a later page."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from document_structure.contents_title import is_contents_title
from document_structure.numbering import parse_numbering
from pdf_reader.document import Line, Link, Page

_ROW = re.compile(
    r"(?P<title>.*?\S)(?P<leader>[\s.…·․_\-–—]*)\b(?P<page>\d{1,4}|[ivxlc]{1,6}|[A-Z]-\d{1,3})$", re.DOTALL
)
LEADER = re.compile(r"(?:[.…·․_]\s?){3,}")
#: A row of a table of figures, unless it ends in a year.
_ENDS_IN_AMOUNT = re.compile(r"(?:[$€£¥%—–]|(?:^|[\s(])(?!(?:19|20)\d\d$)[\d,.]+\)?)\s*$")
_ROMAN_ENDS = frozenset("ivxlc")
#: A page lists contents when so many of its rows end in page numbers, or in leaders and page numbers.
_MIN_ROWS = 5
MIN_LEADER_ROWS = 3
#: … and when they are this share of all rows.
_MIN_ROW_SHARE = 0.7
_MIN_LEADER_SHARE = 0.4
#: Page numbers rise, but for a few; without leaders they also reach over some pages.
_MAX_FALLS = 0.15
_MIN_SPREAD = 3
#: Links make contents of rows when so many lead to later pages, in their order.
_MIN_LINKS = 6
_MIN_LINK_SHARE = 0.5
_SAME_ROW_POINTS = 3.0
#: A list that shares its page with other text goes on over so many rows that are none: an entry's first lines.
_MAX_GAP_ROWS = 2
#: The title of a list that shares its page stands so many rows above it.
_TITLE_ROWS = 3
#: How far a link's rectangle is off the line it belongs to, in points.
_LINK_ERROR_POINTS = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads. `top` is a y on the page, None when the PDF doesn't say."""

    page: int
    top: float | None


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row that reads like an entry. `label` is the page number as it is printed, empty without one."""

    title: str
    has_leader: bool
    label: str
    target: Target | None

    @property
    def number(self) -> int:
        """The page number, 0 when it is not an Arabic one."""
        return int(self.label) if self.label.isdecimal() else 0


def rows_of(lines: Iterable[Line]) -> list[list[Line]]:
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


def ends_in_page_number(line: Line) -> bool:
    """A first look."""
    last = line.text.rstrip()[-1]
    return last.isdecimal() or last in _ROMAN_ENDS


def links_to_later_pages(page: Page) -> list[Link]:
    """The links of a page's entries, if it has so many that they may be those of a table of contents."""
    links = [link for link in page.links if link.target_page is not None and link.target_page > page.number]
    return links if len(links) >= _MIN_LINKS else []


def listed_row(row: Sequence[Line], links: Sequence[Link]) -> ListedRow | None:
    """What the row lists: by its page number, or by a link on it."""
    target = _target(row, links)
    may_match = ends_in_page_number(row[-1])
    if target is None and not may_match:
        return None
    text = " ".join(line.text.strip() for line in row)
    match = _ROW.fullmatch(text) if may_match else None
    if match is not None and _is_entry(match, is_linked=target is not None):
        return ListedRow(match["title"], LEADER.search(match["leader"]) is not None, match["page"], target)
    if target is not None and sum(map(str.isalpha, text)) >= 2:
        return ListedRow(text, has_leader=False, label="", target=target)
    return None


def _is_entry(match: re.Match[str], *, is_linked: bool) -> bool:
    title = match["title"]
    if sum(character.isalpha() for character in title) < 2:
        return False
    if not is_linked and not LEADER.search(match["leader"]) and _ENDS_IN_AMOUNT.search(title):
        numbering = parse_numbering(title)
        if numbering is None or numbering.title:
            return False
    return bool(match["leader"]) or title[-1] in ".…"


def _target(row: Sequence[Line], links: Sequence[Link]) -> Target | None:
    """Where the first link on the row leads."""
    if not links:
        return None
    left, right = row[0].bbox[0], max(line.bbox[2] for line in row)
    top, bottom = row[0].bbox[1], row[0].bbox[3]
    middle = (top + bottom) / 2
    for link in links:
        x0, y0, x1, y1 = link.source_rect
        if x0 >= right or x1 <= left or link.target_page is None:
            continue
        # Some programs write rectangles that are a fraction of a point high, at the top of the line.
        is_thin = y1 - y0 < (bottom - top) / 2 and top - _LINK_ERROR_POINTS <= (y0 + y1) / 2 <= bottom
        if is_thin or y0 <= middle <= y1:
            return Target(link.target_page, link.target_top)
    return None


def contents_among(rows: Sequence[Sequence[Line]], listed: Sequence[ListedRow | None]) -> slice | None:
    """Which rows of a page are a table of contents: all, or a list that shares the page with other text.

    Such a list has links, or a title above it that says what it is.
    """
    if is_contents(listed):
        return slice(0, len(rows))
    first, end = _longest_stretch(listed)
    stretch = listed[first:end]
    for index in range(max(0, first - _TITLE_ROWS), first):
        if is_contents_title(" ".join(line.text.strip() for line in rows[index])) and is_contents(stretch):
            return slice(index + 1, end)
    return slice(first, end) if _is_linked([row for row in stretch if row], len(stretch)) else None


def _longest_stretch(listed: Sequence[ListedRow | None]) -> tuple[int, int]:
    """The first row and the end of the longest list of entries, by how many there are."""
    best = (0, 0, 0)
    first = count = 0
    latest = -1
    for index, row in enumerate(listed):
        if row is None:
            continue
        if count == 0 or index - latest > _MAX_GAP_ROWS + 1:
            first, count = index, 0
        latest, count = index, count + 1
        best = max(best, (count, -first, index + 1))
    return -best[1], best[2]


def is_contents(rows: Sequence[ListedRow | None]) -> bool:
    """Whether the rows of a page are those of a table of contents."""
    listed = [row for row in rows if row]
    if _is_linked(listed, len(rows)):
        return True
    with_leader = sum(row.has_leader for row in listed)
    if with_leader < MIN_LEADER_ROWS and len(listed) < _MIN_ROWS:
        return False
    pages = [row.number for row in listed if row.number]
    if _falls(pages) > _MAX_FALLS * len(pages):
        return False
    if with_leader > 0.3 * len(listed):
        return len(listed) >= _MIN_LEADER_SHARE * len(rows)
    return len(listed) >= _MIN_ROW_SHARE * len(rows) and max(pages, default=0) - min(pages, default=0) >= _MIN_SPREAD


def _is_linked(listed: Sequence[ListedRow], rows: int) -> bool:
    pages = [row.target.page for row in listed if row.target]
    enough = len(pages) >= max(_MIN_LINKS, _MIN_LINK_SHARE * rows)
    return enough and _falls(pages) <= _MAX_FALLS * len(pages) and max(pages) - min(pages) >= _MIN_SPREAD


def _falls(pages: Sequence[int]) -> int:
    return sum(later < earlier for earlier, later in pairwise(pages))
