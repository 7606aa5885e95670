"""What the found tables say: texts of cells, Markdown, whatever the boxes are."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_reader.document import Rect
from pdf_reader.tables import Segment, find_tables, to_markdown
from pdf_reader.tables.finder import find_in, may_have_tables
from pdf_reader.tables.rules import Drawing, Shape, sort_drawings
from pdf_reader.tables.words import Piece, is_value, text_of, without_leaders
from tests.support.table_lines import (
    PAGE,
    PITCH,
    line,
)


class TestQuickLook:
    def test_rows_of_several_segments_may_be_a_table(self) -> None:
        segments = [
            Segment(x, 100 + r * PITCH, x + 40, 110 + r * PITCH, "cell") for r in range(4) for x in (50, 150, 250)
        ]
        assert may_have_tables(segments)

    def test_segments_of_several_values_may_be_rows_in_typewriter_type(self) -> None:
        assert may_have_tables([Segment(50, 100 + r * PITCH, 400, 110 + r * PITCH, "0.99 800 880") for r in range(3)])

    def test_prose_in_two_columns_may_not(self) -> None:
        segments = [
            Segment(x, 100 + r * PITCH, x + 220, 110 + r * PITCH, "a line of prose as wide as its column")
            for r in range(30)
            for x in (50, 330)
        ]
        assert not may_have_tables(segments)

    def test_a_page_with_more_lines_than_people_print_is_not_even_opened(self) -> None:
        cells = [Segment(x, y, x + 4, y + 3, "1") for y in range(0, 800, 4) for x in range(0, 600, 5)]
        assert find_tables(page=None, textpage=None, segments=cells) == []

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_segments_without_a_place_are_passed_over(self, bad: float) -> None:
        cells = [Segment(x, bad, x + 40, 110, "cell") for x in (50, 150, 250)] * 3
        assert find_tables(page=None, textpage=None, segments=cells) == []


class TestTexts:
    @pytest.mark.parametrize(
        "text", ["12", "$1,200", "(3.5)", "45%", "–7", "n/a", "—", "<0.001", "2004", "1,5*", "3.2–4.1"]
    )
    def test_values(self, text: str) -> None:
        assert is_value(text)

    @pytest.mark.parametrize("text", ["Weapon", "1st Level spell", "of 12", "", "2 gp of rope"])
    def test_not_values(self, text: str) -> None:
        assert not is_value(text)

    @pytest.mark.parametrize("leader", [" . . . . .", "........", " …………"])
    def test_the_dots_that_lead_to_a_value_are_no_text(self, leader: str) -> None:
        assert without_leaders(f"Total assets{leader}") == "Total assets"

    @pytest.mark.parametrize(
        ("first", "second", "joined"),
        [
            ("secon-", "dary", "secondary"),
            ("Alpha-", "Ketoglutarate", "Alpha-Ketoglutarate"),
            ("two", "words", "two words"),
            ("表格", "文字", "表格文字"),
        ],
    )
    def test_lines_of_a_cell_are_joined_as_a_reader_would(self, first: str, second: str, joined: str) -> None:
        assert text_of([*line(first, 50, 100), *line(second, 50, 112)]) == joined


class TestMarkdown:
    def test_the_first_row_is_the_header(self) -> None:
        assert to_markdown([("A", "B"), ("1", "2")]) == "| A | B |\n| --- | --- |\n| 1 | 2 |"

    def test_pipes_are_escaped_and_newlines_are_blanks(self) -> None:
        assert to_markdown([("a|b\nc",)]) == "| a\\|b c |\n| --- |"

    def test_short_rows_are_filled_up(self) -> None:
        assert to_markdown([("A", "B"), ("1",)]).endswith("| 1 |  |")

    def test_no_rows_are_no_text(self) -> None:
        assert to_markdown([]) == ""


coordinate = st.floats(-2_000, 2_000, width=32) | st.sampled_from([0.0, 100.0, 110.0, 1e-9, 1e9])
boxes = st.tuples(coordinate, coordinate, coordinate, coordinate)


def _upright(shape: tuple[float, ...]) -> Rect:
    """MuPDF says where a box begins and where it ends."""
    x0, y0, x1, y1 = shape
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


class TestOddGeometry:
    @given(st.lists(st.tuples(boxes, st.text(min_size=1, max_size=8)), max_size=40), st.lists(boxes, max_size=20))
    def test_any_boxes_give_rectangular_tables_or_none(
        self, words: list[tuple[tuple[float, ...], str]], shapes: list[tuple[float, ...]]
    ) -> None:
        """Whatever the boxes, and whatever is in the words: never an error, never a ragged table."""
        lines = [[Piece(x0, y0, x1, y1, text)] for (x0, y0, x1, y1), text in words if x0 < x1 and y0 < y1]
        drawings = [Drawing([(_upright(shape), Shape.BOX)], _upright(shape), None) for shape in shapes]
        for table in find_in(lines, sort_drawings(drawings, PAGE)):
            assert len({len(row) for row in table.rows}) == 1
            assert len(table.rows[0]) >= 2
