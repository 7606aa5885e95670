"""Puts tables among the page's blocks, in the place of the lines that they are made of."""

from collections.abc import Sequence

from pdf_reader.child.composing import TableBlock
from pdf_reader.child.text import RawBlock, RawLine
from pdf_reader.document import Rect
from pdf_reader.tables import FoundTable, to_markdown


def place_tables(blocks: Sequence[RawBlock], tables: Sequence[FoundTable]) -> list[RawBlock | TableBlock]:
    """Each table stands where the first of its lines stood; what comes before and after it in a block is parted."""
    inside: list[list[RawLine]] = [[] for _ in tables]
    kept: list[RawBlock | int] = []
    for block in blocks:
        rest: RawBlock = []
        for line in block:
            index = next(
                (i for i, table in enumerate(tables) if line.horizontal and _within(line.bbox, table.bbox)), None
            )
            if index is None:
                rest.append(line)
                continue
            if not inside[index]:
                if rest:
                    kept.append(rest)
                kept.append(index)
                rest = []
            inside[index].append(line)
        if rest:
            kept.append(rest)
    placed: list[RawBlock | TableBlock] = []
    for entry in kept:
        if isinstance(entry, int):
            table = tables[entry]
            placed.append(TableBlock(table.bbox, table.rows, to_markdown(table.rows), tuple(inside[entry])))
        else:
            placed.append(entry)
    return placed


def _within(line: Rect, table: Rect) -> bool:
    x, y = (line[0] + line[2]) / 2, (line[1] + line[3]) / 2
    return table[0] <= x <= table[2] and table[1] <= y <= table[3]
