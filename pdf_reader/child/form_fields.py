"""Where the values of a form's fields stand in the page's text: behind their labels."""

from collections.abc import Iterator, Sequence

from pdf_reader.blocks import Rect
from pdf_reader.child.annotations import FIELD_FONT, Field
from pdf_reader.child.text import RawBlock, RawLine, Span

#: A label stands at most so far from its field, in points.
LABEL_REACH = 160.0


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
