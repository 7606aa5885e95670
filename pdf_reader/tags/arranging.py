"""Parts of a page by its tags, as far as they hold; what has none to be believed stays as the layout has it."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from pdf_reader.blocks import BlockKind, Provenance, Rect
from pdf_reader.child.composing import Part
from pdf_reader.child.ordering import in_reading_order
from pdf_reader.child.text import RawLine, box_of
from pdf_reader.tags.elements import Element, UnsoundTagsError
from pdf_reader.tags.kinds import TaggedBlock, believed, heading_level, list_depth, marker_of
from pdf_reader.tags.order import is_sound_order, merged_order
from pdf_reader.tags.page_tags import Figure, PageTags

_TOLERANCE_POINTS = 2.0


def arrange_tagged(placed: Sequence[Part], tags: PageTags) -> list[Part]:
    """`placed` are the layout's tables and paragraphs in the order of drawing; those of the result in reading order.

    Parts that come from tags have their kind, and `Provenance.TAGS`.
    """
    lines = [line for part in placed if part.table is None for line in part.lines]
    elements = dict(zip(map(id, lines), tags.blocks_of(lines), strict=True))
    blocks = _blocks(lines, elements)
    kinds = believed(_by_tags(list(blocks.values()), tags))
    cut: list[tuple[Part, Element | None]] = []
    for part in placed:
        if part.table is not None:
            cut.append((part, tags.element_of_table(part.table)))
        else:
            cut += _cut(part.lines, elements, blocks, kinds)
    cut += [(_figure_part(figure), figure.element) for figure in tags.figures(lines)]
    ordered = in_reading_order(cut, [_box(part) for part, _ in cut])
    joined = _joined(ordered)
    kept = [(_with_kind(part, element, tags), element) for part, element in joined]
    return [part for part, _ in _in_tag_order(_with_running_lines(kept, tags), tags)]


def _blocks(lines: Sequence[RawLine], elements: dict[int, Element | None]) -> dict[int, TaggedBlock]:
    found: dict[int, TaggedBlock] = {}
    for line in lines:
        element = elements[id(line)]
        if element is not None:
            found.setdefault(element.xref, TaggedBlock(element, [])).lines.append(line)
    return found


def _by_tags(blocks: list[TaggedBlock], tags: PageTags) -> list[TaggedBlock]:
    try:
        return sorted(blocks, key=lambda block: tags.order_key(block.element))
    except UnsoundTagsError:
        return blocks


def _cut(
    lines: Sequence[RawLine],
    elements: dict[int, Element | None],
    blocks: dict[int, TaggedBlock],
    kinds: frozenset[BlockKind],
) -> list[tuple[Part, Element | None]]:
    """A paragraph of the layout, parted where another element begins."""
    found: list[tuple[Part, Element | None]] = []
    for line in lines:
        element = elements[id(line)]
        if element is not None and (blocks[element.xref].kind not in kinds or element.role == "Figure"):
            element = None
        if found and found[-1][1] is element:
            found[-1][0].lines.append(line)
        else:
            found.append((Part([line]), element))
    return found


def _joined(parts: Sequence[tuple[Part, Element | None]]) -> list[tuple[Part, Element | None]]:
    """All lines of an element in one part, where the first of them is."""
    found: list[tuple[Part, Element | None]] = []
    homes: dict[int, Part] = {}
    for part, element in parts:
        if element is not None and part.table is None and part.kind is not BlockKind.FIGURE:
            home = homes.get(element.xref)
            if home is not None:
                home.lines += part.lines
                continue
            homes[element.xref] = part
        found.append((part, element))
    return found


def _with_kind(part: Part, element: Element | None, tags: PageTags) -> Part:
    if element is None or part.table is not None or part.kind is BlockKind.FIGURE:
        return part
    block = TaggedBlock(element, part.lines)
    part.kind, part.provenance, part.language = block.kind, Provenance.TAGS, element.language_in_force
    if part.kind is BlockKind.HEADING:
        part.depth = heading_level(element)
    elif part.kind is BlockKind.LIST_ITEM:
        part.depth = list_depth(element)
        marker = marker_of(part.lines[0].text.lstrip())
        if not marker:
            part.is_bare_item = not tags.began_before(element)
        elif not any(map(str.isalnum, marker)) or marker == "o":
            part.marker = marker
    elif part.kind is BlockKind.CODE and not all(line.typed for line in part.lines):
        part.kind = BlockKind.PARAGRAPH
    return part


def _with_running_lines(
    parts: Sequence[tuple[Part, Element | None]], tags: PageTags
) -> list[tuple[Part, Element | None]]:
    """What is marked as none of the text, above or below all that has tags."""
    tagged = [_box(part) for part, element in parts if element is not None]
    if not tagged:
        return list(parts)
    top, bottom = min(box[1] for box in tagged), max(box[3] for box in tagged)
    found: list[tuple[Part, Element | None]] = []
    for part, element in parts:
        if element is not None or part.table is not None or not part.lines:
            found.append((part, element))
            continue
        for is_artifact, run in groupby(zip(tags.are_artifacts(part.lines), part.lines, strict=True), itemgetter(0)):
            piece = Part([line for _, line in run])
            box = _box(piece)
            if is_artifact and (box[3] <= top + _TOLERANCE_POINTS or box[1] >= bottom - _TOLERANCE_POINTS):
                piece.kind, piece.provenance = BlockKind.RUNNING_LINE, Provenance.TAGS
            found.append((piece, None))
    return found


def _in_tag_order(parts: list[tuple[Part, Element | None]], tags: PageTags) -> list[tuple[Part, Element | None]]:
    try:
        keys = [None if element is None else tags.order_key(element) for _, element in parts]
    except UnsoundTagsError:
        return parts
    boxes = [_box(parts[index][0]) for key, index in sorted((k, i) for i, k in enumerate(keys) if k is not None)]
    if not is_sound_order(boxes):
        return parts
    return [parts[index] for index in merged_order(keys)]


def _figure_part(figure: Figure) -> Part:
    return Part(
        [], BlockKind.FIGURE, alternate=figure.text, box=figure.box, provenance=Provenance.TAGS,
        language=figure.element.language_in_force,
    )  # fmt: skip


def _box(part: Part) -> Rect:
    if part.table:
        return part.table.bbox
    return box_of(part.lines) if part.lines else part.box
