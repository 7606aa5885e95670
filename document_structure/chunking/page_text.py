"""What is kept of a page when it has gone by: its text, its blocks, and where on the page everything stands."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from foundation.placed_box import PlacedBox
from foundation.spool import Spool
from foundation.tokens import count_tokens
from pdf_reader.blocks import Block, BlockKind, Rect, Table
from pdf_reader.document import Page


class TableSpan(NamedTuple):
    """What tells whether a table goes on on the next page: its columns, and its left and right end in points.

    `header_end` is the offset in the page's text at which its first row below the header begins. `continues` says that
    the page's tags make it one with the last table of the page before.
    """

    columns: int
    left: float
    right: float
    header_end: int
    continues: bool = False


class BlockSpan(NamedTuple):
    """A block of a page's text: `text[start:end]`. A tuple, as it is made anew each time that the pages are read.

    `tokens` are those of its text (`own_text`), where they were counted.
    """

    kind: BlockKind
    start: int
    end: int
    table: TableSpan | None = None
    tokens: int | None = None

    @classmethod
    def of(cls, block: Block, text: str) -> "BlockSpan":
        return cls(block.kind, block.start, block.end, _table_span(block.table, text) if block.table else None)

    def counted(self, text: str) -> "BlockSpan":
        """The same with its tokens; `text` is the page's."""
        own = own_text(text[self.start : self.end], is_item=self.kind is BlockKind.LIST_ITEM)
        return self._replace(tokens=count_tokens(own))


@dataclass(frozen=True, slots=True)
class Places:
    """Where the lines and table rows of a page stand: start and end of each in its text, and its box (four numbers)."""

    starts: "array[int]" = field(default_factory=lambda: array("l"))
    ends: "array[int]" = field(default_factory=lambda: array("l"))
    boxes: "array[float]" = field(default_factory=lambda: array("f"))

    @classmethod
    def of(cls, page: Page) -> "Places":
        entries = [
            (line.start, line.end, line.bbox) for line in page.lines if not line.in_table and line.end > line.start
        ]
        for table in page.tables:
            entries += _row_places(table)
        entries.sort(key=lambda entry: entry[:2])
        places = cls()
        for start, end, box in entries:
            places.starts.append(start)
            places.ends.append(end)
            places.boxes.extend(box)
        return places

    def lines(self, start: int, end: int) -> list[tuple[int, int, Rect]]:
        """Start, end and box of the lines that `text[start:end]` touches."""
        starts, ends = self.starts, self.ends
        first = max(0, bisect_right(starts, start) - 1)
        last = bisect_left(starts, end, first)
        numbers = iter(self.boxes[4 * first : 4 * last])
        boxes = zip(numbers, numbers, numbers, numbers, strict=True)
        return [place for place in zip(starts[first:last], ends[first:last], boxes, strict=True) if place[1] > start]

    def boxes_of(self, start: int, end: int) -> Iterator[Rect]:
        """Boxes around the lines that `text[start:end]` touches, one for each column of them."""
        merged: list[float] | None = None
        above: Rect | None = None
        for _, _, box in self.lines(start, end):
            if merged is not None and above is not None and _is_below_or_beside(above, box):
                merged = [
                    min(merged[0], box[0]), min(merged[1], box[1]), max(merged[2], box[2]), max(merged[3], box[3]),
                ]  # fmt: skip
            else:
                if merged is not None:
                    yield merged[0], merged[1], merged[2], merged[3]
                merged = list(box)
            above = box
        if merged is not None:
            yield merged[0], merged[1], merged[2], merged[3]


@dataclass(frozen=True, slots=True)
class PageText:
    """One page's text with its blocks in reading order; width and height of the page as shown, in points."""

    number: int
    text: str
    blocks: tuple[BlockSpan, ...] = ()
    places: Places = field(default_factory=Places)
    width: float = 0.0
    height: float = 0.0

    @classmethod
    def of(cls, page: Page) -> "PageText":
        blocks = tuple(BlockSpan.of(block, page.text) for block in page.blocks if block.end > block.start)
        return cls(page.number, page.text, blocks, Places.of(page), page.width, page.height)

    def counted(self) -> "PageText":
        """The same with the tokens of its blocks: so that they are counted while other pages are still being read."""
        return replace(self, blocks=tuple(block.counted(self.text) for block in self.blocks))

    @classmethod
    def spool(cls, pages: "Iterable[PageText]" = ()) -> "Spool[PageText]":
        """Pages on disk, by their place in the document's order."""
        return Spool(pages, pack=_packed, unpack=_unpacked)

    def boxes(self, ranges: Iterable[tuple[int, int]]) -> Iterator[PlacedBox]:
        """Boxes of those ranges of the text, in their order."""
        for start, end in ranges:
            for x0, y0, x1, y1 in self.places.boxes_of(start, end):
                yield PlacedBox(self.number, round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2))


def _packed(page: PageText) -> tuple[Any, ...]:
    """What makes a page again, with as few objects as can be."""
    blocks = [
        (block.kind, block.start, block.end, block.table and tuple(block.table), block.tokens) for block in page.blocks
    ]
    places = page.places
    return page.number, page.text, blocks, places.starts, places.ends, places.boxes, page.width, page.height


def _unpacked(packed: tuple[Any, ...]) -> PageText:
    number, text, blocks, starts, ends, boxes, width, height = packed
    spans = [
        BlockSpan(kind, start, end, table and TableSpan(*table), tokens) for kind, start, end, table, tokens in blocks
    ]
    return PageText(number, text, tuple(spans), Places(starts, ends, boxes), width, height)


def own_text(text: str, *, is_item: bool) -> str:
    """A block's text without what is around it; an item of a list keeps its indentation."""
    return text.strip("\n").rstrip() if is_item else text.strip()


def _is_below_or_beside(above: Rect, box: Rect) -> bool:
    """Whether a line goes on in the same column, or on the same row."""
    if box[3] <= above[1] + 1 and box[0] > above[0]:
        return False  # the top of the next column
    return (box[0] < above[2] and box[2] > above[0]) or (box[1] < above[3] and box[3] > above[1])


def _row_places(table: Table) -> list[tuple[int, int, Rect]]:
    lines = table.markdown.split("\n")
    if len(table.row_boxes) != len(lines) - 2:
        return [(table.start, table.end, table.bbox)]
    x0, y0, x1, _ = table.bbox
    header = len(lines[0]) + 1 + len(lines[1])
    # Above its first row is the header; of a table that is set sideways, its whole box will do.
    first = table.row_boxes[0] if table.row_boxes else table.bbox
    head_box = (x0, y0, x1, first[1]) if first[1] > y0 else table.bbox
    entries = [(table.start, table.start + header, head_box)]
    start = table.start + header + 1
    for line, box in zip(lines[2:], table.row_boxes, strict=True):
        entries.append((start, start + len(line), box))
        start += len(line) + 1
    return entries


def _table_span(table: Table, text: str) -> TableSpan:
    first = text.find("\n", table.start, table.end)
    second = text.find("\n", first + 1, table.end) if first >= 0 else -1
    header_end = second + 1 if second >= 0 else table.end
    return TableSpan(len(table.header), table.bbox[0], table.bbox[2], header_end, table.continues)
