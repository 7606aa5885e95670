"""Lines of text for the reader's decisions, and what is asked of the marks that they begin with."""

from pdf_reader.child.list_marks import keys_before, keys_of
from pdf_reader.child.text import RawLine, Span


def line(
    text: str, row: int, x0: float = 50, *, size: float = 10, pitch: float = 12, typed: str = "", bold: bool = False
) -> RawLine:
    """Five points a character of type of 10 points, the next row `pitch` points below."""
    box = (x0, pitch * row, x0 + size / 2 * len(text), pitch * row + size)
    return RawLine([Span(text, box, size, "Serif", bold, False, 0, 255, True)], box, True, text, typed)


def comes_behind(marker: str, before: str) -> bool:
    """Whether a mark is the one behind another in a list."""
    return not keys_before(marker).isdisjoint(keys_of(before))
