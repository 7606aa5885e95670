"""Rows of a table from lines of text: header lines and wrapped cells become one row each."""

import re
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
#: Names over columns are looked for in tables with no more than this.
MAX_NAMED_COLUMNS = 24
#: A text this wide, in widths of a column, is no name of a single column.
GROUP_NAME_WIDTH = 0.8

#: A name alone over all columns but the first is off their middle by no more than this share of their width, as they
#: are set to the right; and it is so much wider than the name below it.
ALONE_OFF = 0.15
ALONE_WIDTH = 1.2

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


def join_header(grid: list[GridRow], rules: Sequence[Rule]) -> list[GridRow]:
    """The lines above the first row of values, joined to as few rows as its spanning cells and rules ask for."""
    body = next(
        (
            index
            for index, row in enumerate(grid)
            if row.values() >= max(1, 0.5 * (len(row.filled) - 1))
            and (0 in row.filled or row.holds_amount())
            and not (index and row.names_years())
        ),
        0,
    )
    if body < 2:
        return grid
    # A first column's heading such as "Actual" over rows of values is part of the body.
    while body > 1 and grid[body - 1].filled == [0] and any(len(r.filled) > 1 for r in grid[: body - 1]):
        body -= 1
    joined = [grid[0]]
    for row in grid[1:body]:
        above = joined[-1]
        _note_spans(above, row, rules)
        ruled = any(above.bottom - 2 <= rule.at <= row.top + 2 for rule in rules)
        apart = row.top - above.bottom > 0.9 * row.height
        if above.spans or ruled or apart:
            joined.append(row)
        else:
            above.absorb(row)
    # Labels that stand beside the spanning cells belong to the last header row.
    spanned = {c for row in joined[:-1] for first, last in row.spans.items() for c in range(first, last + 1)}
    for row in joined[:-1]:
        for c in row.filled:
            if c not in spanned and joined[-1].cells[c] and not row.spans.get(c):
                joined[-1].cells[c] += row.cells[c]
                row.cells[c] = []
    return [row for row in joined if row.filled] + grid[body:]


def _note_spans(above: GridRow, row: GridRow, rules: Sequence[Rule]) -> None:
    """A piece that reaches over the next cell of the row below, where its own row is blank, spans that column; and so
    does one over a rule that does, or in the middle of several."""
    even = _even_groups(above, row)
    for column in above.filled:
        group = _group_of(above, row, column, rules) or even.get(column)
        if group and group[0] != column and not above.cells[group[0]]:
            above.cells[group[0]], above.cells[column] = above.cells[column], []
            above.spans.pop(column, None)
        if group:
            above.spans[group[0]] = max(group[1], above.spans.get(group[0], 0))
    for first in above.filled:
        if first in above.spans:
            continue
        end = max(piece.x1 for piece in above.cells[first])
        last = first
        for index in range(first + 1, len(row.cells)):
            if above.cells[index] or not row.cells[index] or min(p.x0 for p in row.cells[index]) > end - ALIGNED:
                break
            last = index
        if last == first and _is_centred_over(above.cells[first], row, first) and not above.cells[first + 1]:
            last = first + 1
        if last > first and row.cells[first]:
            above.spans[first] = max(last, above.spans.get(first, 0))


def _group_of(above: GridRow, row: GridRow, column: int, rules: Sequence[Rule]) -> tuple[int, int] | None:
    """First and last of the columns that a text over the row below names: several, all with a cell there."""
    cell = above.cells[column]
    x0, x1 = min(piece.x0 for piece in cell), max(piece.x1 for piece in cell)
    named = {
        index: (min(p.x0 for p in below), max(p.x1 for p in below))
        for index, below in enumerate(row.cells)
        if index and below and (index == column or not above.cells[index])
    }
    if not column or not 2 <= len(named) <= MAX_NAMED_COLUMNS:
        return None
    for rule in rules:
        if above.bottom - 2 <= rule.at <= row.top + 2 and rule.start <= x0 + 2 and rule.end >= x1 - 2:
            under = [i for i, (left, right) in named.items() if rule.start - 2 <= (left + right) / 2 <= rule.end + 2]
            if 1 < len(under) < len(row.filled) and not any(above.cells[i] for i in _between(under, column)):
                return under[0], under[-1]
    best: tuple[float, int, int] | None = None
    order = sorted(named)
    for begin in range(len(order)):
        for end in range(begin + 1, len(order)):
            first, last = order[begin], order[end]
            if any(above.cells[index] for index in _between(order[begin : end + 1], column)):
                break
            left, right = named[first][0], named[last][1]
            off = abs((x0 + x1) - (left + right)) / 2
            pitch = (right - left) / (end - begin + 1)
            # Over the middle one of three, a text that is no wider than a column may be a name of that one alone.
            telling = (end - begin) % 2 == 1 or x1 - x0 >= GROUP_NAME_WIDTH * pitch
            if telling and first <= column <= last and off <= ALIGNED and (best is None or off < best[0]):
                best = off, first, last
    if best is None and above.filled == [column] and len(order) > 2 and order == list(range(1, len(row.cells))):
        # Alone over several names, and wider than the one below it.
        left, right = named[order[0]][0], named[order[-1]][1]
        beneath = named.get(column, (0.0, 0.0))
        off = abs((x0 + x1) - (left + right)) / 2
        if off <= ALONE_OFF * (right - left) and x1 - x0 > ALONE_WIDTH * (beneath[1] - beneath[0]):
            return order[0], order[-1]
    return best[1:] if best else None


def _even_groups(above: GridRow, row: GridRow) -> dict[int, tuple[int, int]]:
    """Names over as many columns each, by their own column: each within its share of them, and in line with none."""
    names, named = [column for column in above.filled if column], [column for column in row.filled if column]
    size = len(named) // len(names) if names else 0
    if len(names) < 2 or size < 2 or size * len(names) != len(named):
        return {}
    found = {}
    for index, column in enumerate(names):
        group = named[index * size : (index + 1) * size]
        x0, _, x1, _ = box_of(above.cells[column])
        ends = [(box[0], box[2]) for box in map(box_of, (row.cells[member] for member in group))]
        inside = ends[0][0] - ALIGNED <= x0 and x1 <= ends[-1][1] + ALIGNED
        in_line = any(min(abs(x0 - a), abs(x1 - b), abs(x0 + x1 - a - b) / 2) <= ALIGNED for a, b in ends)
        if not inside or in_line or column not in group:
            return {}
        found[column] = group[0], group[-1]
    return found


def _between(columns: Sequence[int], own: int) -> list[int]:
    """All columns from the first to the last of these but one."""
    return [column for column in range(columns[0], columns[-1] + 1) if column != own]


def _is_centred_over(cell: Sequence[Piece], row: GridRow, column: int) -> bool:
    """Whether a short text stands over the white between two cells of the row below, in the middle of both."""
    if column == 0 or column + 1 >= len(row.cells) or not row.cells[column] or not row.cells[column + 1]:
        return False
    left, right = min(p.x0 for p in row.cells[column]), max(p.x1 for p in row.cells[column + 1])
    x0, x1 = min(piece.x0 for piece in cell), max(piece.x1 for piece in cell)
    return abs((x0 + x1) - (left + right)) / 2 <= ALIGNED and x1 > max(p.x1 for p in row.cells[column]) + ALIGNED


def join_bands(grid: Sequence[GridRow], levels: Sequence[float]) -> list[GridRow] | None:
    """One row for the lines between two levels (the y of rules); None when the levels don't part every row."""
    bands: dict[int, list[GridRow]] = {}
    for row in grid:
        bands.setdefault(sum(level <= (row.top + row.bottom) / 2 for level in levels), []).append(row)
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
    return any(above.bottom - 2 <= rule.at <= row.top + 2 for rule in rules)


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
