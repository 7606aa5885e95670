"""A page's text and image come from one display list of its content; what lies over the content is drawn as well."""

from pathlib import Path

import pymupdf
import pytest

from pdf_reader.child.deep_structure import hidden_where_deep
from pdf_reader.child.labels import label_rules
from pdf_reader.child.page import PageReader
from pdf_reader.child.render import render
from pdf_reader.child.text import read_text
from pdf_reader.document import ReadOptions, SandboxLimits
from pdf_reader.tags.reader import TagReader
from pdf_reader.wire import FlightRecorder, ReadTask, Step

SAMPLE = Path(__file__).resolve().parents[3] / "samples" / "harbour-handbook.pdf"


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


def test_a_document_keeps_the_glyphs_that_its_pages_have_drawn(tmp_path: Path) -> None:
    """Where MuPDF lets go of any document, it forgets all glyphs, and the next page draws all its letters anew."""
    document = pymupdf.open(SAMPLE)
    reader = PageReader(document, SandboxLimits(), _NoRecorder(), ReadTask(SAMPLE, None, 1, 1, ReadOptions(), tmp_path))

    page = reader.read(1)
    drawn = _glyph_cache()
    label_rules(document)
    with hidden_where_deep(document[0]):
        TagReader(document)

    assert page.image is not None, page.losses
    assert drawn != b"Glyph Cache Size: 0\n"
    assert _glyph_cache() == drawn


class _NoRecorder(FlightRecorder):
    def __init__(self) -> None:
        pass

    def write(self, page: int, step: Step) -> None:
        pass


def _glyph_cache() -> bytes:
    buffer = pymupdf.mupdf.fz_new_buffer(100)
    output = pymupdf.mupdf.FzOutput(buffer)
    pymupdf.mupdf.fz_dump_glyph_cache_stats(output)
    output.fz_close_output()
    return bytes(pymupdf.mupdf.fz_buffer_extract(buffer))
