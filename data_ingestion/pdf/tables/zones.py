"""The columns of a page, so that lines of prose beside one another are not taken for rows of a table."""

from collections.abc import Iterator, Sequence

from data_ingestion.pdf.tables.words import Piece, Row, box_of, rows_of

#: A piece with fewer characters says nothing about columns of prose.
PROSE_CHARACTERS = 22
#: A line of a column of prose is this share of the printed width.
PROSE_SHARES = (0.15, 0.62)
#: A column of prose has at least this many lines.
PROSE_LINES = 5
#: Rows without prose between two rows that cross a gutter are part of the same full-width band, up to this many.
BAND_ROWS = 6


def find_zones(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces of each column of the page, and of each band that goes across columns."""
    gutters = _find_gutters(pieces)
    if not gutters:
        return [list(pieces)] if pieces else []
    zones: list[list[Piece]] = []
    columns: dict[int, list[Piece]] = {}
    band: list[Piece] = []
    for row, crosses in _rows_across(rows_of(pieces), gutters):
        if crosses:
            zones += columns.values()
            columns = {}
            band += row
            continue
        if band:
            zones.append(band)
            band = []
        for piece in row:
            columns.setdefault(sum(gutter <= piece.x0 + 2 for gutter in gutters), []).append(piece)
    return [*zones, *columns.values(), *([band] if band else [])]


def _rows_across(rows: Sequence[Row], gutters: Sequence[float]) -> Iterator[tuple[Row, bool]]:
    """Each row, and whether it crosses a gutter or is between rows that do and no prose is in it."""
    crosses = [any(p.x0 < gutter - 2 and p.x1 > gutter + 2 for p in row for gutter in gutters) for row in rows]
    index = 0
    while index < len(rows):
        end = index
        while end < len(rows) and crosses[end] == crosses[index]:
            end += 1
        gap = (
            not crosses[index]
            and 0 < index
            and end < len(rows)
            and end - index <= BAND_ROWS
            and not any(len(p.text) > PROSE_CHARACTERS for row in rows[index:end] for p in row)
        )
        for row in rows[index:end]:
            yield row, crosses[index] or gap
        index = end


def _find_gutters(pieces: Sequence[Piece]) -> list[float]:
    """The x where columns of prose begin that have others to their left."""
    prose = [piece for piece in pieces if len(piece.text) >= PROSE_CHARACTERS]
    if len(prose) < 2 * PROSE_LINES:
        return []
    left, _, right, _ = box_of(pieces)
    width = right - left
    prose = [piece for piece in prose if PROSE_SHARES[0] * width <= piece.x1 - piece.x0 <= PROSE_SHARES[1] * width]
    gutters: list[float] = []
    for start in sorted({round(piece.x0) for piece in prose}):
        if gutters and start - gutters[-1] < PROSE_SHARES[0] * width:
            continue
        here = sum(start - 3 <= piece.x0 <= start + 0.06 * width for piece in prose)
        beside = sum(start - PROSE_SHARES[1] * width < piece.x1 <= start - 4 for piece in prose)
        crossing = sum(piece.x0 < start - 3 and piece.x1 > start + 3 for piece in prose)
        if min(here, beside) >= PROSE_LINES and crossing <= 0.2 * min(here, beside):
            gutters.append(start)
    return gutters
