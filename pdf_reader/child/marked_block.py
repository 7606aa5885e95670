"""A block's rows with the marks that they begin with, and what is asked of them for each row: measured once.

A page may have thousands of rows with marks. Nothing here looks at all of them to answer for one.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pdf_reader.child.composing import side_by_side
from pdf_reader.child.list_marks import DEPTH_POINTS, MarkKey, keys_before, keys_of, marker_of
from pdf_reader.child.text import RawBlock, RawLine, Span

#: A row's lines, and the mark that it begins with, "" without one.
MarkedRow = tuple[RawBlock, str]

#: Left edges of a paragraph's rows differ by less than this.
SAME_EDGE_POINTS = 2.0
#: Type of one paragraph differs by less than this.
_SAME_SIZE_POINTS = 0.6

#: How a mark is set (size, bold, left edge), with the first and the last row that it is set so in.
_Places = dict[tuple[float, bool, float], tuple[int, int]]


@dataclass(slots=True)
class MarkedBlock:
    """Rows from top to bottom; more may be added to `rows`, at its end. Rows are counted from 0."""

    rows: list[MarkedRow]
    _measured: int = 0
    _gaps: list[float] = field(default_factory=list)  # points between each row and the next one
    _sorted_gaps: list[float] = field(default_factory=list)
    _rightmost: tuple[int, float, float] = (-1, float("-inf"), float("-inf"))  # row, right edge, that of all others
    _marks: dict[MarkKey, _Places] = field(default_factory=lambda: defaultdict(dict))
    _next_marks: dict[MarkKey, _Places] = field(default_factory=lambda: defaultdict(dict))

    def gap_above(self, index: int) -> float:
        """Points between a row and the one above it."""
        self._measure()
        return self._gaps[index - 1]

    def usual_gap_without(self, index: int) -> float:
        """The middle one of the gaps above all rows but this; that above this one where there is no other."""
        gap = self.gap_above(index)
        if len(self._gaps) == 1:
            return gap
        middle = (len(self._gaps) - 1) // 2
        return self._sorted_gaps[middle if middle < bisect_left(self._sorted_gaps, gap) else middle + 1]

    def right_without(self, index: int) -> tuple[float, float]:
        """The right edge of all rows, and that of all but this."""
        self._measure()
        row, right, right_of_others = self._rightmost
        return right, right_of_others if row == index else right

    def has_mark_before(self, marker: str, row: RawBlock, above: int | None = None) -> bool:
        """Whether this row's mark comes behind that of another in the same type and place, if need be of one above the
        row of that number."""
        self._measure()
        return any(
            _is_set_alike(how, row) and (above is None or first < above)
            for key in keys_before(marker)
            for how, (first, _) in self._marks.get(key, {}).items()
        )

    def has_mark_behind(self, marker: str, row: RawBlock, below: int | None = None) -> bool:
        """Whether another mark comes behind that of this row, as `has_mark_before`."""
        self._measure()
        return any(
            _is_set_alike(how, row) and (below is None or last > below)
            for key in keys_of(marker)
            for how, (_, last) in self._next_marks.get(key, {}).items()
        )

    def _measure(self) -> None:
        """Take in the rows that are new since the last question."""
        begin, self._measured = self._measured, len(self.rows)
        for (above, _), (below, _) in pairwise(self.rows[max(0, begin - 1) :] if begin < len(self.rows) else ()):
            self._gaps.append(below[0].bbox[1] - above[-1].bbox[3])
            insort(self._sorted_gaps, self._gaps[-1])
        for index in range(begin, len(self.rows)):
            row, marker = self.rows[index]
            rightmost, right, right_of_others = self._rightmost
            if row[-1].bbox[2] > right:
                self._rightmost = index, row[-1].bbox[2], right
            else:
                self._rightmost = rightmost, right, max(right_of_others, row[-1].bbox[2])
            if marker:
                span = row[0].spans[0]
                how = span.size, span.bold, row[0].bbox[0]
                for places, keys in ((self._marks, keys_of(marker)), (self._next_marks, keys_before(marker))):
                    for key in keys:
                        places[key][how] = places[key].get(how, (index, index))[0], index


@dataclass(slots=True)
class MarkedPage:
    """A page's blocks in reading order."""

    blocks: Sequence[MarkedBlock]
    _rights: dict[float, float] = field(default_factory=dict)

    def right_of(self, left: float) -> float:
        """The right edge of all rows with this left edge."""
        if left not in self._rights:
            self._rights[left] = max(
                row[-1].bbox[2]
                for block in self.blocks
                for row, _ in block.rows
                if abs(row[0].bbox[0] - left) <= SAME_EDGE_POINTS
            )
        return self._rights[left]


def marked_rows(lines: Iterable[RawLine]) -> list[MarkedRow]:
    """The rows that lines stand on, each with the mark that it begins with."""
    rows: list[RawBlock] = []
    for line in lines:
        if rows and side_by_side(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [(row, marker_of(row)) for row in rows]


def in_same_type(one: Span, other: Span) -> bool:
    """Whether two runs of text may be of one paragraph, by size and weight."""
    return _is_same_type(one.size, other.size) and one.bold == other.bold


def _is_same_type(size: float, other_size: float) -> bool:
    return abs(size - other_size) <= _SAME_SIZE_POINTS


def _is_set_alike(how: tuple[float, bool, float], row: RawBlock) -> bool:
    size, bold, left = how
    span = row[0].spans[0]
    return bold == span.bold and _is_same_type(size, span.size) and abs(left - row[0].bbox[0]) <= DEPTH_POINTS
