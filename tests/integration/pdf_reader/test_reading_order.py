"""What of a drawn page is text, in which order, and what stands beside it: columns, turned pages, stamps, comments."""

import pymupdf
import pytest

from pdf_reader.blocks import BlockKind
from tests.support.drawn_pages import PROSE, Read, chunks_and_tables, write


@pytest.mark.parametrize("turn", [0, 90])
def test_columns_drawn_row_by_row_are_read_one_after_the_other(read: Read, turn: int) -> None:
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
def test_a_turned_page_keeps_the_order_of_its_lines(read: Read, turn: int) -> None:
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


def test_numbers_that_count_lines_are_no_text(read: Read) -> None:
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
def test_a_slanted_stamp_is_no_text(read: Read, degrees: int) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, PROSE[:70], 60, 90)
        turned = (pymupdf.Point(200, 500), pymupdf.Matrix(degrees))
        write(page, "SPECIMEN ONLY", 200, 500, 44, color=(0.8, 0.8, 0.8), morph=turned)

    [page] = read(draw)
    assert page.text == PROSE[:70].strip()
    assert [block.text for block in page.blocks if block.kind is BlockKind.STAMP] == ["SPECIMEN ONLY"]


def test_pale_large_letters_along_the_edge_are_a_stamp(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, "PROOF OF THE MILL", 40, 600, 30, "hebo", color=(0.8, 0.8, 0.8), rotate=90)
        for index in range(4):
            write(page, PROSE[:70], 60, 100 + 13 * index)

    assert "PROOF" not in read(draw)[0].text


def test_comments_are_beside_the_text(read: Read) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        write(page, PROSE[:70], 60, 90)
        page.add_text_annot((300, 60), "Who weighs on Sundays?")
        page.add_freetext_annot((60, 200, 300, 240), "Please shorten")

    [page] = read(draw)
    assert page.text == PROSE[:70].strip()
    assert {note.text for note in page.annotations} == {"Who weighs on Sundays?", "Please shorten"}


def test_every_chunks_boxes_hold_its_words(read: Read) -> None:
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
