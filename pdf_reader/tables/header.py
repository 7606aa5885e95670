"""The lines of a table's header, and the names that stand over several columns."""

from collections.abc import Sequence

from pdf_reader.tables.columns import ALIGNED
from pdf_reader.tables.grid import GridRow
from pdf_reader.tables.rules import Rule
from pdf_reader.tables.words import Piece, box_of

#: Names over columns are looked for in tables with no more than this.
MAX_NAMED_COLUMNS = 24
#: A text this wide, in widths of a column, is no name of a single column.
GROUP_NAME_WIDTH = 0.8

#: A name alone over all columns but the first is off their middle by no more than this share of their width, as they
#: are set to the right; and it is so much wider than the name below it.
ALONE_OFF = 0.15
ALONE_WIDTH = 1.2


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
        bottom, top = above.bottom, row.top
        ruled = any(bottom - 2 <= rule.at <= top + 2 for rule in rules)
        apart = top - bottom > 0.9 * row.height
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
