"""Which characters of a chunk stand where on its pages: line by line, row by row of tables."""

from collections.abc import Iterator
from typing import NamedTuple, Self

from document_structure.broken_words import Respelled
from document_structure.chunking.page_text import PageText
from document_structure.chunking.pieces import Piece


class LinePlace(NamedTuple):
    """`text[start:end]` of a chunk or page is in this box of a page as it is shown, in points, origin top left.

    A tuple, as there is one for each line of the document, and another for each line of its chunks.
    """

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
        return self._replace(start=spelled.position(self.start), end=spelled.position(self.end))

    def as_json(self) -> list[float]:
        """An item of `metadata.line_boxes`: start, end, page, x0, y0, x1, y1."""
        start, end, page, x0, y0, x1, y1 = self
        return [start, end, page, round(x0, 1), round(y0, 1), round(x1, 1), round(y1, 1)]


def lines_of_page(page: PageText) -> list[LinePlace]:
    """The lines of a page's whole text."""
    return _between(page, 0, len(page.text), 0)


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


def _between(page: PageText, start: int, end: int, shift: int) -> list[LinePlace]:
    number = page.number
    return [
        LinePlace(
            (line_start if line_start > start else start) + shift,
            (line_end if line_end < end else end) + shift,
            number,
            x0, y0, x1, y1,
        )
        for line_start, line_end, (x0, y0, x1, y1) in page.places.lines(start, end)
    ]  # fmt: skip
