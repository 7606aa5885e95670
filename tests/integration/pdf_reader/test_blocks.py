"""Conditions of real files that readers get wrong, each made here: what is one text, one word, one list, one table."""

from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from data_ingestion.document_files import markdown_of
from document_structure import StructureAnalyser
from document_structure.chunking import Chunk, PageText, WholeTable, chunk_document, whole_tables
from pdf_reader.blocks import BlockKind
from pdf_reader.document import DocumentFacts, Page, ReadOptions
from pdf_reader.sandbox import PdfSandbox

PROSE = "The miller weighs every sack twice and writes the weight into the ledger before the cart may leave the yard. "
Draw = Callable[[pymupdf.Document], None]


@pytest.fixture
def read(sandbox: PdfSandbox, tmp_path: Path) -> Callable[[Draw], list[Page]]:
    def read(draw: Draw) -> list[Page]:
        document = pymupdf.open()
        draw(document)
        path = tmp_path / "made.pdf"
        document.save(path)
        facts = sandbox.open(path)
        return list(sandbox.read(path, facts, ReadOptions(images=False), tmp_path, lambda: None))

    return read


def write(
    page: pymupdf.Page, text: str, x: float, y: float, size: float = 10, font: str = "tiro", **more: object
) -> None:
    page.insert_text((x, y), text, fontsize=size, fontname=font, **more)


def table(page: pymupdf.Page, rows: list[list[str]], top: float, xs: tuple[float, ...] = (60, 200, 320, 440)) -> None:
    edges = xs[: len(rows[0]) + 1]
    for index, row in enumerate(rows):
        for x, text in zip(edges, row, strict=False):
            write(page, text, x + 5, top + 14 + 20 * index)
    bottom = top + 20 * len(rows)
    for index in range(len(rows) + 1):
        page.draw_line((edges[0], top + 20 * index), (edges[-1], top + 20 * index))
    for x in edges:
        page.draw_line((x, top), (x, bottom))


def add_text_field(page: pymupdf.Page, name: str, value: str, box: tuple[float, float, float, float]) -> None:
    widget = pymupdf.Widget()
    widget.field_type, widget.field_name, widget.field_value = pymupdf.PDF_WIDGET_TYPE_TEXT, name, value
    widget.rect = pymupdf.Rect(box)
    page.add_widget(widget)


def test_a_line_drawn_three_times_is_said_once(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for shift in (0, 0.35, 0.7):
            write(page, "Grinding the second flour", 60 + shift, 90, 15)
        write(page, PROSE[:60], 60, 130)

    assert read(draw)[0].text.count("Grinding the second flour") == 1


@pytest.mark.parametrize("copies", [2, 4])
def test_single_words_drawn_several_times_are_said_once(read: Callable[[Draw], list[Page]], copies: int) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        x = 60.0
        for text in ("The miller ", "always", " closes the ", "upper sluice", " in winter."):
            for copy in range(1 if " " in (text[0], text[-1]) else copies):
                write(page, text, x + 0.3 * copy, 90, 11, "helv")
            x += pymupdf.get_text_length(text, "helv", 11)

    assert read(draw)[0].text == "The miller always closes the upper sluice in winter."


def test_raised_and_lowered_characters_are_told_apart(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "The yield", 60, 90)
        x = 60 + pymupdf.get_text_length("The yield", "tiro", 10)
        write(page, "3", x, 86, 6)
        write(page, " of CO", x + 3.2, 90)
        x += 3.2 + pymupdf.get_text_length(" of CO", "tiro", 10)
        write(page, "2", x, 92.5, 6)
        write(page, " fell.", x + 3.2, 90)

    assert read(draw)[0].text == "The yield³ of CO₂ fell."


@pytest.mark.parametrize(
    ("before", "raised", "behind", "said"),
    [
        ("The Mill", "TM", " opened", "The Mill™ opened"),
        ("On the 4", "th", " of May", "On the 4th of May"),
        ("Le 1", "er", " mai", "Le 1er mai"),
        ("Gross income", "(1)", " rose", "Gross income⁽¹⁾ rose"),
    ],
)
def test_raised_letters_are_a_sign_or_belong_to_their_word(
    read: Callable[[Draw], list[Page]], before: str, raised: str, behind: str, said: str
) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        x = 60.0
        for text, y, size in ((before, 90, 11), (raised, 86, 6.5), (behind, 90, 11)):
            write(page, text, x, y, size)
            x += pymupdf.get_text_length(text, "tiro", size)

    assert read(draw)[0].text == said


def test_kerning_makes_no_blank_and_letterspacing_no_letters(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "SUMMA", 60, 80, 12, "hebo")
        write(page, "RY OF HARVEST", 60 + pymupdf.get_text_length("SUMMA", "hebo", 12) + 2.6, 80, 12, "hebo")
        x = 60.0
        for letter in "MILL RULES":
            if letter != " ":
                write(page, letter, x, 120, 14, "hebo")
            x += 7 if letter == " " else pymupdf.get_text_length(letter, "hebo", 14) + 4.4
        write(page, PROSE[:70], 60, 150)

    text = read(draw)[0].text
    assert "SUMMARY OF HARVEST" in text
    assert "MILL RULES" in text


def test_several_blanks_part_the_words_of_a_letterspaced_title(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "R U L E S   O F   T H E   M I L L", 60, 80, 14, "hebo")
        write(page, PROSE[:70], 60, 120)

    assert read(draw)[0].text.startswith("RULES OF THE MILL\n")


def test_a_short_word_of_a_letterspaced_title_is_a_word(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        x = 60.0
        for letter in "RULES OF MILLING":
            if letter != " ":
                write(page, letter, x, 80, 16, "tibo")
            x += pymupdf.get_text_length(letter, "tibo", 16) + 6
        write(page, PROSE[:70], 60, 120)

    assert read(draw)[0].text.startswith("RULES OF MILLING\n")


def test_blanks_behind_a_lines_last_word_do_not_make_it_look_full(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "-", 60, 60)
        # As Word prints: a clipping path around each text, and the blanks at a paragraph's end in a text of their own.
        texts = [
            ("The mill was sold.", 60, 742),
            (" " * 140, 60 + pymupdf.get_text_length("The mill was sold.", "tiro", 10), 742),
            (PROSE[:90], 60, 730),
            ("and the wheel turned.", 60, 718),
        ]
        stream = "".join(
            f"q 0 0 595 842 re W* n BT /tiro 10 Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET Q " for text, x, y in texts
        )
        document.update_stream(page.get_contents()[0], stream.encode())

    assert read(draw)[0].text.split("\n\n")[0] == "The mill was sold."


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_words_drawn_twice_on_a_turned_page_are_said_once(read: Callable[[Draw], list[Page]], turn: int) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        x = 60.0
        for word in ("Close ", "the ", "lower ", "gate."):
            for copy in range(2):
                write(page, word.strip(), x + 0.3 * copy, 90, 11, "helv")
            x += pymupdf.get_text_length(word, "helv", 11)
        page.set_rotation(turn)

    assert read(draw)[0].text == "Close the lower gate."


def test_a_word_broken_before_a_capital_goes_on_on_a_turned_page(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.set_rotation(90)
        for index, text in enumerate(("He wrote to the ministers of the kingdom by E-", "Mail.")):
            page.insert_text((80 + 14 * index, 700), text, fontsize=10, rotate=90)

    assert read(draw)[0].text == "He wrote to the ministers of the kingdom by E-Mail."


@pytest.mark.parametrize(("rest", "begin"), [("keeper lived here", "A keeper"), ("bove the river", "Above")])
def test_a_drop_cap_may_be_a_word(read: Callable[[Draw], list[Page]], rest: str, begin: str) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "A", 60, 116, 40)
        for index, text in enumerate((f"{rest} for all of the winter", "and wrote the level of the water", "down.")):
            write(page, text, 60 + pymupdf.get_text_length("A", "tiro", 40) + 4, 90 + 13 * index)

    assert read(draw)[0].text.startswith(f"{begin} ")


def test_a_drop_cap_belongs_to_its_word(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "W", 60, 120, 40)
        for index, text in enumerate(("hen the river rose the miller", "carried the sacks upstairs and")):
            write(page, text, 100, 100 + 13 * index)

    assert read(draw)[0].text.startswith("When the river rose the miller")


@pytest.mark.parametrize("prose_lines", [1, 12])
def test_code_with_blank_lines_is_one_listing(read: Callable[[Draw], list[Page]], prose_lines: int) -> None:
    listing = [
        "class Mill:",
        "    stones = 2",
        "",
        "    def turn(self):",
        "        # slowly",
        "        self.run()",
        "",
        "x = 1",
    ]

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, text in enumerate(listing):
            if text:
                write(page, text, 60, 80 + 12 * index, 10, "cour")
        for index in range(prose_lines):
            write(page, PROSE[:70], 60, 300 + 13 * index)

    assert read(draw)[0].text.startswith("```\n" + "\n".join(listing) + "\n```")


@pytest.mark.parametrize("turn", [0, 90])
def test_columns_drawn_row_by_row_are_read_one_after_the_other(read: Callable[[Draw], list[Page]], turn: int) -> None:
    words = [f"{side} line {index} of what the miller wrote" for side in ("left", "right") for index in range(9)]

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "A title over both of the columns of this page", 60, 70, 16)
        for index in range(9):
            write(page, words[index], 60, 110 + 13 * index)
            write(page, words[9 + index], 310, 110 + 13 * index)
        page.set_rotation(turn)

    text = read(draw)[0].text
    places = [text.find(word) for word in words]
    assert places == sorted(places)
    assert -1 not in places


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_keeps_the_order_of_its_lines(read: Callable[[Draw], list[Page]], turn: int) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, word in enumerate(("first", "second", "third", "fourth")):
            write(page, f"the {word} of these lines, which are all about as long as this one,", 60, 90 + 13 * index)
        page.set_rotation(turn)

    [page] = read(draw)
    places = [page.text.find(word) for word in ("first", "second", "third", "fourth")]
    assert places == sorted(places)
    assert -1 not in places
    for block in page.blocks:
        for x0, y0, x1, y1 in block.boxes:
            assert -1 <= x0 < x1 <= page.width + 1
            assert -1 <= y0 < y1 <= page.height + 1


@pytest.mark.parametrize("turn", [90, 270])
def test_a_table_set_sideways_is_a_table(read: Callable[[Draw], list[Page]], turn: int) -> None:
    rows = [["Grain", "Sacks", "Price"], ["Rye", "14", "31"], ["Oats", "9", "22"], ["Barley", "27", "40"]]

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, row in enumerate(rows):
            for column, text in enumerate(row):
                x = 150 + 24 * index
                y = 600 - 140 * column if turn == 90 else 150 + 140 * column
                write(page, text, x if turn == 90 else 500 - x, y, rotate=turn)

    assert [list(row) for row in read(draw)[0].tables[0].rows] == rows


def test_numbers_that_count_lines_are_no_text(read: Callable[[Draw], list[Page]]) -> None:
    words = (PROSE * 3).split()

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index in range(9):
            write(page, str(index + 1), 40, 90 + 22 * index)
            write(page, " ".join(words[6 * index : 6 * index + 6]), 80, 90 + 22 * index)

    [page] = read(draw)
    assert not page.tables
    assert page.text.startswith(" ".join(words[:18]))
    assert [block.text for block in page.blocks if block.kind is BlockKind.RUNNING_LINE] == [*map(str, range(1, 10))]


@pytest.mark.parametrize("degrees", [30, 45, 60])
def test_a_slanted_stamp_is_no_text(read: Callable[[Draw], list[Page]], degrees: int) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, PROSE[:70], 60, 90)
        turned = (pymupdf.Point(200, 500), pymupdf.Matrix(degrees))
        write(page, "SPECIMEN ONLY", 200, 500, 44, color=(0.8, 0.8, 0.8), morph=turned)

    [page] = read(draw)
    assert page.text == PROSE[:70].strip()
    assert [block.text for block in page.blocks if block.kind is BlockKind.STAMP] == ["SPECIMEN ONLY"]


def test_pale_large_letters_along_the_edge_are_a_stamp(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "PROOF OF THE MILL", 40, 600, 30, "hebo", color=(0.8, 0.8, 0.8), rotate=90)
        for index in range(4):
            write(page, PROSE[:70], 60, 100 + 13 * index)

    assert "PROOF" not in read(draw)[0].text


@pytest.mark.parametrize(("bullet", "gap"), [("•", 4), ("·", 4), ("•", 14)])
def test_a_bullet_begins_an_item_however_close(read: Callable[[Draw], list[Page]], bullet: str, gap: float) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_font("whole", fontbuffer=pymupdf.Font("helv").buffer)
        for index, (depth, text) in enumerate([(0, "Grain"), (1, "Rye"), (1, "Wheat"), (0, "Flour")]):
            write(page, bullet, 60 + 18 * depth, 80 + 14 * index, 10, "whole")
            write(page, text, 60 + gap + 18 * depth, 80 + 14 * index, 10, "helv")
        write(page, PROSE[:70], 60, 200)

    assert read(draw)[0].text.startswith("- Grain\n  - Rye\n  - Wheat\n- Flour\n")


def test_lists_keep_their_depth_and_code_its_indentation(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, (x, text) in enumerate(((60, "• Clean"), (80, "• sweep"), (80, "• oil the axle"), (60, "• Lock"))):
            write(page, text, x, 90 + 14 * index, font="helv")
        write(page, PROSE[:70], 60, 180)
        for index, text in enumerate(("while grain:", "    grind(grain)", "rest()")):
            write(page, text, 70, 220 + 12 * index, font="cour")

    text = read(draw)[0].text
    assert "- Clean\n  - sweep\n  - oil the axle\n- Lock" in text
    assert "```\nwhile grain:\n    grind(grain)\nrest()\n```" in text


@pytest.mark.parametrize("gap", [4, 40])
@pytest.mark.parametrize(
    "items",
    [
        [(0, "1", "Mill"), (1, "1.1", "close the gate"), (1, "1.2", "weigh"), (2, "1.2.1", "twice"), (0, "2", "Yard")],
        [
            (0, "1.", "Mill"),
            (1, "1.1.", "close the gate"),
            (1, "1.2.", "weigh"),
            (0, "2.", "Yard"),
            (1, "2.1.", "sweep"),
        ],
        [
            (0, "(a)", "the mill"),
            (1, "(i)", "closes"),
            (1, "(ii)", "opens"),
            (1, "(iii)", "waits"),
            (0, "(b)", "the yard"),
        ],
        [
            (0, "i.", "mill"),
            (0, "ii.", "yard"),
            (1, "a.", "slow"),
            (1, "b.", "fast"),
            (0, "iii.", "road"),
            (0, "iv.", "end"),
        ],
        [(0, "I.", "Mill"), (1, "A.", "Gate"), (1, "B.", "Wheel"), (0, "II.", "Yard"), (0, "III.", "Road")],
    ],
)
def test_numbered_lists_keep_their_depth(
    read: Callable[[Draw], list[Page]], items: list[tuple[int, str, str]], gap: int
) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, PROSE[:70], 60, 80)
        for index, (depth, mark, text) in enumerate(items):
            x, y = 60 + 20 * depth, 110 + 16 * index
            write(page, mark, x, y)
            write(page, text, x + max(gap, gap + pymupdf.get_text_length(mark, "tiro", 10) * (gap < 10)), y)

    listed = "\n".join(f"{'  ' * depth}{mark} {text}" for depth, mark, text in items)
    assert listed in read(draw)[0].text


def test_an_amount_that_begins_a_line_begins_no_item(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, text in enumerate(
            ("The miller sold 12 sacks at a price that was about", "3.5 marks higher than before.")
        ):
            write(page, text, 60, 90 + 13 * index)

    assert read(draw)[0].text == "The miller sold 12 sacks at a price that was about 3.5 marks higher than before."


def test_pictures_for_letters_are_bullets_and_boxes(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, (depth, text) in enumerate(((0, "Before milling"), (1, "call the owner"), (0, "At the wheel"))):
            write(page, "ln"[depth], 60 + 20 * depth, 90 + 16 * index, 6, "zadb")
            write(page, text, 75 + 20 * depth, 90 + 16 * index)

    assert read(draw)[0].text == "- Before milling\n  - call the owner\n- At the wheel"


def test_a_fields_value_stands_behind_its_label(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for y, label, kind, value in (
            (100, "Miller:", pymupdf.PDF_WIDGET_TYPE_TEXT, "Anna Roth"),
            (130, "Organic:", pymupdf.PDF_WIDGET_TYPE_CHECKBOX, True),
            (160, "Paid:", pymupdf.PDF_WIDGET_TYPE_CHECKBOX, False),
        ):
            write(page, label, 60, y)
            widget = pymupdf.Widget()
            widget.field_type, widget.field_name, widget.field_value = kind, label.strip(":"), value
            wide = 120 if kind == pymupdf.PDF_WIDGET_TYPE_TEXT else 12
            widget.rect = pymupdf.Rect(120, y - 10, 120 + wide, y + 3)
            page.add_widget(widget)

    text = read(draw)[0].text
    assert "Miller: Anna Roth" in text
    assert "Organic: [x]" in text
    assert "Paid: [ ]" in text


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_form_has_its_values_behind_their_labels(read: Callable[[Draw], list[Page]], turn: int) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, label in enumerate(("Name of miller:", "Street:", "Town:")):
            write(page, label, 60, 100 + 40 * index)
            add_text_field(page, label, f"Answer {index}", (160, 86 + 40 * index, 320, 106 + 40 * index))
        page.set_rotation(turn)

    text = read(draw)[0].text
    assert all(said in text for said in ("Name of miller: Answer 0", "Street: Answer 1", "Town: Answer 2"))


@pytest.mark.parametrize("place", ["above", "below"])
@pytest.mark.parametrize("turn", [0, 90])
def test_a_value_stands_behind_the_label_above_or_below_its_field(
    read: Callable[[Draw], list[Page]], place: str, turn: int
) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "Delivery note of the mill", 60, 70, 16)
        for row, labels in enumerate((("First name", "Last name"), ("Town", "Post code"), ("Grain", "Sacks"))):
            for x, label in zip((60, 320), labels, strict=True):
                top = 120 + 60 * row
                write(page, label, x, top - 4 if place == "above" else top + 30, 8)
                add_text_field(page, label, f"the {label.lower()}", (x, top, x + 200, top + 20))
        page.set_rotation(turn)

    [page] = read(draw)
    for label in ("First name", "Last name", "Town", "Post code", "Grain", "Sacks"):
        [field] = [block for block in page.blocks if block.text.startswith(label)]
        assert field.kind is BlockKind.FORM_FIELD
        assert field.text == f"{label} the {label.lower()}"
    assert not page.tables


def test_fields_and_boxes_in_a_ruled_table_are_its_cells(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        table(page, [["Grain", "Sacks", "Paid"], ["Rye", "", ""], ["Oats", "", ""]], 100)
        for row in (0, 1):
            top = 122 + 20 * row
            add_text_field(page, f"sacks{row}", str(7 + row), (202, top, 318, top + 16))
            box = pymupdf.Widget()
            box.field_name, box.field_type = f"paid{row}", pymupdf.PDF_WIDGET_TYPE_CHECKBOX
            box.field_value, box.rect = row == 0, pymupdf.Rect(330, top + 2, 342, top + 14)
            page.add_widget(box)

    [page] = read(draw)
    assert page.tables[0].rows == (("Grain", "Sacks", "Paid"), ("Rye", "7", "[x]"), ("Oats", "8", "[ ]"))


def test_comments_are_beside_the_text(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, PROSE[:70], 60, 90)
        page.add_text_annot((300, 60), "Who weighs on Sundays?")
        page.add_freetext_annot((60, 200, 300, 240), "Please shorten")

    [page] = read(draw)
    assert page.text == PROSE[:70].strip()
    assert {note.text for note in page.annotations} == {"Who weighs on Sundays?", "Please shorten"}


def test_signs_belong_to_their_numbers_and_a_wide_header_to_each_of_its_columns(
    read: Callable[[Draw], list[Page]],
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


def chunks_and_tables(pages: list[Page], max_tokens: int = 300) -> tuple[list[Chunk], list[WholeTable], str]:
    analyser = StructureAnalyser(DocumentFacts(len(pages)))
    for page in pages:
        analyser.add(page)
    structure = analyser.finish()
    texts = [PageText.of(page) for page in pages]
    chunks = list(chunk_document(texts, structure, max_tokens=max_tokens, overlap_tokens=0))
    return chunks, list(whole_tables(texts, structure.running)), "".join(markdown_of(texts, structure))


def test_a_table_over_two_pages_is_one_and_its_chunks_know_header_and_place(
    read: Callable[[Draw], list[Page]],
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


def test_every_chunks_boxes_hold_its_words(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_textbox((60, 60, 280, 700), PROSE * 12, fontsize=11)
        page.insert_textbox((320, 60, 540, 700), ("Later the baker came. " + PROSE) * 8, fontsize=11)

    pages = read(draw)
    chunks, _, _ = chunks_and_tables(pages, max_tokens=90)
    places = {line.start: line for line in pages[0].lines}
    for chunk in chunks:
        inside = [line for start, line in places.items() if chunk.offset <= start < chunk.offset + len(chunk.text) - 80]
        for line in inside:
            x, y = (line.bbox[0] + line.bbox[2]) / 2, (line.bbox[1] + line.bbox[3]) / 2
            assert any(box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1 for box in chunk.boxes)
        assert all(box.x1 - box.x0 < 260 for box in chunk.boxes)


def test_a_link_over_two_lines_is_one(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "Read the rules of the", 60, 90)
        write(page, "old mill before you start.", 60, 103)
        for rect in ((84, 80, 160, 93), (60, 94, 95, 106)):
            page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(rect), "uri": "https://example.org/mill"})

    [link] = read(draw)[0].links
    assert link.link_text == "the rules of the old mill"
    assert len(link.more_rects) == 1


def test_the_samples_links_are_whole_and_its_sentences_too(sandbox: PdfSandbox, samples: Path, tmp_path: Path) -> None:
    """A rectangle lies on each word of a link and on each blank, and a sentence goes on with `5.2.` on a new line."""
    handbook = samples / "harbour-handbook.pdf"
    facts = sandbox.open(handbook)
    pages = list(sandbox.read(handbook, facts, ReadOptions(images=False), tmp_path, lambda: None))

    texts = [link.link_text for page in pages for link in page.links]
    assert texts == ["Chapter 1", "Chapter 5", "tidal office", "section 5.2"]
    assert "as told in section 5.2. Nobody walks on the mole" in pages[3].text


def test_a_percent_sign_a_little_apart_belongs_to_its_number(read: Callable[[Draw], list[Page]]) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        table(page, [["Grain", "Share", "Change"], ["Rye", "", ""], ["Wheat", "", ""]], 80)
        for index, (share, change) in enumerate([("62.5", "8"), ("37.5", "(2)")]):
            for x, number in ((205, share), (325, change)):
                write(page, number, x, 114 + 20 * index)
                write(page, "%", x + pymupdf.get_text_length(number, "tiro", 10) + 4, 114 + 20 * index)

    [found] = read(draw)[0].tables
    assert [list(row) for row in found.rows[1:]] == [["Rye", "62.5%", "8%"], ["Wheat", "37.5%", "(2)%"]]


def print_rows(
    page: pymupdf.Page, rows: list[list[str]], top: float, rights: tuple[float, ...], *, ruled: bool = False
) -> float:
    """The first column begins at the left, the others end at `rights`; gives the bottom."""
    for index, row in enumerate(rows):
        y = top + 18 * index
        for column, text in enumerate(row):
            x = 60 if column == 0 else rights[column - 1] - pymupdf.get_text_length(text, "tiro", 10)
            write(page, text, x, y)
        if ruled:
            page.draw_line((60, y + 5), (rights[-1], y + 5))
    return top + 18 * len(rows)


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
    read: Callable[[Draw], list[Page]],
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


def test_a_sign_of_currency_in_the_cell_of_its_number_belongs_to_it(read: Callable[[Draw], list[Page]]) -> None:
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


def test_a_title_between_tables_of_other_columns_parts_them(read: Callable[[Draw], list[Page]]) -> None:
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
