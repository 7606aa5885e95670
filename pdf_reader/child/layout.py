"""From printed lines to a page's parts in reading order, without what is printed but is none of its text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pdf_reader.blocks import Block, BlockKind, Rect
from pdf_reader.child.annotations import FIELD_FONT, Field
from pdf_reader.child.composing import Part
from pdf_reader.child.form_fields import with_fields
from pdf_reader.child.frames import Frame, part_by_direction
from pdf_reader.child.initials import join_initials
from pdf_reader.child.line_numbers import take_line_numbers
from pdf_reader.child.ordering import in_reading_order
from pdf_reader.child.overprint import without_overprint
from pdf_reader.child.paragraphs import arrange, join_columns
from pdf_reader.child.parts import classify
from pdf_reader.child.raising import mark_raised
from pdf_reader.child.side_columns import part_columns
from pdf_reader.child.stamps import take_stamps
from pdf_reader.child.table_placement import holds, place_tables
from pdf_reader.child.text import RawBlock, RawLine, box_of, without_unreadable
from pdf_reader.tables import FoundTable, Segment
from pdf_reader.tables.words import made
from pdf_reader.tags.arranging import arrange_tagged
from pdf_reader.tags.page_tags import PageTags

#: Tables of a frame, from its segments and the segments that are fields of a form.
FindTables = Callable[[Sequence[Segment], Frame, Sequence[Segment]], Sequence[FoundTable]]


@dataclass(slots=True)
class Layout:
    """A page's parts, and what is printed on it but is none of its text."""

    parts: list[Part] = field(default_factory=list)
    aside: list[Block] = field(default_factory=list)


def lay_out(
    blocks: Sequence[RawBlock],
    fields: Sequence[Field],
    width: float,
    height: float,
    find_tables: FindTables,
    tags: PageTags | None = None,
) -> Layout:
    """`blocks` are the visible lines in displayed coordinates, `width` and `height` those of the displayed page."""
    layout = Layout()
    kept, stamps = take_stamps(blocks)
    layout.aside += [
        Block(BlockKind.STAMP, line.text.strip(), (line.bbox,), 0, 0)
        for block in without_overprint([stamps])
        for line in block
    ]
    frames = part_by_direction(kept, width, height) or [(Frame(0, width, height), [])]
    home = _frame_of_fields([frame for frame, _ in frames])
    for frame, lines in frames:
        framed = [replace(field, box=frame.box(field.box)) for field in fields] if frame is home else []
        _lay_out_frame(lines, frame, framed, layout, find_tables, None if frame.matrix else tags)
    return layout


def _frame_of_fields(frames: Sequence[Frame]) -> Frame:
    """The fields of a form are read with the level text, where there is some; else with the page's first text."""
    return next((frame for frame in frames if not frame.matrix), frames[0])


def _lay_out_frame(
    blocks: Sequence[RawBlock],
    frame: Frame,
    fields: Sequence[Field],
    layout: Layout,
    find_tables: FindTables,
    tags: PageTags | None,
) -> None:
    blocks, numbers = take_line_numbers(without_overprint(blocks))
    layout.aside += [
        Block(BlockKind.RUNNING_LINE, line.text.strip(), (frame.displayed(line.bbox),), 0, 0) for line in numbers
    ]
    blocks = join_initials(mark_raised(blocks))
    pairs: list[RawBlock] = []
    if fields:
        blocks, pairs = with_fields(blocks, fields)
    tables = _tables_of_frame(blocks, pairs, frame, find_tables, tags)
    if not tags:
        blocks = part_columns(blocks, [table.bbox for table in tables])
    placed = place_tables(arrange(without_unreadable(blocks)), tables)
    if tags:
        parts = arrange_tagged(placed, tags)
    else:
        boxes: list[Rect] = [part.table.bbox if part.table else box_of(part.lines) for part in placed]
        parts = join_columns(in_reading_order(placed, boxes))
    for part in parts:
        part.frame = frame
    page_height = frame.width if frame.direction % 2 else frame.height
    layout.parts += classify(parts, page_height)


def _tables_of_frame(
    blocks: Sequence[RawBlock],
    pairs: Sequence[RawBlock],
    frame: Frame,
    find_tables: FindTables,
    tags: PageTags | None,
) -> list[FoundTable]:
    """Those of the tags first, then those that are found apart from them and from the form's `pairs` of a label and
    a value. Assigns the lines to their tags."""
    lines = [line for block in blocks for line in block if line.horizontal]
    if tags:
        tags.assign(lines)
        tags.reword(lines)
    tagged = tags.tables(lines) if tags else []
    if tagged:
        lines = [line for line in lines if not any(holds(table.bbox, line.bbox) for table in tagged)]
    if pairs:
        stacked = {id(line) for pair in pairs for line in pair}
        lines = [line for line in lines if id(line) not in stacked]
    values = [_segment(line) for line in lines if line.spans[0].font == FIELD_FONT]
    segments = [_segment(line) for line in lines if line.spans[0].font != FIELD_FONT]
    found = [
        table
        for table in _apart(find_tables(segments, frame, values), tagged)
        if not any(holds(table.bbox, line.bbox) for pair in pairs for line in pair)
    ]
    return [*tagged, *found]


def _segment(line: RawLine) -> Segment:
    return made(Segment, (*line.bbox, line.text))


def _apart(tables: Sequence[FoundTable], others: Sequence[FoundTable]) -> list[FoundTable]:
    """The tables that share no place with the others."""

    def touch(one: Rect, other: Rect) -> bool:
        return min(one[2], other[2]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[1], other[1])

    return [table for table in tables if not any(touch(table.bbox, other.bbox) for other in others)]
