"""What people added to a page: comments of reviewers, and the values of a form's fields."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pdf_reader.blocks import Annotation, Rect
from pdf_reader.child.cleaning import clean_string
from pdf_reader.child.mupdf import mupdf
from pdf_reader.child.text import RawBlock, RawLine, Span

MAX_ANNOTATIONS = 500
MAX_FIELDS = 1_000
MAX_TEXT_CHARACTERS = 5_000
MAX_NAME_CHARACTERS = 200
#: A label stands at most so far from its field, in points.
LABEL_REACH = 160.0
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


def with_fields(blocks: Sequence[RawBlock], fields: Sequence[Field]) -> list[RawBlock]:
    """The blocks with each field's value as a line of its own, behind its label; without a label, in a block alone."""
    lines = [line for block in blocks for line in block if line.horizontal]
    homes: dict[int, list[RawLine]] = {}
    alone: list[RawBlock] = []
    said: set[tuple[Rect, str]] = set()
    for field in fields:
        # A form that was flattened says the value on the page as well, and some list a field twice.
        if (field.box, field.text) in said or any(_is_said(field, line) for line in lines):
            continue
        said.add((field.box, field.text))
        label = _label_of(field, lines, fields)
        line = _line_of(field, label)
        if label is None:
            alone.append([line])
        else:
            homes.setdefault(id(label), []).append(line)
    if not homes:
        return [*blocks, *alone]
    kept: list[RawBlock] = []
    for block in blocks:
        placed: RawBlock = []
        for line in block:
            mine = homes.get(id(line), ())
            placed += [field for field in mine if field.bbox[0] < line.bbox[0]]
            placed.append(line)
            placed += [field for field in mine if field.bbox[0] >= line.bbox[0]]
        kept.append(placed)
    return [*kept, *alone]


def _is_said(field: Field, line: RawLine) -> bool:
    x, y = (line.bbox[0] + line.bbox[2]) / 2, (line.bbox[1] + line.bbox[3]) / 2
    inside = field.box[0] <= x <= field.box[2] and field.box[1] <= y <= field.box[3]
    return inside and line.text.strip() == field.text


def _label_of(field: Field, lines: Sequence[RawLine], fields: Sequence[Field]) -> RawLine | None:
    """The nearest text on the field's row: to its left, for a box also to its right; no other field between."""
    x0, y0, x1, y1 = field.box
    best: tuple[float, RawLine] | None = None
    for line in lines:
        a0, b0, a1, b1 = line.bbox
        if not (b0 < (y0 + y1) / 2 < b1 or y0 < (b0 + b1) / 2 < y1):
            continue
        if a1 <= x0 + 2:
            gap, between = x0 - a1, (a1, x0)
        elif field.is_box and a0 >= x1 - 2:
            # What a colon ends has its box behind it.
            gap, between = a0 - x1, (x1, a0)
            if any(other.box[0] > a1 - 2 and other.box[0] - a1 < gap for other in _boxes_on_row(field, fields)):
                gap += LABEL_REACH / 2
        else:
            continue
        if gap > LABEL_REACH or any(between[0] < other.box[0] < between[1] - 2 for other in _on_row(field, fields)):
            continue
        if best is None or gap < best[0]:
            best = gap, line
    return best[1] if best else None


def _on_row(field: Field, fields: Sequence[Field]) -> Iterator[Field]:
    middle = (field.box[1] + field.box[3]) / 2
    return (other for other in fields if other is not field and other.box[1] < middle < other.box[3])


def _boxes_on_row(field: Field, fields: Sequence[Field]) -> Iterator[Field]:
    return (other for other in _on_row(field, fields) if other.is_box)


def _line_of(field: Field, label: RawLine | None) -> RawLine:
    text = field.text if label or not field.label else f"{field.label}: {field.text}"
    if field.is_box and label is None and field.label:
        text = f"{field.text} {field.label}"
    size = label.spans[0].size if label else max(1.0, min(12.0, field.box[3] - field.box[1]))
    x0, _y0, x1, y1 = field.box
    # As high as its label, so that both are read as one row.
    box = (x0, label.bbox[1], x1, label.bbox[3]) if label else field.box
    span = Span(text, box, size, FIELD_FONT, False, False, 0, 255, True, (label.spans[0].baseline if label else y1))
    return RawLine([span], box, True, text)


def _finite(box: Rect) -> Rect:
    return box if math.isfinite(sum(box)) else (0.0, 0.0, 0.0, 0.0)
