"""Puts tables among the page's blocks, in the place of the lines that they are made of."""

from collections.abc import Sequence

from pdf_reader.blocks import BlockKind, Rect
from pdf_reader.child.composing import Part
from pdf_reader.child.text import RawBlock, RawLine
from pdf_reader.tables import FoundTable


def place_tables(blocks: Sequence[RawBlock], tables: Sequence[FoundTable]) -> list[Part]:
    """Each table stands where the first of its lines stood; what comes before and after it in a block is parted."""
    if not tables:
        return [Part(block) for block in blocks]
    inside: list[list[RawLine]] = [[] for _ in tables]
    kept: list[RawBlock | int] = []
    for block in blocks:
        rest: RawBlock = []
        for line in block:
            index = next(
                (i for i, table in enumerate(tables) if line.horizontal and holds(table.bbox, line.bbox)), None
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
    placed: list[Part] = []
    for entry in kept:
        if isinstance(entry, int):
            table = tables[entry]
            placed.append(Part(inside[entry], BlockKind.TABLE, table=table))
        else:
            placed.append(Part(entry))
    return placed


def holds(table: Rect, line: Rect) -> bool:
    """Whether the middle of a line is in a table's box."""
    x, y = (line[0] + line[2]) / 2, (line[1] + line[3]) / 2
    return table[0] <= x <= table[2] and table[1] <= y <= table[3]
