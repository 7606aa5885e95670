"""What makes a table of words in columns, told with words that were never in a PDF."""

import pytest

from pdf_reader.blocks import flat_header
from pdf_reader.tables import FoundTable
from pdf_reader.tables.finder import find_in, is_form
from pdf_reader.tables.rules import Rules
from pdf_reader.tables.words import Row
from tests.support.table_lines import HEIGHT, LETTER, PITCH, SPACE, WEAPONS, grid, line, prose, rows_found, typeset


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
