"""Drawn tables: their rows, the names over their columns, signs beside numbers, and tables over two pages."""

import pymupdf
import pytest

from tests.support.drawn_pages import PROSE, Read, chunks_and_tables, print_rows, table, write


@pytest.mark.parametrize("turn", [90, 270])
def test_a_table_set_sideways_is_a_table(read: Read, turn: int) -> None:
    rows = [["Grain", "Sacks", "Price"], ["Rye", "14", "31"], ["Oats", "9", "22"], ["Barley", "27", "40"]]

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, row in enumerate(rows):
            for column, text in enumerate(row):
                x = 150 + 24 * index
                y = 600 - 140 * column if turn == 90 else 150 + 140 * column
                write(page, text, x if turn == 90 else 500 - x, y, rotate=turn)

    assert [list(row) for row in read(draw)[0].tables[0].rows] == rows


def test_signs_belong_to_their_numbers_and_a_wide_header_to_each_of_its_columns(
    read: Read,
) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "Year that ended in June", 334, 90)
        for index, (label, one, two, sign) in enumerate(
            (("", "2019", "2020", ""), ("Flour sold", "8,140", "9,020", "$"), ("Grain bought", "3,310", "3,905", ""))
        ):
            y = 106 + 16 * index
            write(page, label, 60, y)
            for right, value in ((350, one), (450, two)):
                write(page, value, right - pymupdf.get_text_length(value, "tiro", 10), y)
                if sign:
                    write(page, sign, right - 55, y)

    [found] = read(draw)[0].tables
    assert ("Flour sold", "$8,140", "$9,020") in found.rows
    assert found.header[1:] == ("Year that ended in June 2019", "Year that ended in June 2020")


def test_a_table_over_two_pages_is_one_and_its_chunks_know_header_and_place(
    read: Read,
) -> None:
    rows = [[f"Sack {index}", str(100 + index), str(200 + index)] for index in range(16)]

    def draw(document: pymupdf.Document) -> None:
        first = document.new_page()
        write(first, PROSE[:70], 60, 500)
        write(first, "Table 4: Weights", 60, 535)
        table(first, [["Sack", "Gross", "Net"], *rows[:9]], 550)
        second = document.new_page()
        table(second, rows[9:], 60)
        write(second, PROSE[:70], 60, 300)

    pages = read(draw)
    chunks, [whole], markdown = chunks_and_tables(pages, max_tokens=120)
    assert whole.pages == [1, 2]
    assert "\n".join(whole.markdown).count("\n") == 1 + len(rows)
    last = next(chunk for chunk in chunks if "Sack 14" in chunk.text)
    assert "| Sack | Gross | Net |" in last.text
    assert "Table 4: Weights" in last.text
    assert any(box.page == 2 and box.y0 < 60 + 20 * 6 < box.y1 for box in last.boxes)
    assert markdown.count("| Sack | Gross | Net |") == 1


def test_a_percent_sign_a_little_apart_belongs_to_its_number(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        table(page, [["Grain", "Share", "Change"], ["Rye", "", ""], ["Wheat", "", ""]], 80)
        for index, (share, change) in enumerate([("62.5", "8"), ("37.5", "(2)")]):
            for x, number in ((205, share), (325, change)):
                write(page, number, x, 114 + 20 * index)
                write(page, "%", x + pymupdf.get_text_length(number, "tiro", 10) + 4, 114 + 20 * index)

    [found] = read(draw)[0].tables
    assert [list(row) for row in found.rows[1:]] == [["Rye", "62.5%", "8%"], ["Wheat", "37.5%", "(2)%"]]


@pytest.mark.parametrize(
    ("groups", "names", "header"),
    [
        (
            [("Rye", 170, 290), ("Oats", 290, 410)],
            ["Mill", "2025", "2024", "2025", "2024"],
            ("Mill", "Rye 2025", "Rye 2024", "Oats 2025", "Oats 2024"),
        ),
        (
            [("Tolls of the season", 170, 410)],
            ["Mill", "Small", "Middle", "Large", "Huge"],
            ("Mill", *(f"Tolls of the season {size}" for size in ("Small", "Middle", "Large", "Huge"))),
        ),
        (
            [("Tolls of the season", 170, 350)],
            ["Mill", "Small", "Middle", "Large"],
            ("Mill", *(f"Tolls of the season {size}" for size in ("Small", "Middle", "Large"))),
        ),
    ],
)
def test_a_name_over_columns_is_said_with_each_without_rules(
    read: Read,
    groups: list[tuple[str, float, float]],
    names: list[str],
    header: tuple[str, ...],
) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for text, left, right in groups:
            write(page, text, (left + right - pymupdf.get_text_length(text, "tiro", 10)) / 2 + 5, 100)
        body = [[f"{where} mill", *(f"{10 * row + column}" for column in range(len(names) - 1))]
                for row, where in enumerate(("North", "South", "Outer"), 1)]  # fmt: skip
        print_rows(page, [names, *body], 118, (230, 290, 350, 410))

    assert read(draw)[0].tables[0].header == header


def test_a_sign_of_currency_in_the_cell_of_its_number_belongs_to_it(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        rows = [
            ["Mill", "2025", "2024"],
            ["North", "$ 1,215", "$ 999"],
            ["South", "12", "9"],
            ["All", "$ 1,227", "$ (8)"],
        ]
        table(page, rows, 100)

    rows = read(draw)[0].tables[0].rows
    assert (rows[1], rows[3]) == (("North", "$1,215", "$999"), ("All", "$1,227", "$(8)"))


def test_a_title_between_tables_of_other_columns_parts_them(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        rows = [["Mill", "Summer", "Winter"], ["North", "20", "40"], ["South", "21", "41"], ["Outer", "22", "42"]]
        bottom = print_rows(page, rows, 100, (290, 400), ruled=True)
        write(page, "Who owns them", 60, bottom)
        owners = [["Mill", "Owner"], ["North", "Anna"], ["South", "Bruno"], ["Outer", "Clara"]]
        print_rows(page, owners, bottom + 18, (220,), ruled=True)

    [page] = read(draw)
    assert [found.rows[-1] for found in page.tables] == [("Outer", "22", "42"), ("Outer", "Clara")]
    assert any(block.text == "Who owns them" for block in page.blocks)
