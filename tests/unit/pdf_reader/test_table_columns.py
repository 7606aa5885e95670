"""Columns are found by looking at few of a table's pieces; what is found is what looking at all of them would find."""

from hypothesis import given
from hypothesis import strategies as st

from pdf_reader.tables.columns import Interval, columns_of, find_columns
from pdf_reader.tables.words import Piece, Row

#: Halves of points, so that edges often meet.
PLACES = st.integers(0, 80).map(lambda place: place / 2)
WIDTHS = st.integers(1, 60).map(lambda width: width / 2)


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Up to three rows of one to four pieces, which may overlap, but of which none is around another."""
    rows = []
    for number in range(draw(st.integers(1, 3))):
        pieces = draw(st.lists(st.tuples(PLACES, WIDTHS), min_size=1, max_size=4))
        edges = zip(sorted(x for x, _ in pieces), sorted(x + width for x, width in pieces), strict=True)
        top = 14.0 * number
        rows.append([Piece(x0, top, x1, top + 10, "cell", order) for order, (x0, x1) in enumerate(edges)])
    return rows


@st.composite
def columns(draw: st.DrawFn) -> list[Interval]:
    ends = sorted(draw(st.sets(PLACES, min_size=2, max_size=12)))
    return [(ends[index], ends[index + 1]) for index in range(0, len(ends) - 1, 2)]


@given(columns(), PLACES, WIDTHS)
def test_a_piece_covers_the_columns_of_which_it_has_half(places: list[Interval], left: float, width: float) -> None:
    shared = [min(left + width, x1) - max(left, x0) for x0, x1 in places]
    covered = [
        index
        for index, (x0, x1) in enumerate(places)
        if shared[index] > 0 and (2 * shared[index] >= width or 2 * shared[index] >= x1 - x0)
    ]
    nearest = max(range(len(places)), key=shared.__getitem__)
    expected = (covered[0], covered[-1]) if covered else (nearest, nearest)
    assert columns_of(Piece(left, 0, left + width, 10, "cell"), places) == expected


@given(tables())
def test_what_stands_over_two_pieces_of_a_row_makes_no_column(rows: list[Row]) -> None:
    fewest = max(2, 0.6 * max(map(len, rows)))
    voters = [row for row in rows if len(row) >= fewest] or rows
    pieces = [piece for row in voters for piece in row]
    single = [piece for piece in pieces if not any(_stands_over_two(piece, row) for row in voters)]
    expected: list[Interval] = []
    for x0, x1 in sorted((piece.x0, piece.x1) for piece in single or pieces):
        if expected and x0 < expected[-1][1] + 0.5:
            expected[-1] = (expected[-1][0], max(expected[-1][1], x1))
        else:
            expected.append((x0, x1))
    assert find_columns(rows) == expected


def _stands_over_two(piece: Piece, row: Row) -> bool:
    under = [other for other in row if other.x1 > piece.x0 + 1]
    return len(under) > 1 and under[1].x0 < piece.x1 - 1
