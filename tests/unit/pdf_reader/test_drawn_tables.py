"""Tables that rules are drawn around, and rules that draw none."""

import math

import pytest

from pdf_reader.document import Rect
from pdf_reader.tables.finder import find_in
from pdf_reader.tables.rules import MAX_RULES, Drawing, Rule, Rules, Shape, sort_drawings
from tests.support.table_lines import (
    PAGE,
    PITCH,
    WEAPONS,
    grid,
    line,
    prose,
    rows_found,
    typeset,
)


class TestDrawnTables:
    XS, YS = (40.0, 180.0, 280.0, 380.0), (95.0, 109.0, 123.0, 137.0, 151.0, 165.0)

    def test_rules_make_cells(self) -> None:
        (table,) = find_in(typeset(WEAPONS, (50, 200, 300), top=97), grid(self.XS, self.YS))
        assert table.rows == tuple(WEAPONS)
        assert table.bbox == (40, 95, 380, 165)

    def test_lines_of_a_cell_are_one_text(self) -> None:
        lines = typeset(
            [("Major", "Ten tons a year", "Mills"), ("", "or more of any", "")], (50, 190, 290), top=100, pitch=11
        )
        lines += typeset([("Area", "Less than that", "Shops")], (50, 190, 290), top=127)
        (found,) = rows_found(lines, grid((40, 180, 280, 380), (95, 124, 140)))
        assert found == (("Major", "Ten tons a year or more of any", "Mills"), ("Area", "Less than that", "Shops"))

    def test_a_column_of_values_parts_rows_that_no_rule_does(self) -> None:
        (found,) = rows_found(typeset(WEAPONS, (50, 200, 300), top=97), grid(self.XS, (95.0, 109.0, 165.0)))
        assert found == tuple(WEAPONS)

    def test_values_part_columns_that_no_rule_does(self) -> None:
        rows = [("Answers", "Freq.", "Percent"), ("None", "138", "6.9"), ("One", "178", "8.8"), ("Two", "626", "31.1")]
        (found,) = rows_found(typeset(rows, (50, 200, 300), top=97), grid((40, 180, 380), (95, 109, 165)))
        assert found == tuple(rows)

    def test_a_table_without_side_borders_has_its_outer_columns(self) -> None:
        rules = grid(self.XS, self.YS)
        inner = Rules(rules.horizontal, rules.vertical[1:-1])
        assert rows_found(typeset(WEAPONS, (50, 200, 300), top=97), inner) == [tuple(WEAPONS)]

    def test_a_note_in_the_frame_is_no_row(self) -> None:
        note = line("Note: prices are those of the capital and may be higher on the road", 45, 167)
        rules = grid(self.XS, self.YS)
        rules = Rules(
            (*rules.horizontal, Rule(181, 40, 380)), (Rule(40, 95, 181), *rules.vertical[1:-1], Rule(380, 95, 181))
        )
        (table,) = find_in([*typeset(WEAPONS, (50, 200, 300), top=97), note], rules)
        assert table.rows == tuple(WEAPONS)
        assert table.bbox[3] == 165

    def test_tables_with_the_same_columns_are_apart_when_their_rules_are(self) -> None:
        lines = typeset(WEAPONS, (50, 200, 300), top=97) + typeset(WEAPONS, (50, 200, 300), top=297)
        first, second = grid(self.XS, self.YS), grid(self.XS, [y + 200 for y in self.YS])
        rules = Rules(first.horizontal + second.horizontal, tuple(sorted(first.vertical + second.vertical)))
        assert rows_found(lines, rules) == [tuple(WEAPONS)] * 2

    def test_shaded_rows_make_one_table_with_the_rows_between_them(self) -> None:
        stripes = [(40.0, y, x1, y + PITCH) for y in (95.0 + PITCH, 95.0 + 3 * PITCH) for x1 in (180.0, 380.0)]
        fills = [filled(box) for box in stripes]
        assert rows_found(typeset(WEAPONS, (50, 200, 300), top=97), sort_drawings(fills, PAGE)) == [tuple(WEAPONS)]

    def test_shades_across_both_columns_of_prose_hold_a_full_width_table_together(self) -> None:
        lines = prose(50, 100, 12) + prose(330, 100, 12, order=12)
        rows = [("Level", "Features", "1st", "2nd"), *((f"{n}th", "Spellcasting", str(n), "2") for n in range(4, 9))]
        lines += typeset(rows, (50, 120, 400, 480), top=302)
        rules = Rules(tuple(Rule(300 + PITCH * i, 45, 560) for i in range(7)))
        assert rows_found(lines, rules) == [tuple(rows)]


def filled(box: Rect, darkest_channel: float = 0.8) -> Drawing:
    return Drawing([(box, Shape.BOX)], box, darkest_channel)


class TestRules:
    @pytest.mark.parametrize(
        ("fill", "box", "shape", "horizontal", "vertical"),
        [
            (None, (10, 50, 90, 50), Shape.LINE, 1, 0),
            (None, (10, 50, 10, 90), Shape.LINE, 0, 1),
            (0.0, (10, 50, 90, 50.5), Shape.BOX, 1, 0),
            (None, (10, 50, 90, 90), Shape.BOX, 2, 2),
            (0.0, (10, 50, 90, 90), Shape.BOX, 2, 2),
            (None, (10, 50, 12, 50), Shape.LINE, 0, 0),
            (None, (10, 50, 90, 90), Shape.CURVE, 0, 0),
            (None, (math.nan, 50, 90, 50), Shape.LINE, 0, 0),
            (None, (-900, -50, 900, -50), Shape.LINE, 0, 0),
        ],
    )
    def test_what_counts_as_a_rule(
        self, fill: float | None, box: Rect, shape: Shape, horizontal: int, vertical: int
    ) -> None:
        rules = sort_drawings([Drawing([(box, shape)], PAGE, fill)], PAGE)
        assert (len(rules.horizontal), len(rules.vertical)) == (horizontal, vertical)

    def test_a_white_background_has_no_edges(self) -> None:
        assert sort_drawings([filled((10, 50, 90, 90), 1.0)], PAGE) == Rules()

    def test_a_shade_that_backs_the_text_of_a_shaded_cell_has_no_edges(self) -> None:
        frame, cell, text = (40.0, 90.0, 400.0, 300.0), (50.0, 100.0, 150.0, 112.0), (52.0, 101.0, 148.0, 111.0)
        fills = [filled(box) for box in (text, cell, frame)]
        assert sort_drawings(fills, PAGE).shades == (frame, cell)

    def test_the_parts_of_a_line_are_one_rule(self) -> None:
        dashes = [Drawing([((x, 50, x + 8, 50.4), Shape.LINE)], PAGE, None) for x in range(10, 90, 10)]
        (rule,) = sort_drawings(dashes, PAGE).horizontal
        assert (rule.start, rule.end) == (10, 88)

    def test_a_drawing_with_too_many_lines_has_no_rules(self) -> None:
        storm = [
            Drawing([((x * 7.0, y * 2.0, x * 7.0 + 6.5, y * 2.0), Shape.LINE)], PAGE, None)
            for x in range(0, 80, 2)
            for y in range(MAX_RULES // 20)
        ]
        assert sort_drawings(storm, PAGE).horizontal == ()
