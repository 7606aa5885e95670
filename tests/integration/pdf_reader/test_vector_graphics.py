"""What is drawn on a page, from its display list and from the page itself, beside what PyMuPDF's own call says."""

from typing import Any

import pymupdf
import pytest

from pdf_reader.child import drawings
from pdf_reader.child.drawings import read_drawings
from pdf_reader.child.text import read_text
from pdf_reader.tables.rules import Part, Shape

SQUARE: Part = (10, 50, 90, 90), Shape.BOX
#: A page is 200 points high: y in content counts from the bottom, in what is read from the top.
CONTENTS: dict[str, tuple[str, list[tuple[list[Part], float | None]]]] = {
    "a line": ("10 150 m 90 150 l S", [([((10, 50, 90, 50), Shape.BOX)], None)]),
    "a slanted line": ("10 150 m 90 110 l S", [([((10, 50, 90, 90), Shape.CURVE)], None)]),
    "two lines in one path": (
        "10 150 m 90 150 l 10 110 m 90 110 l S",
        [([((10, 50, 90, 50), Shape.LINE), ((10, 90, 90, 90), Shape.LINE)], None)],
    ),
    "a rectangle": ("10 110 80 40 re S", [([SQUARE], None)]),
    "two rectangles in one path": (
        "0.8 g 10 110 80 40 re 100 110 20 40 re f",
        [([SQUARE, ((100, 50, 120, 90), Shape.BOX)], 0.8)],
    ),
    "four lines that close": ("10 150 m 90 150 l 90 110 l 10 110 l 10 150 l S", [([SQUARE], None)]),
    "a slanted box": (
        "10 150 m 50 190 l 90 150 l 50 110 l 10 150 l S",
        [([((10, 10, 90, 90), Shape.BOX)], None)],
    ),
    "three lines that close": (
        "10 150 m 90 150 l 50 110 l h f",
        [([((10, 50, 90, 50), Shape.LINE), ((50, 50, 90, 90), Shape.CURVE), ((10, 50, 50, 90), Shape.CURVE)], 0.0)],
    ),
    "a curve": ("10 150 m 10 110 90 110 90 150 c S", [([((10, 50, 90, 90), Shape.CURVE)], None)]),
    "filled and outlined": ("0.8 g 10 110 80 40 re B", [([SQUARE], 0.8)]),
    "turned by the content": ("0 1 -1 0 100 0 cm 20 10 60 30 re f", [([((60, 120, 90, 180), Shape.BOX)], 0.0)]),
    "in two colours of one kind": (
        "1 0.5 0.25 rg 10 110 80 40 re f 1 0.75 0.5 rg 10 110 80 40 re f",
        [([SQUARE], 0.25), ([SQUARE], 0.5)],
    ),
    "a clip and text only": ("10 110 80 40 re W n BT /F1 12 Tf 10 100 Td (x) Tj ET", []),
}


def page_of(content: str, rotation: int = 0) -> Any:
    document = pymupdf.open()
    page = document.new_page(width=300, height=200)
    xref = document.get_new_xref()
    document.update_object(xref, "<<>>")
    document.update_stream(xref, content.encode())
    page.set_contents(xref)
    page.set_rotation(rotation)
    return page


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("name", CONTENTS)
def test_the_parts_of_drawings(name: str, rotation: int) -> None:
    content, wanted = CONTENTS[name]
    page = page_of(content, rotation)

    listed = read_drawings(page, read_text(page, 1_000).drawing, page.derotation_matrix)
    again = read_drawings(page, None, page.derotation_matrix)

    assert listed == again
    assert [(drawing.parts, drawing.fill) for drawing in listed] == [
        ([(pytest.approx(box, abs=0.01), shape) for box, shape in parts], pytest.approx(fill, abs=0.01))
        for parts, fill in wanted
    ]
    assert [pytest.approx(drawing.box, abs=0.01) for drawing in listed] == [
        drawing["rect"] for drawing in page.get_cdrawings()
    ]


def test_what_lies_over_the_content_is_drawn_too() -> None:
    page = page_of("")
    field = pymupdf.Widget()
    field.field_type, field.field_name = pymupdf.PDF_WIDGET_TYPE_TEXT, "miller"
    field.rect, field.border_color, field.border_width = pymupdf.Rect(10, 50, 90, 90), (0, 0, 0), 1
    page.add_widget(field)
    page.add_rect_annot((150, 80, 250, 100))

    listed = read_drawings(page, read_text(page, 1_000).drawing, page.derotation_matrix)

    assert len(listed) == len(page.get_cdrawings()) >= 2
    assert listed == read_drawings(page, None, page.derotation_matrix)


def test_a_page_full_of_paths_is_left_after_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    spend = drawings._PathDevice._spend

    def note(device: Any, steps: int) -> None:
        seen.append(steps)
        spend(device, steps)

    monkeypatch.setattr(drawings._PathDevice, "_spend", note)
    monkeypatch.setattr(drawings, "MAX_STEPS", 100)
    page = page_of("10 110 80 40 re f " * 60 + "10 150 m 90 110 l S " * 1_000)

    assert read_drawings(page, read_text(page, 1_000).drawing, page.derotation_matrix) == []
    assert sum(seen) < 110
