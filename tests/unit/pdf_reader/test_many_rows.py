"""A price list, a parts index or a log may have thousands of rows on a page: reading it takes no time that grows with
the square of their number."""

import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from pdf_reader.child.composing import Part, compose
from pdf_reader.child.initials import join_initials
from pdf_reader.child.links import join_wrapped
from pdf_reader.child.marked_block import MarkedBlock
from pdf_reader.child.overprint import without_overprint
from pdf_reader.child.paragraphs import arrange
from pdf_reader.child.parts import classify
from pdf_reader.document import Link
from tests.support.marked_lines import comes_behind, line

ROWS = 6_000
#: What takes time in the square of the rows took more than twice this.
MOST_CPU_SECONDS = 1.5
FULL = "The keeper of the mole walks twice along it every night"


def lone_rows_with_dates() -> object:
    """Blocks of a row that go on in each other, although they begin like items."""
    return arrange([[line(f"{'12. ' if row % 2 else ''}{FULL}", row)] for row in range(ROWS)])


def listing() -> object:
    """Paragraphs in typewriter type that are near each other, on a page that has other text as well."""
    log = [Part([line(FULL, row, typed=FULL)]) for row in range(ROWS)]
    return classify([*log, *(Part([line(FULL, row)]) for row in range(ROWS, 2 * ROWS))], 12.0 * ROWS)


def units() -> object:
    """Short words in capitals, larger than what stands beside them."""
    return join_initials([[line("EA", row, size=20), line("anchor", row, 300)] for row in range(ROWS)])


def equal_cells() -> object:
    return without_overprint([[line("0.00", row), line("0.00", row, 200)] for row in range(ROWS)])


def broken_words() -> object:
    """Each line goes on in the next one, all of them as one word."""
    return compose([Part([line("abc" * 20 + "-", row) for row in range(ROWS // 10)])])


def lines_without_blanks() -> object:
    return compose([Part([line("\u6e2f" * 80, row) for row in range(2 * ROWS)])])


def links_to_one_place() -> object:
    links = [Link("anchor", 1, (50, 12.0 * row, 80, 12.0 * row + 10), None, "external", None, None, "https://a.example/")
             for row in range(ROWS // 6)]  # fmt: skip
    return join_wrapped(links, [[line("anchor", row) for row in range(ROWS)]])


@pytest.mark.parametrize(
    "work",
    [lone_rows_with_dates, listing, units, equal_cells, broken_words, lines_without_blanks, links_to_one_place],
    ids=lambda work: work.__name__,
)
def test_thousands_of_rows_take_no_long_time(work: Callable[[], object]) -> None:
    began = time.process_time()
    work()

    assert time.process_time() - began < MOST_CPU_SECONDS


MARKS = (
    *("1.", "2.", "3.", "1.1", "1.2", "1.2.1", "2.1", "a)", "b)", "(a)", "(b)", "i.", "ii.", "v.", "w.", "II.", "III."),
    *("•", "–", "o", "①", "②", "一、", "二、", "（一）", "（二）", "[ ]"),
)


@pytest.mark.parametrize("marker", MARKS)
def test_marks_are_found_among_many_as_one_by_one(marker: str) -> None:
    row = [line(marker, 0)]
    for other in MARKS:
        block = MarkedBlock([([line(other, 0)], other), ([line("text", 1)], "")])
        assert block.has_mark_before(marker, row) is comes_behind(marker, other)
        assert block.has_mark_behind(marker, row) is comes_behind(other, marker)


def test_only_marks_above_and_below_a_row_are_found_there() -> None:
    marks = ("2.", "1.", "2.", "3.", "2.")
    block = MarkedBlock([([line(mark, row)], mark) for row, mark in enumerate(marks)])
    rows = list(enumerate(block.rows))

    assert [block.has_mark_before(mark, row, above=at) for at, (row, mark) in rows] == [False, False, True, True, True]
    assert [block.has_mark_behind(mark, row, below=at) for at, (row, mark) in rows] == [True, True, True, False, False]


def test_marks_in_other_type_or_elsewhere_are_not_found() -> None:
    marked = ([line("1.", 0)], "1.")

    assert MarkedBlock([marked]).has_mark_before("2.", [line("2.", 1)])
    assert not MarkedBlock([marked]).has_mark_before("2.", [line("2.", 1, size=12)])
    assert not MarkedBlock([marked]).has_mark_before("2.", [line("2.", 1, x0=80)])


@pytest.mark.parametrize("at_once", [True, False])
def test_a_block_is_measured_alike_whether_it_grows_or_not(at_once: bool) -> None:
    tops, rights = (0, 12, 24, 39, 60, 71), (3, 9, 9, 4, 12, 2)
    rows = [([line("x" * right, 1, pitch=top)], "") for top, right in zip(tops, rights, strict=True)]
    block = MarkedBlock(list(rows) if at_once else [])
    for row in () if at_once else rows:
        block.rows.append(row)
        block.right_without(0)

    gaps = [below - above - 10 for above, below in pairwise(tops)]
    assert [block.gap_above(index) for index in range(1, 6)] == gaps
    for index in range(1, 6):
        others = sorted(gaps[: index - 1] + gaps[index:])
        assert block.usual_gap_without(index) == others[len(others) // 2]
    edges = [50 + 5 * right for right in rights]
    for index in range(6):
        assert block.right_without(index) == (max(edges), max(edges[:index] + edges[index + 1 :]))
