"""Runs: consecutive lines that are printed alike, the units among which headings are looked for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from data_ingestion.pdf.model import Line, Page, Rect
from data_ingestion.structure.numbering import Numbering, parse_numbering

#: A title is never longer, nor broken over more lines.
MAX_TITLE_CHARS = 200
MAX_TITLE_LINES = 5
#: Lines of one title are closer than this, in line heights.
_MAX_LINE_GAP = 0.8
#: Sizes this close are the same size, rounded differently.
_SAME_SIZE_POINTS = 0.5
#: Short lines beside a line, and nearer than this share of the page's width, make it look like a cell of a table.
_ROW_REACH = 0.1
#: A shadow stands within so many lines of what it belongs to, and shares so much of its area.
_SHADOW_REACH = 3
_SHADOW_OVERLAP = 0.6
_HYPHENATED = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
_SUBSET_PREFIX = re.compile(r"^[A-Z]{6}\+")


class Style(NamedTuple):
    """How a line is printed; two lines of the same style look alike."""

    size: float  # points, to the half
    bold: bool
    italic: bool
    font: str
    color: int


@dataclass(frozen=True, slots=True)
class Run:
    """Up to `MAX_TITLE_LINES` lines that could be one title, with what the page tells about it.

    Gaps are in heights of its own line: to the nearest line above and below in its column, None at the column's ends.
    `fill` is the width of its last line as a share of the column. `row_peers` counts short lines beside it, `likes`
    lines on its row that are printed like it, however far away. `inside` says that a paragraph surrounds it, as one does an icon.
    `follower` is the style of what comes next on the page.
    """

    page: int
    offset: int
    end: int
    title: str
    style: Style
    lines: int
    numbering: Numbering | None
    x0: float
    top: float
    bottom: float
    gap_above: float | None
    gap_below: float | None
    fill: float
    centred: bool
    row_peers: int
    likes: int
    inside: bool
    follower: Style | None
    in_table: bool


def style_of(line: Line) -> Style:
    """The style of a line, without the prefix that marks a subset of a font."""
    return Style(round(line.size * 2) / 2, line.bold, line.italic, _SUBSET_PREFIX.sub("", line.font), line.color)


class PageRuns:
    """The runs of one page: `titles` could be headings, `prose` is (style, characters) of all the others."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._lines = _without_shadows([line for line in page.lines if line.text.strip()])
        self._styles = [style_of(line) for line in self._lines]
        groups = self._groups()
        prose = [group for group in groups if len(group) > MAX_TITLE_LINES or self._chars(group) > MAX_TITLE_CHARS]
        self._paragraph_boxes = [(group[0], self._box(group)) for group in groups if len(group) > 1]
        self._in_prose = [False] * len(self._lines)
        for group in prose:
            for index in group:
                self._in_prose[index] = True
        self.titles: list[Run] = []
        self.prose: list[tuple[Style, int]] = []
        for position, group in enumerate(groups):
            if self._in_prose[group[0]]:
                self.prose.append((self._styles[group[0]], self._chars(group)))
            else:
                following = groups[position + 1][0] if position + 1 < len(groups) else None
                self.titles.append(self._run(group, following))
        self.titles = _with_labels_joined(self.titles)

    def _box(self, group: Sequence[int]) -> Rect:
        boxes = [self._lines[index].bbox for index in group]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)

    def _chars(self, group: Sequence[int]) -> int:
        return sum(len(self._lines[index].text) for index in group)

    def _groups(self) -> list[list[int]]:
        groups: list[list[int]] = []
        for index in range(len(self._lines)):
            if groups and self._continues(groups[-1][-1], index):
                groups[-1].append(index)
            else:
                groups.append([index])
        return groups

    def _continues(self, above: int, below: int) -> bool:
        """Whether the line below belongs to the same title or paragraph as the one above."""
        upper, lower = self._lines[above], self._lines[below]
        a, b = self._styles[above], self._styles[below]
        if a[1:] != b[1:] or abs(a.size - b.size) > _SAME_SIZE_POINTS:
            return False
        height = max(upper.bbox[3] - upper.bbox[1], 1.0)
        gap = lower.bbox[1] - upper.bbox[3]
        if not -_MAX_LINE_GAP * height < gap < _MAX_LINE_GAP * height or lower.bbox[3] <= upper.bbox[3]:
            return False
        if min(upper.bbox[2], lower.bbox[2]) <= max(upper.bbox[0], lower.bbox[0]):
            return False
        return parse_numbering(lower.text) is None or not (a.bold or a.size >= 14)

    def _run(self, group: Sequence[int], following: int | None) -> Run:
        first, last = self._lines[group[0]], self._lines[group[-1]]
        title = join_lines(self._lines[index].text for index in group)
        left, top, right, bottom = self._box(group)
        height = max(first.bbox[3] - first.bbox[1], 1.0)
        above = below = None
        column_left, column_right, row_peers, likes = left, right, 0, 0
        for index, line in enumerate(self._lines):
            x0, y0, x1, y1 = line.bbox
            if group[0] <= index <= group[-1]:
                continue
            if x1 > left and x0 < right:
                column_left, column_right = min(column_left, x0), max(column_right, x1)
                if y1 <= first.bbox[1] + 0.5 * height:
                    above = max(above, y1) if above is not None else y1
                elif y0 >= last.bbox[3] - 0.5 * height:
                    below = min(below, y0) if below is not None else y0
            elif not self._in_prose[index] and y0 < first.bbox[3] - 0.4 * height and y1 > first.bbox[1] + 0.4 * height:
                row_peers += max(x0 - right, left - x1) < _ROW_REACH * self._page.width
                likes += self._styles[index] == self._styles[group[0]] and abs(y0 - first.bbox[1]) < 0.1 * height
        width = max(column_right - column_left, 1.0)
        offset_from_centre = abs((left + right) - (column_left + column_right)) / 2
        return Run(
            page=self._page.number,
            offset=first.start,
            end=last.end,
            title=title,
            style=self._styles[group[0]],
            lines=len(group),
            numbering=parse_numbering(title),
            x0=left,
            top=top,
            bottom=bottom,
            gap_above=None if above is None else (first.bbox[1] - above) / height,
            gap_below=None if below is None else (below - last.bbox[3]) / height,
            fill=(last.bbox[2] - column_left) / width,
            centred=offset_from_centre < 0.02 * width and left - column_left > 0.06 * width,
            row_peers=row_peers,
            likes=likes,
            inside=any(
                box[0] - 3 <= left and right <= box[2] + 3 and box[1] - 2 <= top and bottom <= box[3] + 2
                for start, box in self._paragraph_boxes
                if start != group[0]
            ),
            follower=None if following is None else self._styles[following],
            in_table=first.in_table,
        )


def _without_shadows(lines: Sequence[Line]) -> list[Line]:
    """Leaves out lines that are printed (nearly) over another with at least their text, as a shadow is."""
    hidden = set()
    for index, line in enumerate(lines):
        for other in range(index + 1, min(index + 1 + _SHADOW_REACH, len(lines))):
            if _overlap(line.bbox, lines[other].bbox) > _SHADOW_OVERLAP:
                hidden.add(index if len(line.text) <= len(lines[other].text) else other)
    return [line for index, line in enumerate(lines) if index not in hidden]


def _overlap(a: Rect, b: Rect) -> float:
    """The common area as a share of the smaller one's."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(width, 0.0) * max(height, 0.0) / smaller if smaller > 0 else 0.0


def _with_labels_joined(runs: Sequence[Run]) -> list[Run]:
    """Puts a label that stands alone (`Chapter 3`, or a number in front) before the title that follows it."""
    joined: list[Run] = []
    for run in runs:
        label = joined[-1] if joined else None
        if label is not None and _is_label_of(label, run):
            title = f"{label.title} {run.title}"
            joined[-1] = replace(
                label,
                title=title,
                end=run.end,
                style=max(label.style, run.style),
                numbering=parse_numbering(title),
                bottom=max(label.bottom, run.bottom),
                gap_below=run.gap_below,
                follower=run.follower,
                row_peers=max(0, label.row_peers - 1),
            )
        else:
            joined.append(run)
    return joined


def _is_label_of(label: Run, title: Run) -> bool:
    if label.numbering is None or label.numbering.title or label.lines > 1 or title.numbering is not None:
        return False
    height = label.bottom - label.top
    if abs(label.bottom - title.bottom) < 0.3 * height and title.x0 > label.x0:
        return (
            label.style.bold == title.style.bold and abs(label.style.size - title.style.size) < 0.1 * title.style.size
        )
    below = title.top - label.bottom
    large = title.style.size >= label.style.size > 12 or label.numbering.shape in ("chapter", "appendix")
    return large and -0.5 * height < below < 3.5 * height and title.style.size >= 0.75 * label.style.size


def join_lines(texts: Iterable[str]) -> str:
    """One title of the lines that it is broken over: a hyphen between letters at a line's end is taken away."""
    title = ""
    for text in texts:
        text = " ".join(text.split())
        if not title:
            title = text
        elif _HYPHENATED.search(title) and text[:1].islower():
            title = title.rstrip("-\u00ad\u2010") + text
        else:
            title = f"{title} {text}"
    return title
