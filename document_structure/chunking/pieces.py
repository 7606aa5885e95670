"""Pieces: the blocks of a document without its running lines, cut where sections start."""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from document_structure import Structure
from document_structure.chunking.continued_tables import TablePart, TableParts, rows_of
from document_structure.chunking.page_text import BlockSpan, PageText, own_text
from foundation.tokens import count_tokens
from pdf_reader.blocks import BlockKind

_ENDS_OPEN = re.compile(r"[\w,;–-]$")
_STARTS_OPEN = re.compile(r"^[a-zà-öø-ÿ]")


#: A running line is at least this share of its block.
MAX_RUNNING_SHARE = 0.25


class Kind(Enum):
    TEXT = "text"
    HEADING = "heading"
    TABLE = "table"
    LIST = "list"
    CODE = "code"


_KINDS = {BlockKind.TABLE: Kind.TABLE, BlockKind.LIST_ITEM: Kind.LIST, BlockKind.CODE: Kind.CODE}


class _Span(NamedTuple):
    """What a piece is made of: `text[start:end]` of a page. `tokens` are known of a whole block, if of any."""

    kind: Kind
    start: int
    end: int
    tokens: int | None = None


class Piece(NamedTuple):
    """A run of one page's text that is not cut any further unless it must be.

    `text[offset:end]` of its page is what it was made of. `lead` is what each further part of it is said under when it
    must be cut: the title and the header of a table. Of `header_lines` lines a table's text begins with its header.
    """

    kind: Kind
    page: int
    offset: int
    end: int
    text: str
    tokens: int
    path: tuple[str, ...]
    glue: str = "\n\n"  # what stands between it and the piece before it
    lead: str = ""
    header_lines: int = 0


def cut_into_pieces(pages: Iterable[PageText], structure: Structure) -> Iterator[Piece]:
    """The body of the document in order, tokens counted. `pages` come in page order."""
    starts: dict[int, dict[int, str]] = {}
    for section in structure.sections:
        starts.setdefault(section.page, {})[section.offset] = section.title
    tables = TableParts(structure.running)
    before: Piece | None = None
    for page in pages:
        parts = tables.of_page(page)
        running = structure.running.get(page.number, ())
        for span in _spans(page, running, starts.get(page.number, {})):
            piece = _piece(span, page, parts.get(span.start), structure)
            if piece is None:
                continue
            if before and before.page != piece.page and _continues(before, piece):
                piece = piece._replace(glue=" ")
            elif before and before.page == piece.page and before.kind is piece.kind is Kind.LIST:
                piece = piece._replace(glue="\n")
            yield piece
            before = piece


def _piece(span: _Span, page: PageText, part: TablePart | None, structure: Structure) -> Piece | None:
    kind, start, end, tokens = span
    text = own = own_text(page.text[start:end], is_item=kind is Kind.LIST)
    if not own:
        return None
    lead, header_lines = "", 0
    if part:
        lead = f"{part.title}\n\n{part.header}" if part.title else part.header
        rows = rows_of(page, part)
        header = lead if part.continues else part.header
        text = f"{header}\n{rows}" if rows else header
        header_lines = header.count("\n") + 1
    if tokens is None or text != own:
        tokens = count_tokens(text)
    path = structure.path_at(page.number, start)
    return Piece(kind, page.number, start, end, text, tokens, path, lead=lead, header_lines=header_lines)


def _spans(page: PageText, running: Sequence[tuple[int, int]], section_starts: dict[int, str]) -> Iterator[_Span]:
    """The body of a page: its blocks without running text, cut where sections start."""
    running = sorted(running)
    for block in page.blocks:
        position = block.start
        lines = [span for span in running if not _is_prose_line(block, span)]
        for start, end in [*lines, (block.end, block.end)]:
            if end <= position or start > block.end:
                continue
            if start > position:
                yield from _cut(page.text, block, position, min(start, block.end), section_starts)
            position = max(position, end)
            if position >= block.end:
                break


def _is_prose_line(block: BlockSpan, running: tuple[int, int]) -> bool:
    """Whether a line that stands at its height on every page is one of a paragraph's many: no running line."""
    inside = block.start <= running[0] and running[1] <= block.end
    return inside and running[1] - running[0] < MAX_RUNNING_SHARE * (block.end - block.start)


def _cut(text: str, block: BlockSpan, start: int, end: int, section_starts: dict[int, str]) -> Iterator[_Span]:
    kind = _KINDS.get(block.kind, Kind.TEXT)
    inner = sorted(offset for offset in section_starts if start <= offset < end)
    if kind is Kind.TABLE or not inner:
        yield _Span(kind, start, end, block.tokens if (start, end) == (block.start, block.end) else None)
        return
    for left, right in pairwise(sorted({start, *inner, end})):
        if left not in section_starts:
            yield _Span(kind, left, right)
            continue
        title_end = _title_end(text, left, right, section_starts[left])
        yield _Span(Kind.HEADING, left, title_end)
        if title_end < right:
            yield _Span(kind, title_end, right)


def _title_end(text: str, start: int, end: int, title: str) -> int:
    """Where a heading ends in its block: behind its title, else at the end of its line."""
    letters = [letter for letter in title.casefold() if letter.isalnum()]
    position, found = start, 0
    while position < end and found < len(letters):
        letter = text[position].casefold()
        if letter.isalnum():
            if letter != letters[found]:
                break
            found += 1
        position += 1
    if letters and found == len(letters):
        while position < end and not text[position].isspace():
            position += 1
        return position
    line_end = text.find("\n", start, end)
    return end if line_end < 0 else line_end + 1


def _continues(before: Piece, piece: Piece) -> bool:
    """A sentence goes on over the page's end."""
    return (
        before.kind is piece.kind is Kind.TEXT
        and bool(_ENDS_OPEN.search(before.text))
        and bool(_STARTS_OPEN.match(piece.text))
    )
