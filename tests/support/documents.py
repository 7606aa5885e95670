"""Builds small synthetic documents for tests of what comes after the PDF reader."""

from collections.abc import Sequence

from document_structure import Section, Structure
from document_structure.chunking import PageText
from pdf_reader.document import Line, Page, PageOutcome


def structure(
    sections: Sequence[tuple[int, str, int, int]] = (), running: dict[int, tuple[tuple[int, int], ...]] | None = None
) -> Structure:
    """From (level, title, page, offset) tuples."""
    return Structure(tuple(Section(*section) for section in sections), "outline" if sections else "none", running or {})


def pages(*texts: str) -> list[PageText]:
    return [PageText(number, text) for number, text in enumerate(texts, start=1)]


def page(number: int, *lines: str, line_height: float = 12.0) -> Page:
    """A page whose lines stand below each other, one block each."""
    made, position = [], 0
    for index, text in enumerate(lines):
        top = 50 + index * line_height
        made.append(
            Line(text, (50, top, 300, top + 10), 10, False, False, "Serif", 0, index, position, position + len(text))
        )
        position += len(text) + 1
    return Page(number, PageOutcome.TEXT, "\n".join(lines), width=400, height=600, lines=tuple(made))
