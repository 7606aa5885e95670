"""What makes a table, told with words and rules that were never in a PDF."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_reader.blocks import flat_header
from pdf_reader.tables import FoundTable, Segment, find_tables, to_markdown
from pdf_reader.tables.finder import find_in, is_form, may_have_tables
from pdf_reader.tables.rules import MAX_RULES, Rule, Rules, sort_drawings
from pdf_reader.tables.words import Piece, Row, is_value, text_of, without_leaders

LETTER, SPACE, HEIGHT, PITCH = 5.0, 2.5, 10.0, 14.0
PAGE = (0.0, 0.0, 600.0, 800.0)


def line(text: str, x: float, y: float, order: int = 0, space: float = SPACE) -> Row:
    """The words of a printed line that begins at (x, y)."""
    words = []
    for word in text.split():
        words.append(Piece(x, y, x + LETTER * len(word), y + HEIGHT, word, order))
        x += LETTER * len(word) + space
    return words


def typeset(rows: Sequence[Sequence[str]], xs: Sequence[float], top: float = 100.0, pitch: float = PITCH) -> list[Row]:
    """Rows of cells whose text begins at `xs`, drawn one row after the other."""
    return [
        line(text, x, top + r * pitch, order=r * len(xs) + c)
        for r, row in enumerate(rows)
        for c, (text, x) in enumerate(zip(row, xs, strict=True))
        if text
    ]


def prose(x: float, top: float, lines: int, order: int = 0) -> list[Row]:
    """A column of text, about 220 points wide."""
    sentences = (
        "the worker reads every page once and",
        "gives back plain data that is safe to",
        "send, while a page that hangs costs",
        "one page and never the whole document",
    )
    return [line(sentences[i % 4], x, top + i * PITCH, order + i) for i in range(lines)]


def grid(xs: Sequence[float], ys: Sequence[float]) -> Rules:
    return Rules(
        tuple(Rule(y, xs[0], xs[-1]) for y in ys),
        tuple(Rule(x, ys[0], ys[-1]) for x in xs),
    )


def rows_found(lines: list[Row], rules: Rules | None = None) -> list[tuple[tuple[str, ...], ...]]:
    return [table.rows for table in find_in(lines, rules or Rules())]


WEAPONS = [
    ("Weapon", "Cost", "Weight"),
    ("Light hammer", "2 gp", "2"),
    ("Mace", "5 gp", "4"),
    ("Quarterstaff", "2 sp", "4"),
    ("Sickle", "1 gp", "2"),
]


class TestTextInColumns:
    def test_words_that_stand_in_columns_are_a_table(self) -> None:
        assert rows_found(typeset(WEAPONS, (50, 200, 300))) == [tuple(WEAPONS)]

    def test_a_blank_cell_is_an_empty_string(self) -> None:
        rows = [*WEAPONS, ("Club", "", "2")]
        assert rows_found(typeset(rows, (50, 200, 300))) == [tuple(rows)]

    def test_lines_that_go_on_in_one_column_join_the_row_above(self) -> None:
        rows = [
            ("Level", "Bonus", "Features"),
            ("1st", "+2", "Rage, and what"),
            ("", "", "comes with it"),
            ("2nd", "+2", "Reckless Attack"),
            ("3rd", "+2", "Primal Path"),
            ("4th", "+3", "Extra Attack"),
        ]
        (found,) = rows_found(typeset(rows, (50, 120, 200), pitch=11))
        assert found[1] == ("1st", "+2", "Rage, and what comes with it")
        assert len(found) == 5

    def test_the_last_row_has_its_wrapped_lines_too(self) -> None:
        rows = [("1st", "+2", "Rage"), ("2nd", "+2", "Reckless Attack"), ("3rd", "+3", "Relentless"), ("", "", "Rage")]
        (table,) = find_in(typeset(rows, (50, 120, 200), pitch=11), Rules())
        assert table.rows[-1] == ("3rd", "+3", "Relentless Rage")
        assert table.bbox[3] == 100 + 3 * 11 + HEIGHT

    def test_a_heading_over_two_columns_stays_over_the_first_of_them(self) -> None:
        rows = [
            ("", "Male students", "", "Female students", ""),
            ("Faculty", "Sample", "Population", "Sample", "Population"),
            ("Sciences", "38", "672", "63", "597"),
            ("Humanities", "58", "1137", "189", "2075"),
            ("Law", "40", "492", "11", "213"),
        ]
        (found,) = rows_found(typeset(rows, (50, 150, 200, 300, 350)))
        assert found == tuple(rows)

    def test_a_table_in_one_column_of_the_page_leaves_the_prose_beside_it_alone(self) -> None:
        lines = prose(50, 100, 20) + prose(330, 100, 8, order=20)
        lines += typeset(WEAPONS, (330, 430, 500), top=100 + 9 * PITCH)
        assert rows_found(lines) == [tuple(WEAPONS)]

    def test_a_repeated_header_begins_another_table(self) -> None:
        lines = typeset(WEAPONS, (50, 200, 300)) + typeset(WEAPONS, (50, 200, 300), top=100 + 6 * PITCH)
        assert len(rows_found(lines)) == 2

    def test_a_right_to_left_table_begins_at_its_right(self) -> None:
        rows = [("10", "אחד"), ("20", "שתיים"), ("30", "שלוש"), ("40", "ארבע")]
        (found,) = rows_found(typeset(rows, (50, 200)))
        assert found[0] == ("אחד", "10")

    def test_dot_leaders_before_several_values_are_left_out(self) -> None:
        rows = [
            ("0.99 .........", "800", "880", "960"),
            ("0.95 .........", "160", "176", "192"),
            ("0.90 .........", "80", "88", "96"),
        ]
        (found,) = rows_found(typeset(rows, (50, 150, 200, 250)))
        assert found[0] == ("0.99", "800", "880", "960")


class TestNoTable:
    def test_two_columns_of_prose(self) -> None:
        assert rows_found(prose(50, 100, 30) + prose(330, 100, 30, order=30)) == []

    def test_two_columns_of_short_lines_that_are_drawn_one_after_the_other(self) -> None:
        names = [
            "Acid Splash",
            "Bane",
            "Chill Touch",
            "Dancing Lights",
            "Fire Bolt",
            "Guidance",
            "Light",
            "Mage Hand",
        ] * 3
        left = [line(name, 50, 100 + i * PITCH, i) for i, name in enumerate(names)]
        right = [line(name, 330, 100 + i * PITCH, len(names) + i) for i, name in enumerate(names)]
        assert rows_found(left + right) == []

    @pytest.mark.parametrize("leader", [" ........ ", " "])
    def test_a_table_of_contents(self, leader: str) -> None:
        titles = [
            "Introduction to it",
            "Using the service",
            "Running the worker",
            "Reading documents",
            "When things fail",
            "Index of terms",
        ]
        rows = [(title + leader, str(3 + 8 * i)) for i, title in enumerate(titles)]
        assert rows_found(typeset(rows, (50, 500))) == []

    @pytest.mark.parametrize("mark", ["•", "1.", "(a)", "iv.", "–"])
    def test_a_list(self, mark: str) -> None:
        rows = [
            (mark, text)
            for text in ("Protect, then receive", "A lease is an object", "Success is honest", "A claim, not a hope")
        ]
        assert rows_found(typeset(rows, (50, 80))) == []

    def test_justified_prose_with_wide_spaces(self) -> None:
        sentences = [
            "when that method does not end",
            "nothing else on page can be",
            "read before its time limit is",
            "over and its child is replaced",
        ]
        lines = []
        for i, text in enumerate(sentences):
            slack = (300 - sum(LETTER * len(word) for word in text.split())) / (len(text.split()) - 1)
            lines.append(line(text, 50, 100 + i * PITCH, i, space=slack))
        assert rows_found(lines) == []

    def test_labels_among_curves(self) -> None:
        curves = tuple((60.0 + 40 * i, 100.0, 200.0 + 40 * i, 170.0) for i in range(4))
        assert rows_found(typeset(WEAPONS, (50, 200, 300)), Rules(curves=curves)) == []

    def test_a_frame_around_one_text(self) -> None:
        assert rows_found(prose(50, 100, 6), grid((40, 290), (90, 200))) == []

    def test_a_form(self) -> None:
        labels = ["Your first name", "Last name", "Home address", "City, town or post office", "Telephone", "E-mail"]
        lines = [line(label, 45, 101 + 20 * i) for i, label in enumerate(labels)]
        assert rows_found(lines, grid((40, 200, 280, 360), [95 + 20 * i for i in range(7)])) == []

    def test_the_grid_of_a_chart(self) -> None:
        rules = grid([100 + 40 * i for i in range(8)], [100 + 30 * i for i in range(8)])
        assert rows_found([line("1999", 105, 110), line("2009", 345, 290)], rules) == []


class TestForms:
    LONG = "Enter the amount from line 3 of your return, or of the worksheet that you were sent, whichever is smaller"

    @pytest.mark.parametrize(
        ("rows", "form"),
        [
            (WEAPONS, False),
            ([("Name", "", "", ""), ("Address", "", "", ""), ("Date", "", "Place", "")], True),
            ([("1", LONG, "", "", ""), ("2", LONG, "", "", ""), ("3", LONG, "", "", "")], True),
            ([("Pain", LONG), ("Mood", LONG), ("Sleep", LONG)], False),
            ([("Section", ""), ("One", ""), ("Two", "2"), ("Three", "")], True),
        ],
    )
    def test_blanks_and_instructions_make_a_form(self, rows: list[tuple[str, ...]], form: bool) -> None:
        assert is_form(rows) == form


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
        fills = [{"type": "f", "fill": (0.9, 0.9, 0.8), "items": [("re", box, 1)], "rect": box} for box in stripes]
        assert rows_found(typeset(WEAPONS, (50, 200, 300), top=97), sort_drawings(fills, PAGE)) == [tuple(WEAPONS)]

    def test_shades_across_both_columns_of_prose_hold_a_full_width_table_together(self) -> None:
        lines = prose(50, 100, 12) + prose(330, 100, 12, order=12)
        rows = [("Level", "Features", "1st", "2nd"), *((f"{n}th", "Spellcasting", str(n), "2") for n in range(4, 9))]
        lines += typeset(rows, (50, 120, 400, 480), top=302)
        rules = Rules(tuple(Rule(300 + PITCH * i, 45, 560) for i in range(7)))
        assert rows_found(lines, rules) == [tuple(rows)]


class TestRules:
    @pytest.mark.parametrize(
        ("kind", "item", "horizontal", "vertical"),
        [
            ("s", ("l", (10, 50), (90, 50)), 1, 0),
            ("s", ("l", (10, 50), (10, 90)), 0, 1),
            ("f", ("re", (10, 50, 90, 50.5), 1), 1, 0),
            ("s", ("re", (10, 50, 90, 90), 1), 2, 2),
            ("f", ("re", (10, 50, 90, 90), 1), 2, 2),
            ("f", ("qu", ((10, 50), (90, 50), (10, 90), (90, 90))), 2, 2),
            ("s", ("l", (10, 50), (12, 50)), 0, 0),
            ("s", ("l", (10, 50), (90, 90)), 0, 0),
            ("s", ("l", (math.nan, 50), (90, 50)), 0, 0),
            ("s", ("l", (-900, -50), (900, -50)), 0, 0),
        ],
    )
    def test_what_counts_as_a_rule(self, kind: str, item: tuple[object, ...], horizontal: int, vertical: int) -> None:
        rules = sort_drawings([{"type": kind, "items": [item], "fill": (0, 0, 0), "rect": PAGE}], PAGE)
        assert (len(rules.horizontal), len(rules.vertical)) == (horizontal, vertical)

    def test_a_white_background_has_no_edges(self) -> None:
        white = {"type": "f", "fill": (1.0, 1.0, 1.0), "items": [("re", (10, 50, 90, 90), 1)], "rect": PAGE}
        assert sort_drawings([white], PAGE) == Rules()

    def test_the_parts_of_a_line_are_one_rule(self) -> None:
        dashes = [{"type": "s", "items": [("l", (x, 50), (x + 8, 50.4))], "rect": PAGE} for x in range(10, 90, 10)]
        (rule,) = sort_drawings(dashes, PAGE).horizontal
        assert (rule.start, rule.end) == (10, 88)

    def test_a_drawing_with_too_many_lines_has_no_rules(self) -> None:
        storm = [
            {"type": "s", "items": [("l", (x * 7.0, y * 2.0), (x * 7.0 + 6.5, y * 2.0))], "rect": PAGE}
            for x in range(0, 80, 2)
            for y in range(MAX_RULES // 20)
        ]
        assert sort_drawings(storm, PAGE).horizontal == ()


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


class TestOddGeometry:
    @given(st.lists(st.tuples(boxes, st.text(min_size=1, max_size=8)), max_size=40), st.lists(boxes, max_size=20))
    def test_any_boxes_give_rectangular_tables_or_none(
        self, words: list[tuple[tuple[float, ...], str]], shapes: list[tuple[float, ...]]
    ) -> None:
        """Whatever the boxes, and whatever is in the words: never an error, never a ragged table."""
        lines = [[Piece(x0, y0, x1, y1, text)] for (x0, y0, x1, y1), text in words if x0 < x1 and y0 < y1]
        drawings = [{"type": "s", "items": [("re", shape, 1)], "rect": shape} for shape in shapes]
        for table in find_in(lines, sort_drawings(drawings, PAGE)):
            assert len({len(row) for row in table.rows}) == 1
            assert len(table.rows[0]) >= 2


GROUPED = {
    "two groups of years": [("Quarter", 230, 1, 2), ("Half year", 390, 3, 4)],
    "a long name over the first two only": [("Year ended in June", 230, 1, 2)],
    "one long name over all four": [("Year ended December 31 of", 310, 1, 4)],
}


@pytest.mark.parametrize("name", GROUPED)
def test_a_name_over_columns_is_said_with_each_beside_signs_of_currency(name: str) -> None:
    """The signs stand in columns of their own, so that the columns named are no neighbours."""
    rights = (200.0, 280.0, 360.0, 440.0)
    lines: list[Row] = []

    def centred(text: str, middle: float, y: float) -> None:
        width = LETTER * len(text.replace(" ", "")) + SPACE * text.count(" ")
        lines.append(line(text, middle - width / 2, y, len(lines)))

    groups = GROUPED[name]
    for text, _, first, last in groups:
        centred(text, (rights[first - 1] - 15 + rights[last - 1]) / 2 - 2.5, 100)
    for right, year in zip(rights, ("2022", "2021", "2020", "2019"), strict=True):
        lines.append(line(year, right - 4 * LETTER, 114, len(lines)))
    for index, label in enumerate(("Revenue", "Costs", "Profit", "Taxes", "Net")):
        y = 128 + 14 * index
        lines.append(line(label, 60, y, len(lines)))
        for right, value in zip(rights, ("1,234", "1,198", "2,465", "2,257"), strict=True):
            if index in (0, 4):
                lines.append(line("$", right - 45, y, len(lines)))
            lines.append(line(value, right - LETTER * len(value), y, len(lines)))

    [table] = find_in(lines, Rules())

    header = table_header(table)
    for text, _, first, last in groups:
        assert [text in said for said in header] == [first <= column <= last for column in range(5)]
    assert [said[-4:] for said in header[1:]] == ["2022", "2021", "2020", "2019"]
    assert table.rows[-1] == ("Net", "$1,234", "$1,198", "$2,465", "$2,257")


def table_header(table: FoundTable) -> tuple[str, ...]:
    return flat_header(table.rows, table.header_rows, table.spans)
