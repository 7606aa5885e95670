"""Rows of a table from lines of text: header lines and wrapped cells become one row each."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pdf_reader.tables.columns import ALIGNED, Interval, columns_of
from pdf_reader.tables.marks import is_year
from pdf_reader.tables.rules import Rule
from pdf_reader.tables.words import Piece, Row, box_of, is_amount, is_value, text_of

#: White between a line and the one that continues it is at most this share of the type's height.
WRAP_HEIGHTS = 0.45

#: The words of a name stand no further apart than this, in heights of the type.
WORD_GAP_HEIGHTS = 0.3
_GOES_ON = re.compile(r"(?:[-,&/]|\b(?:and|or|of|the|to|in|for|a|an|by|with))$")


@dataclass(slots=True)
class GridRow:
    """One line of a table: the pieces in each column, and for pieces over several columns the last of these."""

    cells: list[list[Piece]]
    spans: dict[int, int] = field(default_factory=dict)

    @property
    def filled(self) -> list[int]:
        return [index for index, cell in enumerate(self.cells) if cell]

    @property
    def top(self) -> float:
        return min([piece[1] for cell in self.cells for piece in cell])

    @property
    def bottom(self) -> float:
        return max([piece[3] for cell in self.cells for piece in cell])

    @property
    def height(self) -> float:
        return max([piece[3] - piece[1] for cell in self.cells for piece in cell])

    def values(self) -> int:
        """How many cells beyond the first hold values."""
        return sum(is_value(text_of(cell)) for cell in self.cells[1:] if cell)

    def holds_amount(self) -> bool:
        """Whether a cell says what no header does: an amount with its decimals or thousands."""
        return any(is_amount(text_of(cell)) for cell in self.cells if cell)

    def names_years(self) -> bool:
        """Whether years are all that its cells beyond the first hold, below what they are the years of."""
        return all(is_year(text_of(cell)) for cell in self.cells[1:] if cell)

    def absorb(self, other: "GridRow") -> None:
        for cell, more in zip(self.cells, other.cells, strict=True):
            cell += more
        self.spans |= other.spans


def lay_out(rows: Sequence[Row], columns: Sequence[Interval], words: Sequence[Piece]) -> list[GridRow]:
    """Put the pieces of each row into columns; a piece that was joined over the white between columns is parted."""
    grid = []
    for row in rows:
        laid = GridRow([[] for _ in columns])
        for piece in row:
            first, last = columns_of(piece, columns)
            parts = _part(piece, columns[first : last + 1], words) if last > first else None
            if parts:
                for index, part in enumerate(parts, first):
                    laid.cells[index] += part
                continue
            laid.cells[first].append(piece)
            if last > first:
                laid.spans[first] = max(last, laid.spans.get(first, 0))
        grid.append(laid)
    return grid


def _part(piece: Piece, columns: Sequence[Interval], words: Sequence[Piece]) -> list[list[Piece]] | None:
    """The words of a piece by column when each column's share is in line with it; None when the piece spans columns, or
    is a name in several words, which stand no further apart than those of a sentence."""
    if not is_value(piece.text) and not any(map(str.isdigit, piece.text)) and _is_one_name(piece, words):
        return None
    parts: list[list[Piece]] = [[] for _ in columns]
    for word in words:
        if word.y0 >= piece.y0 - 1 and word.y1 <= piece.y1 + 1 and word.x0 >= piece.x0 - 1 and word.x1 <= piece.x1 + 1:
            first, last = columns_of(word, columns)
            if first != last:
                return None
            parts[first].append(word)
    for part, (left, right) in zip(parts, columns, strict=True):
        if not part:
            return None
        x0, _, x1, _ = box_of(part)
        if min(abs(x0 - left), abs(x1 - right), abs((x0 + x1) - (left + right)) / 2) > ALIGNED:
            return None
    return parts


def _is_one_name(piece: Piece, words: Sequence[Piece]) -> bool:
    inside = sorted(
        word
        for word in words
        if word.y0 >= piece.y0 - 1 and word.y1 <= piece.y1 + 1 and word.x0 >= piece.x0 - 1 and word.x1 <= piece.x1 + 1
    )
    return all(right.x0 - left.x1 <= WORD_GAP_HEIGHTS * piece.height for left, right in pairwise(inside))


def join_bands(grid: Sequence[GridRow], levels: Sequence[float]) -> list[GridRow] | None:
    """One row for the lines between two levels (the y of rules); None when the levels don't part every row."""
    bands: dict[int, list[GridRow]] = {}
    levels = sorted(levels)
    for row in grid:
        bands.setdefault(bisect_right(levels, (row.top + row.bottom) / 2), []).append(row)
    crowded = sum(sum(len(row.filled) > 1 and bool(row.cells[0]) for row in band) > 1 for band in bands.values())
    if len(bands) < 3 or crowded > 0.1 * len(bands):
        return None
    rows = []
    for band in bands.values():
        if any(row.spans for row in band[:-1]):
            rows += band
            continue
        for row in band[1:]:
            band[0].absorb(row)
        rows.append(band[0])
    return rows


def join_wrapped(grid: Sequence[GridRow], rules: Sequence[Rule]) -> list[GridRow]:
    """Lines that continue the cells of the line above, joined to it."""
    joined: list[GridRow] = []
    for index, row in enumerate(grid):
        following = grid[index + 1] if index + 1 < len(grid) else None
        if joined and _continues(joined[-1], row, following) and not _ruled_apart(joined[-1], row, rules):
            joined[-1].absorb(row)
        else:
            joined.append(row)
    return joined


def _ruled_apart(above: GridRow, row: GridRow, rules: Sequence[Rule]) -> bool:
    if not rules:
        return False
    begin, end = above.bottom - 2, row.top + 2
    return any(begin <= rule.at <= end for rule in rules)


def _continues(above: GridRow, row: GridRow, following: GridRow | None) -> bool:
    if row.top - above.bottom > WRAP_HEIGHTS * row.height:
        return False
    filled, filled_above = row.filled, above.filled
    if 0 not in filled:
        return set(filled) <= set(filled_above) and row.values() == 0 and len(filled_above) > 1
    if 0 not in filled_above:
        return False
    label, label_above = text_of(row.cells[0]), text_of(above.cells[0])
    if filled == [0] and len(filled_above) > 1:
        start = row.cells[0][0].x0
        deeper = start >= above.cells[0][0].x0 + ALIGNED
        dedents = following is None or not following.cells[0] or following.cells[0][0].x0 < start - ALIGNED
        return label[:1].islower() or bool(_GOES_ON.search(label_above)) or (deeper and dedents)
    if filled_above == [0]:
        return label[:1].islower() or bool(_GOES_ON.search(label_above))
    return False
