"""A page's blocks as HTML: what they are, nothing that a document says can do, and what is marked."""

import re
from typing import Any

import pytest

from data_ingestion.page_file import StoredBlock, StoredTable
from pdf_reader.blocks import Cell
from web.highlights import Highlight, Sentence
from web.page_html import blocks_html, marked


def block(kind: str, text: str = "", **more: Any) -> StoredBlock:
    return StoredBlock(kind, text, ((50, 100, 350, 112),), **more)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (block("heading", "Gates", level=1), '<h3 dir="auto" class="level-3">Gates</h3>'),
        (block("heading", "Deep", level=9), '<h3 dir="auto" class="level-6">Deep</h3>'),
        (block("paragraph", "a & b"), '<p dir="auto">a &amp; b</p>'),
        (block("code", "if a < b:\n  c"), '<pre dir="auto"><code>if a &lt; b:\n  c</code></pre>'),
        (block("footnote", "1 see"), '<p dir="auto" class="footnote">1 see</p>'),
        (block("running_line", "The Handbook"), ""),
        (block("stamp", "DRAFT"), ""),
        (block("of a later version", "text"), '<p dir="auto">text</p>'),
    ],
)
def test_a_block_is_the_element_that_it_is(made: StoredBlock, expected: str) -> None:
    assert str(blocks_html([made])) == expected


def test_lists_are_nested_by_their_depth_and_lose_their_bullets() -> None:
    items = [("• one", 0), ("– inner", 1), ("two", 0)]
    html = str(blocks_html([block("list_item", text, depth=depth) for text, depth in items]))
    assert html.replace(' dir="auto"', "").replace(' class="items"', "") == (
        "<ul><li>one<ul><li>inner</li></ul></li><li>two</li></ul>"
    )


def test_a_table_has_its_header_spans_and_marked_row() -> None:
    table = StoredTable(
        rows=(("Year", ""), ("2022", "19.1"), ("2021", "20.8")),
        header_rows=1,
        spans=(Cell(0, 0, 1, 2),),
        row_boxes=((50, 120, 350, 130), (50, 130, 350, 140)),
    )
    highlight = Highlight(((50, 100, 350, 140),), (Sentence("2021 · 20.8", ((50, 130, 350, 140),)),))
    html = str(blocks_html([block("table", table=table)], highlight))
    assert '<thead><tr><th dir="auto" colspan="2">Year</th></tr></thead>' in html
    assert '<tr class="in-passage"><td dir="auto">2022</td><td dir="auto">19.1</td></tr>' in html
    assert '<tr class="in-passage strong"><td dir="auto"><mark>2021</mark></td>' in html


def test_the_passage_is_pale_and_the_sentence_strong_as_on_the_image() -> None:
    place = (50.0, 100.0, 350.0, 112.0)
    highlight = Highlight((place,), (Sentence("The gate takes eleven minutes.", (place,)),))
    html = str(blocks_html([block("paragraph", "Wait. The gate takes eleven minutes. Then go.")], highlight))
    assert html == (
        '<p dir="auto" class="in-passage">Wait. <mark class="strong">The gate takes eleven minutes.</mark> Then go.</p>'
    )
    elsewhere = StoredBlock("paragraph", "The gate takes eleven minutes.", ((50, 500, 350, 512),))
    assert "mark" not in str(blocks_html([elsewhere], highlight))
    assert "in-passage" not in str(blocks_html([elsewhere], highlight))


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_what_a_document_says_is_only_ever_text(hostile: str) -> None:
    table = StoredTable(((hostile,), (hostile,)), header_rows=1, row_boxes=((50, 100, 350, 112),))
    place = (50.0, 100.0, 350.0, 112.0)
    highlight = Highlight((place,), (Sentence(hostile, (place,)),))
    kinds = ("heading", "paragraph", "list_item", "code", "caption")
    html = str(blocks_html([*(block(kind, hostile) for kind in kinds), block("table", table=table)], highlight))
    assert "<script" not in html
    assert "<img" not in html
    assert "49" not in html


def test_a_sentence_that_is_not_there_marks_nothing() -> None:
    assert str(marked("Nothing like it.", [Sentence("The gate takes eleven minutes.", ())])) == "Nothing like it."
    assert str(marked("", [Sentence("", ())])) == ""


def test_headings_leave_no_level_out_and_keep_their_size() -> None:
    """A page may begin deep in its chapter."""
    blocks = [block("heading", name, level=level) for name, level in (("a", 3), ("b", 3), ("c", 1), ("d", 2), ("e", 9))]
    tags = re.findall(r'<(h\d) dir="auto" class="level-(\d)">', blocks_html(blocks))
    assert tags == [("h3", "5"), ("h4", "5"), ("h3", "3"), ("h4", "4"), ("h5", "6")]


def test_a_block_of_two_words_is_marked_when_a_sentence_has_both() -> None:
    """As the lines of a form, which three words in a row were asked of."""
    place = (50.0, 100.0, 350.0, 112.0)
    highlight = Highlight((place,), (Sentence("Rents received . . . 3 Royalties received", (place,)),))
    html = str(blocks_html([block("paragraph", "Rents received . . .")], highlight))
    assert '<mark class="strong">Rents received' in html
