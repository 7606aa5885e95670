"""Rows in the middle of a sentence: a number, a letter or a dash that one begins with is no mark of an item.

    is closed, as told in section     the lamp was lit by             until the flood of
    5.2. Nobody walks on the mole     A. Miller, who kept it alone    12. March, the highest

Such a row has the left edge and the leading of the one above it, which is full and ends no sentence; and no item stands
near it that its mark would count on from, or that counts on from it.
"""

import re
from collections.abc import Sequence

from pdf_reader.child.composing import breaks_off
from pdf_reader.child.list_marks import DEPTH_POINTS, is_bullet
from pdf_reader.child.marked_block import (
    SAME_EDGE_POINTS,
    MarkedBlock,
    MarkedPage,
    MarkedRow,
    in_same_type,
    marked_rows,
)
from pdf_reader.child.text import RawBlock, RawLine

#: Signs that are no bullets in the middle of a sentence.
_DASHES = "-–—"
#: Leadings of a paragraph's rows differ by less than this, in heights of a row.
_SAME_LEADING = 0.2
#: Rows of one paragraph are closer than this, in heights of the lower one.
_MAX_GAP_HEIGHTS = 0.8
#: A first line is indented by at most so many times its size.
_MAX_INDENT_SIZES = 3.0
#: Rows that end within this share of a paragraph's width are ended by its right edge.
_RAGGED = 0.12
#: Items that count on stand at most so many blocks apart.
_NEAR_BLOCKS = 3
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…][\"'”’»)\]]*$")
#: Words before a number or a name, whose full stop ends no sentence.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:pp?|nos?|nrs?|sec|sect|figs?|art|arts|para|paras|chap|ch|vol|vols|cf|vgl|abs|bd|kap|z\.\s?b|d\.\s?h"
    r"|e\.\s?g|i\.\s?e|mr|mrs|ms|dr|prof|st)\.$",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"(?:^|[\s(.])[^\W\d_]\.$")
_LEADERS = re.compile(r"(?:[.·…_]\s?){4,}")


def goes_on_in(block: MarkedBlock, following: RawBlock) -> bool:
    """Whether a block's last sentence goes on in the next block, although that one begins like an item.

    Adds the rows of the next block to those of the block.
    """
    index, more = len(block.rows), marked_rows(following)
    block.rows += more
    return index > 1 and bool(more[0][1]) and _is_in_sentence(MarkedPage([block]), 0, index)


def without_marks_in_sentences(blocks: Sequence[list[MarkedRow]]) -> list[list[MarkedRow]]:
    """The rows of a page's blocks in reading order, those in the middle of a sentence without a mark."""
    page = MarkedPage([MarkedBlock(rows) for rows in blocks])
    return [
        [
            (row, "" if marker and index and _is_in_sentence(page, at, index) else marker)
            for index, (row, marker) in enumerate(rows)
        ]
        if any(marker for _, marker in rows[1:])
        else rows
        for at, rows in enumerate(blocks)
    ]


def _is_in_sentence(page: MarkedPage, at: int, index: int) -> bool:
    block = page.blocks[at]
    (above, mark_above), (row, marker) = block.rows[index - 1], block.rows[index]
    return (
        (not is_bullet(marker) or marker in _DASHES)
        and not marker.startswith("[")
        and _is_open_before(above[-1], row[0])
        and _is_one_piece(above, mark_above)
        and _has_same_edge(block.rows, index)
        and _has_same_leading(block, index)
        and not breaks_off(above[-1], row[0], _right_edge(page, at, index))
        and not _is_counted(page, at, index)
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
    if abs(left - left_above) <= SAME_EDGE_POINTS:
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


def _has_same_leading(block: MarkedBlock, index: int) -> bool:
    gap, height = block.gap_above(index), block.rows[index][0][0].height
    usual = block.usual_gap_without(index)
    return -height < gap < _MAX_GAP_HEIGHTS * height and gap - usual < _SAME_LEADING * height


def _right_edge(page: MarkedPage, at: int, index: int) -> float:
    """That of the block, where another row than the one above reaches it, else that of all rows with its left edge."""
    block = page.blocks[at]
    left = block.rows[index][0][0].bbox[0]
    right, right_of_others = block.right_without(index - 1)
    if right_of_others > right - _RAGGED * (right - left):
        return right
    return max(block.rows[index - 1][0][-1].bbox[2], page.right_of(left))


def _is_counted(page: MarkedPage, at: int, index: int) -> bool:
    """Whether a row's mark and that of another row of the block, or of a block near it, are those of items in a row."""
    block = page.blocks[at]
    row, marker = block.rows[index]
    if block.has_mark_before(marker, row, above=index) or block.has_mark_behind(marker, row, below=index):
        return True
    before, behind = page.blocks[max(0, at - _NEAR_BLOCKS) : at], page.blocks[at + 1 : at + _NEAR_BLOCKS + 1]
    return any(other.has_mark_before(marker, row) for other in before) or any(
        other.has_mark_behind(marker, row) for other in behind
    )
