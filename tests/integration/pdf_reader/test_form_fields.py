"""A form's values stand behind their labels, or in their cells."""

import pymupdf
import pytest

from pdf_reader.blocks import BlockKind
from tests.support.drawn_pages import Read, add_text_field, table, write


def test_a_fields_value_stands_behind_its_label(read: Read) -> None:
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
def test_a_turned_form_has_its_values_behind_their_labels(read: Read, turn: int) -> None:
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
def test_a_value_stands_behind_the_label_above_or_below_its_field(read: Read, place: str, turn: int) -> None:
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


def test_fields_and_boxes_in_a_ruled_table_are_its_cells(read: Read) -> None:
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
