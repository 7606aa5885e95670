"""Columns by the white between them: where they are, and which column a piece of text belongs to."""

from bisect import bisect_right
from collections.abc import Sequence

from pdf_reader.tables.words import Piece, Row, is_value

#: Left and right end of a column's text.
Interval = tuple[float, float]
#: Rows with fewer pieces than this share of the fullest row (headings, wrapped lines) have no say in where columns are.
VOTING_SHARE = 0.6
#: A piece that stands over two pieces in this share of the rows spans columns.
SPANNING_SHARE = 0.25
#: In at least this many rows, a lone word this close to a column is no column.
STRAY_ROWS = 4
STRAY_HEIGHTS = 1.6
#: Edges or middles within this many points are aligned.
ALIGNED = 3.0


def find_columns(rows: Sequence[Row]) -> list[Interval]:
    """Where the columns of these rows are, left to right."""
    most = max(len(row) for row in rows)
    voters = [row for row in rows if len(row) >= max(2, VOTING_SHARE * most)] or rows
    pieces = [piece for row in voters for piece in row]
    ends = [[piece.x1 for piece in row] for row in voters]
    spanning = {p for p in pieces if _stands_over_two(p, voters, ends) >= max(1.0, SPANNING_SHARE * len(voters))}
    columns: list[Interval] = []
    for x0, x1 in sorted((p.x0, p.x1) for p in pieces if len(spanning) == len(pieces) or p not in spanning):
        if columns and x0 < columns[-1][1] + 0.5:
            columns[-1] = (columns[-1][0], max(columns[-1][1], x1))
        else:
            columns.append((x0, x1))
    return _without_stray(columns, pieces) if len(voters) >= STRAY_ROWS else columns


def _without_stray(columns: list[Interval], pieces: Sequence[Piece]) -> list[Interval]:
    """A column made by a single word that stands a little apart is part of the column to its left."""
    kept = columns[:1]
    for x0, x1 in columns[1:]:
        inside = [piece for piece in pieces if piece.x0 < x1 and piece.x1 > x0]
        stray = len(inside) == 1 and not is_value(inside[0].text)
        if stray and x0 - kept[-1][1] < STRAY_HEIGHTS * inside[0].height:
            kept[-1] = (kept[-1][0], x1)
        else:
            kept.append((x0, x1))
    return kept


def _stands_over_two(piece: Piece, rows: Sequence[Row], ends: Sequence[list[float]]) -> int:
    """In how many rows, sorted from left to right and with the right ends of their pieces, it overlaps two pieces."""
    count = 0
    for row, row_ends in zip(rows, ends, strict=True):
        second = bisect_right(row_ends, piece.x0 + 1) + 1
        count += second < len(row) and row[second].x0 < piece.x1 - 1
    return count


def columns_of(piece: Piece, columns: Sequence[Interval]) -> tuple[int, int]:
    """The first and the last column that a piece covers; the nearest one when it covers none."""
    overlaps = [min(piece.x1, x1) - max(piece.x0, x0) for x0, x1 in columns]
    covered = [
        index
        for index, (overlap, (x0, x1)) in enumerate(zip(overlaps, columns, strict=True))
        if overlap > 0 and overlap >= 0.5 * min(piece.x1 - piece.x0, x1 - x0)
    ]
    nearest = overlaps.index(max(overlaps))
    return (covered[0], covered[-1]) if covered else (nearest, nearest)


def gap_alignment(left: Sequence[Piece], right: Sequence[Piece]) -> float:
    """How well the text on one side of the white between two columns stands in line: the best share of either.

    The outer edges don't count: those of justified prose are straight, too.
    """
    return max(
        _share_in_line([piece.x1 for piece in left]),
        _share_in_line([piece.x0 for piece in right]),
        _share_in_line([(piece.x0 + piece.x1) / 2 for piece in left]),
        _share_in_line([(piece.x0 + piece.x1) / 2 for piece in right]),
    )


def _share_in_line(values: list[float]) -> float:
    if len(values) < 2:
        return 0.0
    values.sort()
    most = first = 0
    for last, value in enumerate(values):
        while value - values[first] > ALIGNED:
            first += 1
        most = max(most, last - first + 1)
    return most / len(values)
