"""Columns of prose that were drawn row by row, across both: each is read to its end before the next begins."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pdf_reader.blocks import Rect
from pdf_reader.child.table_placement import holds
from pdf_reader.child.text import RawBlock, RawLine

#: So many rows have a line of prose, of so many characters, on either side of the white between two columns …
FEWEST_ROWS = 5
PROSE_CHARACTERS = 15
#: … which is at least this wide, in points, and at one place in this share of the rows.
GUTTER_POINTS = 6.0
IN_LINE = 0.8
#: White above a paragraph, in heights of a line.
PARAGRAPH_GAP = 0.8


def part_columns(blocks: Sequence[RawBlock], tables: Sequence[Rect]) -> list[RawBlock]:
    """The blocks, and instead of those that go across columns one block a paragraph of each column."""
    pairs = [(left, right) for block in blocks for left, right in pairwise(block) if _are_beside(left, right)]
    if len(pairs) < FEWEST_ROWS:
        return list(blocks)
    gutter = sorted(right.bbox[0] for _, right in pairs)[len(pairs) // 4] - 1
    parted = {id(left) for left, right in pairs if left.bbox[2] <= gutter <= right.bbox[0]}
    if len(parted) < max(FEWEST_ROWS, IN_LINE * len(pairs)):
        return list(blocks)
    found: list[RawBlock] = []
    columns: tuple[RawBlock, RawBlock] = ([], [])
    for block in blocks:
        if _goes_across(block, gutter, tables):
            found += _flush(columns)
            columns = ([], [])
            found.append(block)
        elif columns[0] or any(id(line) in parted for line in block):
            for line in block:
                columns[line.bbox[0] > gutter].append(line)
        else:
            found.append(block)
    return [*found, *_flush(columns)]


def _are_beside(left: RawLine, right: RawLine) -> bool:
    return (
        right.bbox[0] - left.bbox[2] >= GUTTER_POINTS
        and abs(left.bbox[1] - right.bbox[1]) < 0.3 * left.height
        and min(len(left.text), len(right.text)) >= PROSE_CHARACTERS
        and left.horizontal
        and right.horizontal
    )


def _goes_across(block: RawBlock, gutter: float, tables: Sequence[Rect]) -> bool:
    return any(
        not line.horizontal
        or line.bbox[0] < gutter < line.bbox[2] - 1
        or any(holds(table, line.bbox) for table in tables)
        for line in block
    )


def _flush(columns: tuple[RawBlock, RawBlock]) -> Iterator[RawBlock]:
    for column in columns:
        paragraph: RawBlock = []
        for line in column:
            if paragraph and line.bbox[1] - paragraph[-1].bbox[3] > PARAGRAPH_GAP * line.height:
                yield paragraph
                paragraph = []
            paragraph.append(line)
        if paragraph:
            yield paragraph
