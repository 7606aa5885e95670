"""Builds small synthetic documents for tests of what comes after the PDF reader."""

import re
from collections.abc import Sequence
from itertools import pairwise

from document_structure import Section, Structure
from document_structure.chunking import BlockSpan, PageText
from document_structure.chunking.page_text import TableSpan
from pdf_reader.blocks import BlockKind
from pdf_reader.document import Line, Page, PageOutcome


def structure(
    sections: Sequence[tuple[int, str, int, int]] = (), running: dict[int, tuple[tuple[int, int], ...]] | None = None
) -> Structure:
    """From (level, title, page, offset) tuples."""
    return Structure(tuple(Section(*section) for section in sections), "outline" if sections else "none", running or {})


def pages(*texts: str) -> list[PageText]:
    """Pages of paragraphs, which a blank line parts."""
    return [page_text(number, text) for number, text in enumerate(texts, start=1)]


def page_text(number: int, text: str, *tables: tuple[int, int]) -> PageText:
    """A page of paragraphs, which a blank line parts, and of tables, which are ranges of its text."""
    blocks = []
    edges = [0, *(match.end() for match in re.finditer(r"\n[^\S\n]*\n\s*", text)), len(text)]
    for start, end in pairwise(edges):
        if not any(start < table[1] and table[0] < end for table in tables):
            blocks.append(BlockSpan(BlockKind.PARAGRAPH, start, end))
    for start, end in tables:
        header_end = text.index("\n", text.index("\n", start) + 1) + 1 if text.count("\n", start, end) > 1 else end
        blocks.append(BlockSpan(BlockKind.TABLE, start, end, TableSpan(2, 0.0, 100.0, header_end)))
    return PageText(number, text, tuple(sorted(blocks, key=lambda block: block.start)))


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
