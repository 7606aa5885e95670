"""Rows in the middle of a sentence: a number, a letter or a dash that one begins with is no mark of an item.

    is closed, as told in section     the lamp was lit by             until the flood of
    5.2. Nobody walks on the mole     A. Miller, who kept it alone    12. March, the highest

Such a row has the left edge and the leading of the one above it, which is full and ends no sentence; and no item stands
near it that its mark would count on from, or that counts on from it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from pdf_reader.child.composing import breaks_off, side_by_side
from pdf_reader.child.list_marks import DEPTH_POINTS, comes_behind, is_bullet, marker_of
from pdf_reader.child.text import RawBlock, RawLine, Span

#: A row's lines, and the mark that it begins with, "" without one.
MarkedRow = tuple[RawBlock, str]

#: Signs that are no bullets in the middle of a sentence.
_DASHES = "-–—"
#: Left edges of a paragraph's rows differ by less than this.
_SAME_EDGE_POINTS = 2.0
#: Leadings of a paragraph's rows differ by less than this, in heights of a row.
_SAME_LEADING = 0.2
#: Rows of one paragraph are closer than this, in heights of the lower one.
_MAX_GAP_HEIGHTS = 0.8
#: A first line is indented by at most so many times its size.
_MAX_INDENT_SIZES = 3.0
#: Type of one paragraph differs by less than this.
_SAME_SIZE_POINTS = 0.6
#: Rows that end within this share of a paragraph's width are ended by its right edge.
_RAGGED = 0.12
#: Items that count on stand at most so many blocks apart.
_NEAR_BLOCKS = 3
#: Where more rows than this begin with a mark near each other, they are a list or a table: a page of text has fewer
#: rows, and to compare each with each takes a time that grows with the square of their number.
MAX_NEAR_MARKS = 300
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…][\"'”’»)\]]*$")
#: Words before a number or a name, whose full stop ends no sentence.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:pp?|nos?|nrs?|sec|sect|figs?|art|arts|para|paras|chap|ch|vol|vols|cf|vgl|abs|bd|kap|z\.\s?b|d\.\s?h"
    r"|e\.\s?g|i\.\s?e|mr|mrs|ms|dr|prof|st)\.$",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"(?:^|[\s(.])[^\W\d_]\.$")
_LEADERS = re.compile(r"(?:[.·…_]\s?){4,}")


class _Block:
    """A block's rows, with what is asked for each of them and measured once."""

    def __init__(self, rows: list[MarkedRow]) -> None:
        self.rows = rows
        self.marked = [(place, row) for place, row in enumerate(rows) if row[1]]

    @cached_property
    def gaps(self) -> list[float]:
        """Points between each row and the next one."""
        return [below[0].bbox[1] - above[-1].bbox[3] for (above, _), (below, _) in pairwise(self.rows)]

    @cached_property
    def sorted_gaps(self) -> list[float]:
        return sorted(self.gaps)

    @cached_property
    def rights(self) -> list[float]:
        return [row[-1].bbox[2] for row, _ in self.rows]

    def usual_gap_without(self, number: int) -> float:
        """The middle one of all gaps but this; this one where there is no other."""
        gap = self.gaps[number]
        if len(self.gaps) == 1:
            return gap
        middle = (len(self.gaps) - 1) // 2
        return self.sorted_gaps[middle if middle < bisect_left(self.sorted_gaps, gap) else middle + 1]


@dataclass(slots=True)
class _Blocks:
    """A page's blocks in reading order."""

    blocks: list[_Block]
    _rights: dict[float, float] = field(default_factory=dict)

    def right_of(self, left: float) -> float:
        """The right edge of all rows with this left edge."""
        if left not in self._rights:
            self._rights[left] = max(
                row[-1].bbox[2]
                for block in self.blocks
                for row, _ in block.rows
                if abs(row[0].bbox[0] - left) <= _SAME_EDGE_POINTS
            )
        return self._rights[left]

    def near(self, at: int) -> range:
        return range(max(0, at - _NEAR_BLOCKS), min(len(self.blocks), at + _NEAR_BLOCKS + 1))


def marked_rows(lines: Sequence[RawLine]) -> list[MarkedRow]:
    """The rows that lines stand on, each with the mark that it begins with."""
    rows: list[RawBlock] = []
    for line in lines:
        if rows and side_by_side(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [(row, marker_of(row)) for row in rows]


def goes_on_in(block: RawBlock, following: RawBlock) -> bool:
    """Whether a block's last sentence goes on in the next block, although that one begins like an item."""
    rows, more = marked_rows(block), marked_rows(following)
    return len(rows) > 1 and bool(more[0][1]) and _is_in_sentence(_Blocks([_Block([*rows, *more])]), 0, len(rows))


def in_same_type(one: Span, other: Span) -> bool:
    """Whether two runs of text may be of one paragraph, by size and weight."""
    return abs(one.size - other.size) <= _SAME_SIZE_POINTS and one.bold == other.bold


def without_marks_in_sentences(blocks: Sequence[list[MarkedRow]]) -> list[list[MarkedRow]]:
    """The rows of a page's blocks in reading order, those in the middle of a sentence without a mark."""
    page = _Blocks([_Block(rows) for rows in blocks])
    return [
        [
            (row, "" if marker and index and _is_in_sentence(page, at, index) else marker)
            for index, (row, marker) in enumerate(rows)
        ]
        if any(marker for _, marker in rows[1:])
        else rows
        for at, rows in enumerate(blocks)
    ]


def _is_in_sentence(page: _Blocks, at: int, index: int) -> bool:
    block = page.blocks[at]
    rows = block.rows
    (above, mark_above), (row, marker) = rows[index - 1], rows[index]
    return (
        (not is_bullet(marker) or marker in _DASHES)
        and not marker.startswith("[")
        and _is_open_before(above[-1], row[0])
        and _is_one_piece(above, mark_above)
        and _has_same_edge(rows, index)
        and _has_same_leading(block, index)
        and sum(len(page.blocks[other].marked) for other in page.near(at)) <= MAX_NEAR_MARKS
        and not breaks_off(above[-1], row[0], _right_edge(page, at, index))
        and not any(_counts_on(marker, other, row, before=before) for other, before in _near(page, at, index))
    )


def _is_open_before(above: RawLine, below: RawLine) -> bool:
    """Whether a line ends no sentence and the next one is in the same type."""
    if not in_same_type(above.spans[-1], below.spans[0]):
        return False
    text = above.text.rstrip()
    if not _SENTENCE_END.search(text):
        return not _LEADERS.search(text)
    if _ABBREVIATION.search(text):
        return True
    # `by J.` goes on in `R. Miller`.
    return bool(_INITIAL.search(text) and _INITIAL.match(below.text.split(maxsplit=1)[0]))


def _is_one_piece(row: RawBlock, marker: str) -> bool:
    """Not several columns, as rows of a table of contents have; the mark of an item may stand apart."""
    return len(row) == 1 or (len(row) == 2 and bool(marker) and row[0].text.strip() == marker)


def _has_same_edge(rows: Sequence[MarkedRow], index: int) -> bool:
    """Whether a row begins below the one above it, below the text of its item, or is the second of a paragraph."""
    (above, mark_above), (row, _) = rows[index - 1], rows[index]
    left, left_above = row[0].bbox[0], above[0].bbox[0]
    if abs(left - left_above) <= _SAME_EDGE_POINTS:
        return True
    if mark_above:
        return abs(left - _left_of_text(above, mark_above)) <= DEPTH_POINTS
    return index == 1 and 0 < left_above - left <= _MAX_INDENT_SIZES * row[0].spans[0].size


def _left_of_text(row: RawBlock, marker: str) -> float:
    """Where an item's text begins behind its mark, in a line of one piece as far as equally wide letters tell."""
    first = row[0]
    if len(row) > 1:
        return row[1].bbox[0]
    text = first.text.lstrip()
    behind = len(text) - len(text[len(marker) :].lstrip())
    return first.bbox[0] + (first.bbox[2] - first.bbox[0]) * behind / max(1, len(text))


def _has_same_leading(block: _Block, index: int) -> bool:
    gap, height = block.gaps[index - 1], block.rows[index][0][0].height
    usual = block.usual_gap_without(index - 1)
    return -height < gap < _MAX_GAP_HEIGHTS * height and gap - usual < _SAME_LEADING * height


def _right_edge(page: _Blocks, at: int, index: int) -> float:
    """That of the block, where another row than the one above reaches it, else that of all rows with its left edge."""
    rows, rights = page.blocks[at].rows, page.blocks[at].rights
    left = rows[index][0][0].bbox[0]
    right = max(rights)
    others = rights[: index - 1] + rights[index:]
    if max(others) > right - _RAGGED * (right - left):
        return right
    return max(rights[index - 1], page.right_of(left))


def _near(page: _Blocks, at: int, index: int) -> Iterator[tuple[MarkedRow, bool]]:
    """Rows with marks of the same block and of those near it, and whether they come before."""
    for other in page.near(at):
        for place, marked in page.blocks[other].marked:
            if (other, place) != (at, index):
                yield marked, (other, place) < (at, index)


def _counts_on(marker: str, other: MarkedRow, row: RawBlock, *, before: bool) -> bool:
    """Whether a mark and that of another row, in the same type and place, are those of items in a row."""
    lines, mark = other
    if not in_same_type(lines[0].spans[0], row[0].spans[0]):
        return False
    if abs(lines[0].bbox[0] - row[0].bbox[0]) > DEPTH_POINTS:
        return False
    return comes_behind(marker, mark) if before else comes_behind(mark, marker)
