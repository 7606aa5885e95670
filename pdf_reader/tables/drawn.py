"""Tables that are drawn: the text in the cells of a lattice, and what the rules left out."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from pdf_reader.document import Rect
from pdf_reader.tables.columns import Interval, columns_of, find_columns
from pdf_reader.tables.grid import GridRow, join_wrapped
from pdf_reader.tables.lattice import Lattice
from pdf_reader.tables.words import Piece, Row, is_value, rows_of, split_at_gaps, text_of

#: A full-width cell at the top or the bottom with at least this many characters is a caption or a note.
NOTE_CHARACTERS = 60
#: White between two lines of a cell that a rule beside it may go on through, by the type's height.
APART_HEIGHTS = 0.6
#: So many rows of at least three cells between two rules are rows that nobody drew rules between.
UNDRAWN_ROWS = 12
UNDRAWN_STEP_POINTS = 4.0
#: Fewer cells than this share with text: a form or a chart's grid.
FILLED_SHARE = 0.25


def has_undrawn_rows(lattice: Lattice, lines: Sequence[Row]) -> bool:
    """Whether rules part the columns only: between two of the horizontal ones stand many rows of several cells."""
    bands: dict[int, dict[int, set[int]]] = {}
    for line in lines:
        x, y = (line[0].x0 + line[0].x1) / 2, line[0].middle
        if lattice.xs[0] <= x < lattice.xs[-1] and lattice.ys[0] <= y < lattice.ys[-1]:
            rows = bands.setdefault(bisect_right(lattice.ys, y), {})
            rows.setdefault(round(y / UNDRAWN_STEP_POINTS), set()).add(bisect_right(lattice.xs, x))
    return any(sum(len(columns) > 2 for columns in rows.values()) >= UNDRAWN_ROWS for rows in bands.values())


def read_drawn(lattice: Lattice, lines: Sequence[Row]) -> tuple[Rect, list[GridRow]] | None:
    """The table in a lattice and the box of its rows, or None when it is none. `lines` are words by printed line."""
    columns = len(lattice.xs) - 1
    bands = [GridRow([[] for _ in range(columns)]) for _ in lattice.ys[1:]]
    cells = _words_by_cell(lattice, lines)
    if len(cells) < max(4, FILLED_SHARE * lattice.cell_count()):
        return None
    for (row, column), (last_column, words) in cells.items():
        for r, part in _part_rows(split_at_gaps(words), row, lattice.ys):
            _place(bands[r], part, column, last_column, lattice.xs)
    first, last = _without_notes(bands)
    kept = [band for band in bands[first:last] if band.filled]
    if not kept:
        return None
    grid = _narrow(_subdivide([line for band in kept for line in _part_band(band)], columns))
    if len(grid) < 2 or len(grid[0].cells) < 2 or sum(len(row.filled) > 1 for row in grid) < 2:
        return None
    bottom = max(lattice.ys[last], *(row.bottom for row in grid))
    return (lattice.xs[0], lattice.ys[first], lattice.xs[-1], bottom), grid


def _words_by_cell(lattice: Lattice, lines: Iterable[Row]) -> dict[tuple[int, int], tuple[int, list[Row]]]:
    """For each cell with text, by its first row and column: its last column, and its words by line."""
    ends: dict[tuple[int, int], int] = {}
    for owners in lattice.owner:
        for column, owner in enumerate(owners):
            ends[owner] = max(column, ends.get(owner, 0))
    cells: dict[tuple[int, int], tuple[int, list[Row]]] = {}
    xs, ys = lattice.xs, lattice.ys
    left, top, right, bottom = lattice.bbox
    for line in lines:
        parts: dict[tuple[int, int], Row] = {}
        for word in line:
            x0, y0, x1, y1, _, _ = word
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            if top <= y < bottom and left <= x < right:
                owner = lattice.owner[bisect_right(ys, y) - 1][bisect_right(xs, x) - 1]
                parts.setdefault(owner, []).append(word)
        for owner, part in parts.items():
            cells.setdefault(owner, (ends[owner], []))[1].append(part)
    return cells


def _part_rows(pieces: Sequence[Piece], row: int, ys: Sequence[float]) -> list[tuple[int, list[Piece]]]:
    """The pieces of a cell by lattice row, where white shows that a rule is only missing; else all in its first row."""
    lines = rows_of(pieces)
    parts: list[tuple[int, list[Piece]]] = [(row, [])]
    bottom = float("-inf")
    for line in lines:
        here = max(row, bisect_right(ys, line[0].middle) - 1)
        apart = min(p.y0 for p in line) - bottom >= APART_HEIGHTS * line[0].height
        if here != parts[-1][0] and (apart or not parts[-1][1]) and len(lines) > 1:
            parts.append((here, []))
        parts[-1][1].extend(line)
        bottom = max(p.y1 for p in line)
    return [part for part in parts if part[1]]


def _place(band: GridRow, pieces: list[Piece], first: int, last: int, xs: Sequence[float]) -> None:
    """Put the pieces of a cell over columns first…last into these when each is within one, else all in the first."""
    places = [(bisect_right(xs, p.x0 + 2) - 1, bisect_right(xs, p.x1 - 2) - 1) for p in pieces]
    if last > first and all(a == b for a, b in places) and len({a for a, _ in places}) > 1:
        for piece, (place, _) in zip(pieces, places, strict=True):
            band.cells[min(max(place, first), last)].append(piece)
        return
    band.cells[first] += pieces
    if last > first:
        band.spans[first] = last


def _without_notes(bands: Sequence[GridRow]) -> tuple[int, int]:
    """The range of bands without captions above and notes below that share the frame."""

    def is_note(band: GridRow) -> bool:
        if band.filled != [0] or band.spans.get(0) != len(band.cells) - 1:
            return not band.filled
        return len(text_of(band.cells[0])) >= NOTE_CHARACTERS

    first, last = 0, len(bands)
    while first < last and is_note(bands[first]):
        first += 1
    while last > first and is_note(bands[last - 1]):
        last -= 1
    return first, last


def _part_band(band: GridRow) -> list[GridRow]:
    """A band whose rules are missing: one row for each line when a column holds a value on each line."""
    lined = [rows_of(cell) for index, cell in enumerate(band.cells) if index not in band.spans]
    if not any(len(rows) > 1 and all(is_value(row[0].text) for row in rows) for rows in lined):
        return [band]
    column_of = {piece: index for index, cell in enumerate(band.cells) for piece in cell}
    grid = []
    for line in rows_of(column_of):
        row = GridRow([[] for _ in band.cells])
        for piece in line:
            row.cells[column_of[piece]].append(piece)
        grid.append(row)
    return join_wrapped(grid, [])


def _subdivide(grid: list[GridRow], columns: int) -> list[GridRow]:
    """Part lattice columns in which values stand in several columns of their own."""
    for column in reversed(range(columns)):
        lines = [line for row in grid if column not in row.spans for line in rows_of(row.cells[column])]
        several = [line for line in lines if len(line) > 1]
        if len(several) < 2 or len(several) < 0.6 * len(lines):
            continue
        parts = find_columns(several)
        if len(parts) < 2 or not _hold_values(several, parts):
            continue
        for row in grid:
            cell = row.cells[column]
            row.cells[column : column + 1] = [[] for _ in parts]
            for piece in cell:
                row.cells[column + columns_of(piece, parts)[0]].append(piece)
            row.spans = {
                first + (len(parts) - 1) * (first > column): last + (len(parts) - 1) * (last >= column)
                for first, last in row.spans.items()
            }
    return grid


def _hold_values(lines: Sequence[Row], parts: Sequence[Interval]) -> bool:
    held = [
        [is_value(p.text) for line in lines for p in line if columns_of(p, parts)[0] == i] for i in range(len(parts))
    ]
    return all(sum(values) >= max(1, 0.5 * len(values)) for values in held[1:])


def _narrow(grid: list[GridRow]) -> list[GridRow]:
    """Without columns that are blank from top to bottom, such as the white inside double rules."""
    keep = sorted({index for row in grid for index in row.filled})
    for row in grid:
        row.spans = {keep.index(a): sum(k <= b for k in keep) - 1 for a, b in row.spans.items() if a in keep}
        row.cells = [row.cells[index] for index in keep]
    return grid
