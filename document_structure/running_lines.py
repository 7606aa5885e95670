"""Running headers, footers and page numbers: what stands at the same height on page after page.

Page numbers also run where they stand below text of any length, as in what browsers print: there the last line of each
page is a number, and counts the pages.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from document_structure.section_tree import Ranges
from document_structure.text_runs import Style, style_of
from pdf_reader.blocks import BlockKind
from pdf_reader.document import Line, Page

#: Only lines this near the top or the bottom are looked at: a share of the page's height.
_ZONE = 0.14
#: At most this many lines at either end of a page.
_ZONE_LINES = 6
#: A line runs when it stands on so many pages, at the same height within so many points.
_MIN_PAGES = 3
_HEIGHT_TOLERANCE_POINTS = 4.0
#: Pages with the same running line are at most this far apart: the chapter's name runs only through its chapter.
_MAX_PAGE_STEP = 3
#: Type so much larger than the body's is a heading sooner than a running line.
_LARGE = 1.15
#: A line in a type of its own runs when it is on this share of the pages …
_MIN_OWN_TYPE_SHARE = 0.1
#: … and this share of all lines in that type stand at that height.
_OWN_TYPE_SHARE = 0.6
#: A number that ends its page at any height counts the pages when so many pages in a row agree.
_MIN_COUNTED_PAGES = 5
_MAX_CHARS = 120
_MAX_NUMBERS = 3
#: A line is compared with the latest so many clusters of its key.
_OPEN_CLUSTERS = 8
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[\s\-–—|\[(.]*(?:(?:page|seite|página|pagina|pág|p)\.?\s*)?(?:\d{1,4}|[ivxlc]{1,7}|[a-z]-\d{1,3}|\d{1,3}-\d{1,3})"
    r"(?:\s*(?:of|/|von|de|sur|di)\s*\d{1,4})?[\s\-–—|\])]*",
    re.IGNORECASE,
)
#: A number alone, or behind the letter of an appendix: 12, - 12 -, F-12.
_COUNT = re.compile(r"[\-–—|\[(\s]*(?:page\s+)?([a-z]-)?(\d{1,4})[\-–—|\])\s]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Edge:
    """A line near a page's top or bottom. `y` is its distance from that edge in points.

    A line of a table has the range of its whole table, which `lines_of_range` lines share.
    """

    page: int
    start: int
    end: int
    text: str
    y: float
    at_top: bool
    style: Style
    outermost: bool
    lines_of_range: int = 1


class RunningText:
    """Collects the edges of a document's pages, then tells what runs."""

    def __init__(self) -> None:
        self._edges: list[_Edge] = []
        #: The last lines of pages that end above the zone, if they are numbers.
        self._last_numbers: list[_Edge] = []
        self._lines: Counter[Style] = Counter()
        self._tagged: dict[int, list[tuple[int, int]]] = {}

    def add(self, page: Page) -> None:
        for block in page.blocks:
            if block.kind is BlockKind.RUNNING_LINE and block.end > block.start:
                self._tagged.setdefault(page.number, []).append((block.start, block.end))
        lines = [line for line in page.lines if line.text.strip()]
        lines.sort(key=_top)
        self._lines.update(map(style_of, lines))
        in_tables = Counter([(line.start, line.end) for line in lines if line.in_table])
        for line in lines[:_ZONE_LINES]:
            if line.bbox[3] <= _ZONE * page.height:
                outermost, count = line.bbox[1] <= lines[0].bbox[3], in_tables.get((line.start, line.end), 1)
                self._edges.append(_edge(page, line, at_top=True, outermost=outermost, lines_of_range=count))
        for line in lines[-_ZONE_LINES:]:
            if line.bbox[1] >= (1 - _ZONE) * page.height:
                outermost, count = line.bbox[3] >= lines[-1].bbox[1], in_tables.get((line.start, line.end), 1)
                self._edges.append(_edge(page, line, at_top=False, outermost=outermost, lines_of_range=count))
        if lines and _COUNT.fullmatch(lines[-1].text.strip()) and not lines[-1].in_table:
            self._last_numbers.append(_edge(page, lines[-1], at_top=False, outermost=True))

    def finish(self, body_size: float) -> Mapping[int, Ranges]:
        """Page → sorted ranges of its text that are running headers, footers or page numbers, by tags or as found.

        Type larger than the body's is taken for a heading that happens to recur, unless it is on many pages.
        """
        groups: dict[Hashable, list[_Edge]] = defaultdict(list)
        for edge in self._edges:
            for key in _keys(edge):
                groups[key].append(edge)
        pages = len({edge.page for edge in self._edges})
        running = [
            edge
            for edges in groups.values()
            for cluster in _clusters(edges)
            if len({edge.page for edge in cluster})
            >= (max(_MIN_PAGES, pages / 4) if cluster[0].style.size > _LARGE * body_size else _MIN_PAGES)
            for edge in cluster
        ]
        ranges: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for page, tagged in self._tagged.items():
            ranges[page].update(tagged)
        found = {*running, *self._in_their_own_type(body_size, pages), *_counting(self._last_numbers)}
        lines_found = Counter((edge.page, edge.start, edge.end) for edge in found)
        for edge in found:
            # Statements on pages that follow each other have their years at one height: a table runs as a whole or not.
            if lines_found[edge.page, edge.start, edge.end] >= edge.lines_of_range:
                ranges[edge.page].add((edge.start, edge.end))
        return {page: tuple(sorted(spans)) for page, spans in sorted(ranges.items())}

    def _in_their_own_type(self, body_size: float, pages: int) -> Iterator[_Edge]:
        """Outermost lines at one height in a style that is hardly used elsewhere, whatever they say: chapter titles."""
        groups: dict[tuple[bool, Style, int], list[_Edge]] = defaultdict(list)
        for edge in self._edges:
            if edge.outermost and edge.style.size <= _LARGE * body_size:
                groups[edge.at_top, edge.style, round(edge.y / _HEIGHT_TOLERANCE_POINTS)].append(edge)
        for (_, style, _), edges in groups.items():
            if len({edge.page for edge in edges}) >= max(_MIN_PAGES, _MIN_OWN_TYPE_SHARE * pages) and (
                len(edges) >= _OWN_TYPE_SHARE * self._lines[style]
            ):
                yield from edges


def _counting(edges: Iterable[_Edge]) -> Iterator[_Edge]:
    """Numbers that grow with their pages, in runs of enough pages that are not far apart."""
    groups: dict[tuple[str, int], list[list[_Edge]]] = defaultdict(list)
    for edge in edges:
        found = _COUNT.fullmatch(edge.text.strip())
        if found is None:
            continue
        runs = groups[(found[1] or "").casefold(), int(found[2]) - edge.page]
        if not runs or edge.page - runs[-1][-1].page > _MAX_PAGE_STEP:
            runs.append([])
        runs[-1].append(edge)
    for runs in groups.values():
        yield from (edge for run in runs if len(run) >= _MIN_COUNTED_PAGES for edge in run)


def _top(line: Line) -> float:
    return line.bbox[1]


def _edge(page: Page, line: Line, *, at_top: bool, outermost: bool, lines_of_range: int = 1) -> _Edge:
    y = line.bbox[1] if at_top else page.height - line.bbox[3]
    text, style = line.text[:_MAX_CHARS], style_of(line)
    return _Edge(page.number, line.start, line.end, text, y, at_top, style, outermost, lines_of_range)


def _keys(edge: _Edge) -> Iterator[Hashable]:
    """What an edge may have in common with those of other pages: its text, a number that counts pages, being one."""
    text = " ".join(edge.text.casefold().split())
    yield edge.at_top, text
    if _PAGE_NUMBER.fullmatch(text):
        yield edge.at_top, _PAGE_NUMBER
    shape = _DIGITS.sub("#", text)
    for position, number in enumerate(_DIGITS.findall(text)[:_MAX_NUMBERS]):
        yield edge.at_top, shape, position, int(number[:9]) - edge.page


def _clusters(edges: Iterable[_Edge]) -> list[list[_Edge]]:
    """Edges of one key, split where the height jumps or too many pages lie between."""
    clusters: list[list[_Edge]] = []
    for edge in edges:
        for cluster in reversed(clusters[-_OPEN_CLUSTERS:]):
            last = cluster[-1]
            if abs(last.y - edge.y) <= _HEIGHT_TOLERANCE_POINTS and edge.page - last.page <= _MAX_PAGE_STEP:
                cluster.append(edge)
                break
        else:
            clusters.append([edge])
    return clusters
