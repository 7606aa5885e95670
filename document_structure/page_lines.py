"""One page's lines, grouped to runs, and what each run's surroundings tell."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from math import inf

from document_structure.contents_places import SoughtTitles
from document_structure.line_surroundings import LinePlaces
from document_structure.numbering import parse_numbering
from document_structure.periods import is_period
from document_structure.shadows import without_shadows
from document_structure.statement_titles import titles_of_statements
from document_structure.text_runs import Run, Style, beginning_of, is_labelled, join_lines, style_of, with_labels_joined
from pdf_reader.document import Line, Page, Rect

#: A title is never longer, nor broken over more lines.
MAX_TITLE_CHARS = 200
MAX_TITLE_LINES = 5
#: Lines of one title are closer than this, in line heights.
_MAX_LINE_GAP = 0.8
#: Lines of large type are titles sooner than paragraphs: a number on the second begins another.
_LARGE_POINTS = 14.0
#: Titles in the type of plain text are no longer.
_PLAIN_CHARS = 100
#: So many runs of a page are looked at.
MAX_RUNS = 200
#: Type in a table that is larger than the page's plain text by this factor may be a title after all.
_LARGER = 1.15
#: In heights of its line: what is further away on the same row is another column.
_WIDE_BLANK = 2.5
#: On a page with fewer lines, most of them may be its title.
_FEW_LINES = 12
#: Sizes this close are the same size, rounded differently.
_SAME_SIZE_POINTS = 0.5
#: Short lines beside a line, and nearer than this share of the page's width, make it look like a cell of a table.
_ROW_REACH = 0.1
#: Lines that reach so far towards where the page's longest ones end are full; few lines reach beyond them.
_FULL_LINE = 0.85
_RIGHTMOST = 0.9
_SAME_ROW_POINTS = 4.0
#: `(in millions)` below the title of a table is no part of it.
_UNITS = re.compile(r"[(（].{3,80}[)）]")
#: An entry's page number comes within so many lines, and ends in this part of the page's lines.
_ENTRY_LINES = 5
_NUMBERS_FROM = 0.7
_ENDS_IN_NUMBER = re.compile(r"(?:^|[.…·_]{3}|\s{2})\s*(?:[A-Z]-)?\d{1,4}(?:\s?[-–,]\s?\d{1,4})*\s*$|^N/A$|^\*$")
#: Of a page without text.
_NO_STYLE = Style(10.0, False, False, "", 0)


class PageRuns:
    """The runs of one page: `titles` could be headings, `prose` is (style, characters) of all the others.

    `sought` are the titles that the document's contents list.
    """

    def __init__(self, page: Page, sought: SoughtTitles) -> None:
        self._page = page
        self._lines = without_shadows([line for line in page.lines if line.text.strip()])
        self._styles = [style_of(line) for line in self._lines]
        self._bboxes = [line.bbox for line in self._lines]
        self._entries: set[int] = set()
        rights = sorted(box[2] for box in self._bboxes)
        self._right = rights[int(_RIGHTMOST * (len(rights) - 1))] if rights else 0.0
        self._statements = titles_of_statements(self._lines, page.width)
        self._listed = sought.among(self._lines, page.number)
        self._listed_ends = {match.last for match in self._listed.values() if match.by_link}
        groups = self._groups()
        self._boxes = [(group[0], self._box(group)) for group in groups if len(group) > 1]
        self._in_prose = [False] * len(self._lines)
        for group in groups:
            if len(group) > MAX_TITLE_LINES or self._chars(group) > MAX_TITLE_CHARS:
                for index in group:
                    self._in_prose[index] = True
        self._places = LinePlaces(self._bboxes, self._styles, self._in_prose, _ROW_REACH * page.width)
        main = self._main_style()
        usual = self._worth_a_closer_look(groups, main) | self._labelled(groups) | self._statements.keys()
        closer = usual | self._listed.keys()
        titles = []
        self.prose: list[tuple[Style, int]] = []
        for group, following in zip_longest(groups, groups[1:]):
            run = self._run(group, following) if group[0] in closer else None
            if run is not None and (is_labelled(run) or run.statement or not _is_cell(run, main)):
                titles.append(run if group[0] in usual else run._replace(is_only_listed=True))
                if self._in_prose[group[0]]:
                    self.prose.append((self._styles[group[0]], self._chars(group)))
            elif run is not None and run.entry >= 0:
                titles.append(run._replace(is_only_listed=True))
            elif not self._lines[group[0]].in_table:
                self.prose.append((self._styles[group[0]], self._chars(group)))
        self.titles = with_labels_joined(titles, sought.unnumbered)

    def _worth_a_closer_look(self, groups: Sequence[Sequence[int]], main: Style) -> frozenset[int]:
        """The first lines of groups that may be titles. A page with very many is a table or a map: its largest only."""
        worth = [
            group[0]
            for group in groups
            if not self._in_prose[group[0]]
            and not self._is_plain(group, main)
            and (not self._lines[group[0]].in_table or self._styles[group[0]].size > _LARGER * main.size)
        ]
        if len(worth) > MAX_RUNS:
            worth = sorted(worth, key=lambda index: -self._styles[index].size)[:MAX_RUNS]
        return frozenset(worth)

    def _labelled(self, groups: Sequence[Sequence[int]]) -> frozenset[int]:
        """The first lines of groups that begin like `Item 7`, and what follows a label that is alone on its line.

        However they are printed: whether they are headings is seen when all labels of the document are known.
        """
        found: set[int] = set()
        label_row: Rect | None = None
        label = 0
        for group in groups:
            is_near = found and group[0] - label <= _ENTRY_LINES
            if is_near and self._is_page_number(self._lines[group[-1]]):
                self._entries.add(label)
            line = self._lines[group[0]]
            if label_row and line.bbox[0] > label_row[0] and abs(line.bbox[3] - label_row[3]) < _SAME_ROW_POINTS:
                if not self._in_prose[group[0]]:
                    found.add(group[0])
                label_row = None
                continue
            label_row = None
            numbering = parse_numbering(line.text.strip())
            if numbering is not None and numbering.label:
                found.add(group[0])
                label = group[0]
                if not numbering.title:
                    label_row = line.bbox
        return frozenset(found)

    def _is_page_number(self, line: Line) -> bool:
        """A number at the right, alone or behind leaders."""
        return line.bbox[2] > _NUMBERS_FROM * self._right and _ENDS_IN_NUMBER.search(line.text) is not None

    def _main_style(self) -> Style:
        characters: Counter[Style] = Counter()
        for line, style in zip(self._lines, self._styles, strict=True):
            characters[style] += 1 if line.in_table else len(line.text)
        return max(characters, key=lambda style: characters[style], default=_NO_STYLE)

    def _is_plain(self, group: Sequence[int], main: Style) -> bool:
        """Printed like most of the page and worded as no title is: not worth a closer look."""
        text = self._lines[group[0]].text.strip()
        if not any(map(str.isalpha, text)) and not text[0].isdigit():
            return True
        if self._styles[group[0]] != main or len(self._lines) < _FEW_LINES:
            return False
        return len(group) > 2 or self._chars(group) > _PLAIN_CHARS or text[0].islower() or self._ends_plainly(group)

    def _ends_plainly(self, group: Sequence[int]) -> bool:
        return self._lines[group[-1]].text.rstrip().endswith((".", ",", ";"))

    def _is_beside(self, left: Rect, right: Rect) -> bool:
        """Whether a line goes on in the next one, with no more than a wide blank between."""
        height = left[3] - left[1]
        return abs(left[3] - right[3]) < 0.3 * height and -height < right[0] - left[2] < _WIDE_BLANK * height

    def _leads_to_table(self, index: int) -> bool:
        """Whether the line is a table's, or the units above one."""
        if _UNITS.fullmatch(self._lines[index].text.strip()) and index + 1 < len(self._lines):
            index += 1
        return self._lines[index].in_table

    def _box(self, group: Sequence[int]) -> Rect:
        if len(group) == 1:
            return self._bboxes[group[0]]
        x0s, y0s, x1s, y1s = zip(*[self._bboxes[index] for index in group], strict=True)
        return min(x0s), min(y0s), max(x1s), max(y1s)

    def _chars(self, group: Sequence[int]) -> int:
        return sum([len(self._lines[index].text) for index in group])

    def _groups(self) -> list[list[int]]:
        groups: list[list[int]] = []
        for index in range(len(self._lines)):
            if groups and self._continues(groups[-1][-1], index):
                groups[-1].append(index)
            else:
                groups.append([index])
        return [part for group in groups for part in self._cut(group)]

    def _cut(self, group: list[int]) -> list[list[int]]:
        """A title that the contents list and the paragraph that it runs into, apart; longer titles are others."""
        match = self._listed.get(group[0])
        if match is None or match.last >= group[-1]:
            return [group]
        first = self._lines[group[0]]
        if first.bold or first.size >= _LARGE_POINTS:
            del self._listed[group[0]]
            return [group]
        split = match.last - group[0] + 1
        return [group[:split], group[split:]]

    def _continues(self, above: int, below: int) -> bool:
        """Whether the line below belongs to the same title or paragraph as the one above."""
        a, b = self._styles[above], self._styles[below]
        if above in self._listed_ends:
            return False
        if (match := self._listed.get(below)) and (match.by_link or (self._ends_plainly([above]) and not a.bold)):
            return False
        # Lines of one style share it.
        if a is not b and (a[1:] != b[1:] or abs(a.size - b.size) > _SAME_SIZE_POINTS):
            return False
        upper, lower = self._lines[above].bbox, self._lines[below].bbox
        limit = _MAX_LINE_GAP * max(upper[3] - upper[1], 1.0)
        if not -limit < lower[1] - upper[3] < limit or lower[3] <= upper[3]:
            return False
        if min(upper[2], lower[2]) <= max(upper[0], lower[0]):
            return False
        text = self._lines[below].text
        if below in self._statements or _UNITS.fullmatch(text.strip()):
            return False
        if (kind := self._statements.get(above)) and (kind == "notes" or is_period(text)):
            return False
        numbering = parse_numbering(text)
        if numbering is None:
            return True
        if numbering.label:
            # A full line that goes on with `Item 7` mentions it.
            return upper[2] > _FULL_LINE * self._right and not (a.bold and numbering.title)
        return not (a.bold or a.size >= _LARGE_POINTS)

    def _run(self, group: Sequence[int], following: Sequence[int] | None) -> Run:
        first, last = self._lines[group[0]], self._lines[group[-1]]
        box = self._box(group)
        left, top, right, bottom = box
        height = max(first.bbox[3] - top, 1.0)
        around = self._places.around(group, box, height)
        width = max(around.column_right - around.column_left, 1.0)
        off_centre = abs((left + right) - (around.column_left + around.column_right)) / 2
        in_prose = self._in_prose[group[0]]
        title = beginning_of(first.text) if in_prose else join_lines(self._lines[index].text for index in group)
        return Run(
            page=self._page.number,
            offset=first.start,
            end=first.end if in_prose else last.end,
            title=title,
            style=self._styles[group[0]],
            lines=1 if in_prose else len(group),
            numbering=parse_numbering(title),
            top=top,
            bottom=bottom,
            gap_above=None if around.above == -inf else (top - around.above) / height,
            gap_below=None if around.below == inf else (around.below - last.bbox[3]) / height,
            centred=off_centre < 0.02 * width and left - around.column_left > 0.06 * width,
            row_peers=around.row_peers,
            likes=around.likes,
            inside=self._is_inside_another(group[0], box),
            follower=None if following is None else self._styles[following[0]],
            leads_paragraph=following is not None and len(following) > 1,
            runs_on=following is not None and self._is_beside(last.bbox, self._lines[following[0]].bbox),
            in_table=first.in_table,
            in_prose=in_prose,
            parts=()
            if in_prose or len(group) == 1
            else tuple((self._lines[i].start, self._lines[i].text) for i in group),
            heads_table=following is not None and self._leads_to_table(following[0]),
            is_entry=group[0] in self._entries,
            statement=self._statements.get(group[0], ""),
            entry=self._listed[group[0]].entry if group[0] in self._listed else -1,
        )

    def _is_inside_another(self, begin: int, box: Rect) -> bool:
        """Whether another group of several lines surrounds the one that begins at `begin`."""
        left, top, right, bottom = box
        for start, (x0, y0, x1, y1) in self._boxes:
            if y0 - 2 <= top and bottom <= y1 + 2 and x0 - 3 <= left and right <= x1 + 3 and start != begin:
                return True
        return False


def _is_cell(run: Run, main: Style) -> bool:
    """Plain type in a row or a list of its like."""
    plain = not run.style.bold and run.style.size <= main.size + _SAME_SIZE_POINTS
    crowded = run.row_peers > 0 or run.likes > 0 or run.inside or run.follower == run.style
    return plain and crowded and not (run.numbering and run.numbering.is_strong)
