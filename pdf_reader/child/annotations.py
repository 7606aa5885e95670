"""What people added to a page: comments of reviewers, and the values of a form's fields."""

import math
from dataclasses import dataclass
from typing import Any

from pdf_reader.blocks import Annotation, Rect
from pdf_reader.child.cleaning import clean_string
from pdf_reader.child.mupdf import mupdf

MAX_ANNOTATIONS = 500
MAX_FIELDS = 1_000
MAX_TEXT_CHARACTERS = 5_000
MAX_NAME_CHARACTERS = 200
_OFF = frozenset({"", "Off", "off", "0", "No", "no", "false", "False"})
#: The font of spans that are values of fields.
FIELD_FONT = "field"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form. `text` is its value, `[x]` or `[ ]` for a box."""

    box: Rect
    text: str
    label: str
    is_box: bool


def read_annotations(page: Any) -> tuple[Annotation, ...]:
    """Comments in the order of the file; links and fields are none. At most `MAX_ANNOTATIONS`."""
    found = []
    annotation = mupdf.pdf_first_annot(mupdf.pdf_page_from_fz_page(page.this))
    for _ in range(MAX_ANNOTATIONS):
        if not annotation.m_internal:
            break
        kind = mupdf.pdf_string_from_annot_type(mupdf.pdf_annot_type(annotation)) or ""
        text = clean_string(mupdf.pdf_annot_contents(annotation), MAX_TEXT_CHARACTERS)
        if text and kind != "Popup":
            box = mupdf.pdf_bound_annot(annotation)
            author = ""
            if mupdf.pdf_annot_has_author(annotation):
                author = clean_string(mupdf.pdf_annot_author(annotation), MAX_NAME_CHARACTERS)
            found.append(Annotation(kind.lower(), author, text, _finite((box.x0, box.y0, box.x1, box.y1))))
        annotation = mupdf.pdf_next_annot(annotation)
    return tuple(found)


def read_fields(page: Any) -> list[Field]:
    """Fields that say something: filled text and choices, and boxes whether they are ticked or not."""
    fields: list[Field] = []
    widget = mupdf.pdf_first_widget(mupdf.pdf_page_from_fz_page(page.this))
    for _ in range(MAX_FIELDS):
        if not widget.m_internal:
            break
        if field := _field(widget):
            fields.append(field)
        widget = mupdf.pdf_next_widget(widget)
    return fields


def _field(widget: Any) -> Field | None:
    kind = mupdf.pdf_widget_type(widget)
    rect = mupdf.pdf_bound_widget(widget)
    box = (rect.x0, rect.y0, rect.x1, rect.y1)
    if not math.isfinite(sum(box)) or box[2] - box[0] < 1 or box[3] - box[1] < 1:
        return None
    if mupdf.pdf_annot_flags(widget) & (mupdf.PDF_ANNOT_IS_HIDDEN | mupdf.PDF_ANNOT_IS_NO_VIEW):
        return None
    label = clean_string(mupdf.pdf_annot_field_label(widget), MAX_NAME_CHARACTERS)
    if label == clean_string(mupdf.pdf_load_field_name(mupdf.pdf_annot_obj(widget)), MAX_NAME_CHARACTERS):
        label = ""  # its name for programs: there is none for people
    if kind in (mupdf.PDF_WIDGET_TYPE_CHECKBOX, mupdf.PDF_WIDGET_TYPE_RADIOBUTTON):
        return Field(box, "[x]" if _is_on(widget) else "[ ]", label, is_box=True)
    if kind not in (mupdf.PDF_WIDGET_TYPE_TEXT, mupdf.PDF_WIDGET_TYPE_COMBOBOX, mupdf.PDF_WIDGET_TYPE_LISTBOX):
        return None
    # A password's letters are not to be shown.
    if kind == mupdf.PDF_WIDGET_TYPE_TEXT and mupdf.pdf_annot_field_flags(widget) & mupdf.PDF_TX_FIELD_IS_PASSWORD:
        return None
    value = clean_string(mupdf.pdf_annot_field_value(widget), MAX_TEXT_CHARACTERS)
    return Field(box, value, label, is_box=False) if value else None


def _is_on(widget: Any) -> bool:
    """By its appearance; the field's value is that of the whole group of buttons."""
    state = mupdf.pdf_dict_get(mupdf.pdf_annot_obj(widget), mupdf.pdf_new_name("AS"))
    if state.m_internal:
        return mupdf.pdf_to_name(state) not in _OFF
    return mupdf.pdf_annot_field_value(widget) not in _OFF


def _finite(box: Rect) -> Rect:
    return box if math.isfinite(sum(box)) else (0.0, 0.0, 0.0, 0.0)
