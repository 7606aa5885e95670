"""Which characters of a chunk stand where on its pages: line by line, row by row of tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from document_structure.broken_words import Respelled
from document_structure.chunking.page_text import PageText
from document_structure.chunking.pieces import Piece


@dataclass(frozen=True, slots=True)
class LinePlace:
    """`text[start:end]` of a chunk or page is in this box of a page as it is shown, in points, origin top left."""

    start: int
    end: int
    page: int
    x0: float
    y0: float
    x1: float
    y1: float

    def respelled(self, spelled: Respelled) -> Self:
        """The same place in the text that its words are spelled otherwise in."""
        if not spelled.shifts:
            return self
        start, end = spelled.position(self.start), spelled.position(self.end)
        return type(self)(start, end, self.page, self.x0, self.y0, self.x1, self.y1)

    def as_json(self) -> list[float]:
        """An item of `metadata.line_boxes`: start, end, page, x0, y0, x1, y1."""
        box = [round(self.x0, 1), round(self.y0, 1), round(self.x1, 1), round(self.y1, 1)]
        return [self.start, self.end, self.page, *box]


def lines_of_page(page: PageText) -> Iterator[LinePlace]:
    """The lines of a page's whole text."""
    yield from _between(page, 0, len(page.text), 0)


def lines_of_piece(piece: Piece, page: PageText, position: int) -> Iterator[LinePlace]:
    """The lines of a piece that begins at `position` of its chunk's text. What it repeats of another page has none."""
    looked_from, begin = piece.offset, 0
    for line in piece.text.split("\n"):
        if line:
            at = page.text.find(line, looked_from, piece.end)
            if at >= 0:
                yield from _between(page, at, at + len(line), position + begin - at)
                looked_from = at + len(line)
        begin += len(line) + 1


def _between(page: PageText, start: int, end: int, shift: int) -> Iterator[LinePlace]:
    for line_start, line_end, box in page.places.lines(start, end):
        yield LinePlace(max(line_start, start) + shift, min(line_end, end) + shift, page.number, *box)
