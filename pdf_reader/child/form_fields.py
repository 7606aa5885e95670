"""Where the values of a form's fields stand in the page's text: behind their labels."""

from collections.abc import Iterator, Sequence

from pdf_reader.blocks import Rect
from pdf_reader.child.annotations import FIELD_FONT, Field
from pdf_reader.child.text import RawBlock, RawLine, Span

#: A label stands at most so far from its field, in points.
LABEL_REACH = 160.0
#: A label above or below its field begins at most so far left of it …
LABEL_SHIFT = 8.0
#: … is this near, in heights of its line (their boxes may overlap a little), …
LABEL_GAP = 0.9
LABEL_OVERLAP = 0.6
#: Fields of a column are this near one another, in heights of a field.
NEAR_FIELDS = 0.4
#: … and is no sentence of the text.
MAX_LABEL_CHARACTERS = 60


def with_fields(blocks: Sequence[RawBlock], fields: Sequence[Field]) -> tuple[list[RawBlock], list[RawBlock]]:
    """The blocks with each field's value as a line of its own behind its label, which stands beside the field, above or
    below it. A value without a label is a block alone.

    Labels and values that stand above one another are blocks of two lines; these are given a second time, as they are
    no cells of a table.
    """
    lines = [line for block in blocks for line in block if line.horizontal]
    beside: dict[int, list[RawLine]] = {}
    apart: list[Field] = []
    alone: list[Field] = []
    said: set[tuple[Rect, str]] = set()
    for field in fields:
        # A form that was flattened says the value on the page as well, and some list a field twice.
        if (field.box, field.text) in said or any(_is_said(field, line) for line in lines):
            continue
        said.add((field.box, field.text))
        label = _label_of(field, lines, fields)
        if label is None:
            (alone if _is_cell(field, lines, fields) else apart).append(field)
        else:
            beside.setdefault(id(label), []).append(_line_of(field, label))
    stacked, rest = _stacked(apart, [line for line in lines if id(line) not in beside])
    kept: list[RawBlock] = []
    pairs: list[RawBlock] = []
    for block in blocks:
        placed: RawBlock = []
        for line in block:
            if id(line) in stacked:
                pairs.append([line, stacked[id(line)]])
                kept += [placed, pairs[-1]]
                placed = []
                continue
            mine = beside.get(id(line), ())
            placed += [field for field in mine if field.bbox[0] < line.bbox[0]]
            placed.append(line)
            placed += [field for field in mine if field.bbox[0] >= line.bbox[0]]
        kept.append(placed)
    unlabelled = [[_line_of(field, None)] for field in (*alone, *rest)]
    return [block for block in (*kept, *unlabelled) if block], pairs


def _is_cell(field: Field, lines: Sequence[RawLine], fields: Sequence[Field]) -> bool:
    """Whether a field is one of a row that has its label at the left, or of a column of fields."""
    x0, y0, x1, y1 = field.box
    if any(line.bbox[2] <= x0 + 2 and y0 < (line.bbox[1] + line.bbox[3]) / 2 < y1 for line in lines):
        return True
    near = NEAR_FIELDS * (y1 - y0)
    return any(
        other is not field
        and min(x1, other.box[2]) - max(x0, other.box[0]) > (x1 - x0) / 2
        and (abs(other.box[1] - y1) < near or abs(other.box[3] - y0) < near)
        for other in fields
    )


def _stacked(fields: Sequence[Field], lines: Sequence[RawLine]) -> tuple[dict[int, RawLine], list[Field]]:
    """Values by the identity of the label above or below their field, and the fields that have none.

    A form has its labels all above or all below: on the side where more fields have one, and nearer.
    """
    best: dict[int, tuple[RawLine, Field]] = {}
    rank = (0, 0.0)
    for above in (True, False):
        found: dict[int, tuple[RawLine, Field]] = {}
        gaps = 0.0
        for field in fields:
            near = [(gap, line) for line in lines if (gap := _gap(line, field, above=above)) is not None]
            gap, label = min(near, key=lambda one: one[0], default=(0.0, None))
            if label is not None and id(label) not in found:
                found[id(label)] = label, field
                gaps += gap
        if (len(found), -gaps) > rank or not best:
            best, rank = found, (len(found), -gaps)
    labelled = {id(field) for _, field in best.values()}
    values = {key: _line_of(field, None, size=label.spans[0].size) for key, (label, field) in best.items()}
    return values, [field for field in fields if id(field) not in labelled]


def _gap(line: RawLine, field: Field, *, above: bool) -> float | None:
    """The white between a text field and a short text that begins where it does; None for what can't be its label."""
    x0, y0, x1, y1 = field.box
    left, top, _, bottom = line.bbox
    if field.is_box or len(line.text) > MAX_LABEL_CHARACTERS or not x0 - LABEL_SHIFT <= left < x1 - LABEL_SHIFT:
        return None
    gap = y0 - bottom if above else top - y1
    return gap if -LABEL_OVERLAP * line.height <= gap <= LABEL_GAP * line.height else None


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


def _line_of(field: Field, label: RawLine | None, size: float = 0.0) -> RawLine:
    """`size` is that of a label in another line, 0 for none."""
    text = field.text if label or size or not field.label else f"{field.label}: {field.text}"
    if field.is_box and label is None and field.label:
        text = f"{field.text} {field.label}"
    size = size or (label.spans[0].size if label else max(1.0, min(12.0, field.box[3] - field.box[1])))
    x0, _y0, x1, y1 = field.box
    # As high as its label, so that both are read as one row.
    box = (x0, label.bbox[1], x1, label.bbox[3]) if label else field.box
    span = Span(text, box, size, FIELD_FONT, False, False, 0, 255, True, (label.spans[0].baseline if label else y1))
    return RawLine([span], box, True, text)
