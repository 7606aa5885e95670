"""What is made of tags, decided without a PDF: roles, kinds, order, columns, and how content is numbered."""

from collections.abc import Sequence

import pytest

from pdf_reader.blocks import BlockKind, Rect
from pdf_reader.child.text import RawLine, Span
from pdf_reader.tags.columns import columns_of, printed_columns_of
from pdf_reader.tags.elements import Element
from pdf_reader.tags.kinds import TaggedBlock, believed, heading_level, list_depth, marker_of
from pdf_reader.tags.marked_text import with_all_numbered
from pdf_reader.tags.order import is_sound_order, merged_order
from pdf_reader.tags.page_tags import block_of, says_something
from pdf_reader.tags.roles import standard_role
from pdf_reader.tags.table_shape import PlacedCell


def element(*roles: str, number: int = 1) -> Element:
    """The innermost of elements that stand in one another, outermost first."""
    made: Element | None = None
    for depth, role in enumerate(roles):
        made = Element(100 * depth + number, role, made, depth)
    assert made is not None
    return made


def block(role: str, text: str, size: float = 10, number: int = 1) -> TaggedBlock:
    span = Span(text, (0, 0, 100, 10), size, "Times", False, False, 0, 255, True)
    return TaggedBlock(element("Document", role, number=number), [RawLine([span], span.bbox, True, text)])


@pytest.mark.parametrize(
    ("role", "expected"),
    [("P", "P"), ("heading 1", "H1"), ("Chapter", "H1"), ("Loop", ""), ("Nobody", ""), ("Article", "Art")],
)
def test_roles_are_followed_through_the_documents_map(role: str, expected: str) -> None:
    role_map = {"heading 1": "H1", "Chapter": "heading 1", "Loop": "Pool", "Pool": "Loop", "Article": "Art"}

    assert standard_role(role, role_map) == expected


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        pytest.param(("Document", "P", "Span"), "P", id="what is inline belongs to its paragraph"),
        pytest.param(("Document", "L", "LI", "LBody", "P"), "LI", id="a paragraph of an item is the item"),
        pytest.param(("Document", "L", "LI", "LBody", "Figure"), "Figure", id="a figure in an item is a figure"),
        pytest.param(("Table", "TR", "TD", "P"), "P", id="a paragraph in a cell whose table is none"),
        pytest.param(("Table", "TR", "TD", "Span"), None, id="a cell by itself"),
        pytest.param(("Document", "Div", "NonStruct"), None, id="groups alone"),
        pytest.param(("Document", "P", "Note"), "Note", id="a note in a paragraph"),
    ],
)
def test_the_innermost_block_counts(roles: tuple[str, ...], expected: str | None) -> None:
    found = block_of(element(*roles))

    assert (found and found.role) == expected


def test_levels_and_depths_come_from_the_elements_above() -> None:
    assert heading_level(element("Document", "H3")) == 3
    assert heading_level(element("Document", "Sect", "Sect", "H")) == 2
    assert list_depth(element("L", "LI", "LBody", "L", "LI")) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1. wheat", "1."), ("(a) wheat", "(a)"), ("\u2022 wheat", "\u2022"), ("o wheat", "o"), ("wheat", ""), ("", "")],
)
def test_the_mark_of_an_item(text: str, expected: str) -> None:
    assert marker_of(text) == expected


PARAGRAPHS = [block("P", f"Sentence {number} ends here.", number=number) for number in range(2, 12)]
BROKEN = [block("P", "a line that breaks off", number=number) for number in range(2, 12)]


@pytest.mark.parametrize(
    ("blocks", "kind", "expected"),
    [
        pytest.param([block("H1", "A title"), *PARAGRAPHS], BlockKind.HEADING, True, id="a title over text"),
        pytest.param([block("H1", "A title" * 60), *PARAGRAPHS], BlockKind.HEADING, False, id="a title of 420 letters"),
        pytest.param([block("H1", "word " * 50) for _ in range(9)], BlockKind.HEADING, False, id="nothing but titles"),
        pytest.param(PARAGRAPHS, BlockKind.PARAGRAPH, True, id="paragraphs that end"),
        pytest.param(BROKEN, BlockKind.PARAGRAPH, False, id="a paragraph a line"),
        pytest.param([block("LI", "wheat")], BlockKind.LIST_ITEM, False, id="one item without a mark"),
        pytest.param([block("LI", "1. wheat")], BlockKind.LIST_ITEM, True, id="one item with a number"),
    ],
)
def test_each_kind_is_believed_by_itself(blocks: list[TaggedBlock], kind: BlockKind, *, expected: bool) -> None:
    assert (kind in believed(blocks)) is expected


def test_an_order_that_climbs_is_no_order() -> None:
    column = [(60.0, 100.0 * y, 260.0, 100.0 * y + 20) for y in range(8)]
    beside = [(300.0, 100.0 * y, 500.0, 100.0 * y + 20) for y in range(8)]

    assert is_sound_order([*column, *beside])
    assert not is_sound_order(column[::-1])


def test_what_has_no_tags_stays_behind_what_it_follows() -> None:
    assert merged_order([None, (1,), None, (0,), None]) == [0, 3, 4, 1, 2]


ROWS: Sequence[Sequence[tuple[float, float]]] = (
    ((300, 330), (400, 430)),
    ((60, 120), (305, 335), (405, 435)),
    ((60, 200), (310, 335), (410, 435)),
    ((60, 100), (405, 435)),
)


def placed() -> tuple[list[list[PlacedCell]], dict[int, Rect]]:
    """Rows that left their blank cells out: cells stand in the first places."""
    rows, boxes = [], {}
    for row, sides in enumerate(ROWS):
        cells = []
        for column, (x0, x1) in enumerate(sides):
            number = 10 * row + column
            cells.append(PlacedCell(number, row, column, 1, 1, False))
            boxes[number] = (x0, 20.0 * row, x1, 20.0 * row + 10)
        rows.append(cells)
    return rows, boxes


def test_cells_stand_where_they_are_printed() -> None:
    rows, boxes = placed()

    by_tags = columns_of(rows, boxes, 3, 1)
    printed = printed_columns_of(rows, boxes)

    expected = {0: (1, 1), 1: (2, 2), 10: (0, 0), 11: (1, 1), 12: (2, 2), 20: (0, 0), 21: (1, 1), 22: (2, 2)}
    expected |= {30: (0, 0), 31: (2, 2)}
    assert by_tags == expected
    assert printed == (expected, 3)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            b"/P <</MCID 0>> BDC (a) Tj EMC (b) Tj", b"EMC /Span << /MCID 7 >> BDC EMC (b)", id="what follows"
        ),
        pytest.param(b"/Artifact BMC (a) Tj EMC", b"/Artifact << /MCID 8 >> BDC (a)", id="no part of the text"),
        pytest.param(
            b"/Artifact <</Type/Pagination/BBox[0 0 9 9]>>BDC (a) Tj EMC",
            b"/Artifact << /MCID 8 >> BDC (a)",
            id="said so",
        ),
        pytest.param(
            b"/P <</MCID 0>>BDC /Span BMC x EMC y EMC", b"BMC x EMC y EMC /Span << /MCID 7", id="one in another"
        ),
        pytest.param(b"(the EMC) Tj EMC EMC", b"(the EMC) Tj EMC EMC", id="ends without a beginning"),
        pytest.param(b"/P BMC (an EMCs) Tj EMC", b"(an EMCs) Tj EMC /Span", id="a word in a string"),
    ],
)
def test_everything_on_a_page_gets_a_number(content: bytes, expected: bytes) -> None:
    assert expected in with_all_numbered(content, 7)


@pytest.mark.parametrize(
    ("alternate", "expected"),
    [("A wheel", True), ("image001.png", False), ("Picture 3", False), ("", False), ("Image of a mill", True)],
)
def test_names_of_files_are_no_alternate_texts(alternate: str, *, expected: bool) -> None:
    assert says_something(alternate) is expected
