"""Drawn lists keep their depth, and listings of code their indentation."""

import pymupdf
import pytest

from tests.support.drawn_pages import PROSE, Read, write


@pytest.mark.parametrize("prose_lines", [1, 12])
def test_code_with_blank_lines_is_one_listing(read: Read, prose_lines: int) -> None:
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


@pytest.mark.parametrize(("bullet", "gap"), [("•", 4), ("·", 4), ("•", 14)])
def test_a_bullet_begins_an_item_however_close(read: Read, bullet: str, gap: float) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_font("whole", fontbuffer=pymupdf.Font("helv").buffer)
        for index, (depth, text) in enumerate([(0, "Grain"), (1, "Rye"), (1, "Wheat"), (0, "Flour")]):
            write(page, bullet, 60 + 18 * depth, 80 + 14 * index, 10, "whole")
            write(page, text, 60 + gap + 18 * depth, 80 + 14 * index, 10, "helv")
        write(page, PROSE[:70], 60, 200)

    assert read(draw)[0].text.startswith("- Grain\n  - Rye\n  - Wheat\n- Flour\n")


def test_lists_keep_their_depth_and_code_its_indentation(read: Read) -> None:
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
def test_numbered_lists_keep_their_depth(read: Read, items: list[tuple[int, str, str]], gap: int) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, PROSE[:70], 60, 80)
        for index, (depth, mark, text) in enumerate(items):
            x, y = 60 + 20 * depth, 110 + 16 * index
            write(page, mark, x, y)
            write(page, text, x + max(gap, gap + pymupdf.get_text_length(mark, "tiro", 10) * (gap < 10)), y)

    listed = "\n".join(f"{'  ' * depth}{mark} {text}" for depth, mark, text in items)
    assert listed in read(draw)[0].text


def test_an_amount_that_begins_a_line_begins_no_item(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, text in enumerate(
            ("The miller sold 12 sacks at a price that was about", "3.5 marks higher than before.")
        ):
            write(page, text, 60, 90 + 13 * index)

    assert read(draw)[0].text == "The miller sold 12 sacks at a price that was about 3.5 marks higher than before."


def test_pictures_for_letters_are_bullets_and_boxes(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        for index, (depth, text) in enumerate(((0, "Before milling"), (1, "call the owner"), (0, "At the wheel"))):
            write(page, "ln"[depth], 60 + 20 * depth, 90 + 16 * index, 6, "zadb")
            write(page, text, 75 + 20 * depth, 90 + 16 * index)

    assert read(draw)[0].text == "- Before milling\n  - call the owner\n- At the wheel"
