"""A page's text and image come from one display list of its content; what lies over the content is drawn as well."""

import pymupdf
import pytest

from pdf_reader.child.render import render
from pdf_reader.child.text import read_text


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_page_drawn_from_its_list_looks_like_one_that_is_interpreted_again(rotation: int) -> None:
    document = pymupdf.open()
    page = document.new_page(width=300, height=200)
    page.insert_text((40, 60), "The wheel turns.", fontsize=14)
    page.draw_rect((40, 80, 120, 120), color=(1, 0, 0), fill=(0.8, 0.9, 1.0))
    page.add_highlight_annot((40, 45, 90, 64))
    field = pymupdf.Widget()
    field.field_type, field.field_name, field.field_value = pymupdf.PDF_WIDGET_TYPE_TEXT, "miller", "Anna"
    field.rect = pymupdf.Rect(150, 80, 250, 100)
    page.add_widget(field)
    page.set_rotation(rotation)

    drawn, again = render(page, 72, read_text(page, 1_000).drawing), render(page, 72)

    assert (drawn.width, drawn.height) == (again.width, again.height)
    assert drawn.samples == again.samples
    assert len(set(drawn.samples)) > 2, "something is on it"
