"""Columns by the white between them: where they are, and which column a piece of text belongs to."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import inf

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
_ROUNDING = 1e-3


def find_columns(rows: Sequence[Row]) -> list[Interval]:
    """Where the columns of these rows are, left to right."""
    fewest = max(2, VOTING_SHARE * max(map(len, rows)))
    voters = [row for row in rows if len(row) >= fewest] or rows
    pieces = [piece for row in voters for piece in row]
    need = max(1.0, SPANNING_SHARE * len(voters))
    spanning = set(_spanning(pieces, voters, need))
    if spanning and len(spanning) < len(pieces):
        edges = [(piece[0], piece[2]) for piece in pieces if piece not in spanning]
    else:
        edges = [(piece[0], piece[2]) for piece in pieces]
    if not edges:
        return []
    edges.sort()
    columns: list[Interval] = []
    left, right = edges[0]
    for x0, x1 in edges:
        if x0 >= right + 0.5:
            columns.append((left, right))
            left, right = x0, x1
        elif x1 > right:
            right = x1
    columns.append((left, right))
    return _without_stray(columns, pieces) if len(voters) >= STRAY_ROWS else columns


def _without_stray(columns: list[Interval], pieces: Sequence[Piece]) -> list[Interval]:
    """A column made by a single word that stands a little apart is part of the column to its left."""
    kept = columns[:1]
    lefts, rights = sorted(piece[0] for piece in pieces), sorted(piece[2] for piece in pieces)
    for x0, x1 in columns[1:]:
        # How many begin before its end, but for those that end before its begin.
        if bisect_left(lefts, x1) - bisect_right(rights, x0) == 1:
            inside = next(piece for piece in pieces if piece.x0 < x1 and piece.x1 > x0)
            if not is_value(inside.text) and x0 - kept[-1][1] < STRAY_HEIGHTS * inside.height:
                kept[-1] = (kept[-1][0], x1)
                continue
        kept.append((x0, x1))
    return kept


def _spanning(pieces: Sequence[Piece], rows: Sequence[Row], need: float) -> Iterator[Piece]:
    """The pieces that stand over two others in at least `need` rows."""
    sides = [([piece.x0 for piece in row], [piece.x1 for piece in row]) for row in rows]
    # What stands over two pieces covers the begin of the right one. Few pieces cover any: only these are compared with
    # each row. Pieces of a row overlap at most by so much.
    begins = sorted(x0 for lefts, _ in sides for x0 in lefts[1:])
    overlap = max((left.x1 - right.x0 for row in rows for left, right in pairwise(row)), default=0.0)
    reach = 1 - max(0.0, overlap) - _ROUNDING
    for piece in pieces:
        x0, _, x1, *_ = piece
        covered = bisect_left(begins, x1 - 1) - bisect_left(begins, x0 + reach)
        if covered >= need and _stands_over_two(piece, sides) >= need:
            yield piece


def _stands_over_two(piece: Piece, sides: Sequence[tuple[list[float], list[float]]]) -> int:
    """In how many rows it overlaps two pieces; `sides` are the left and the right ends of each row's pieces, sorted."""
    left, right = piece.x0 + 1, piece.x1 - 1
    count = 0
    for lefts, rights in sides:
        second = bisect_right(rights, left) + 1
        if second < len(lefts) and lefts[second] < right:
            count += 1
    return count


def columns_of(piece: Piece, columns: Sequence[Interval]) -> tuple[int, int]:
    """The first and the last column that a piece covers; the nearest one when it covers none.

    `columns` go from left to right, without sharing anything.
    """
    left, _, right, *_ = piece
    first = last = nearest = -1
    most = -inf
    # Asked of every piece of a table: calls of min and max would double its cost.
    for index in range(max(0, bisect_left(columns, (left,)) - 1), len(columns)):
        x0, x1 = columns[index]
        overlap = (right if right < x1 else x1) - (left if left > x0 else x0)
        if overlap > most:
            most, nearest = overlap, index
        if overlap > 0 and (2 * overlap >= right - left or 2 * overlap >= x1 - x0):
            first, last = index if first < 0 else first, index
        if x0 > right:
            break
    return (first, last) if first >= 0 else (nearest, nearest)


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
