"""Pieces: the runs of a page's text between section starts, tables, blank lines and running headers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from document_structure import Structure
from foundation.tokens import count_tokens
from pdf_reader.document import Page

_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n\s*")
_LIST_ITEM = re.compile(r"^\s*(?:[-•*–▪◦]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s", re.MULTILINE)
_ENDS_OPEN = re.compile(r"[\w,;–-]$")
_STARTS_OPEN = re.compile(r"^[a-zà-öø-ÿ]")


class Kind(Enum):
    TEXT = "text"
    HEADING = "heading"
    TABLE = "table"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class PageText:
    """What chunking keeps of a page. `tables` are offset ranges of Markdown tables in `text`."""

    number: int
    text: str
    tables: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, page: Page) -> "PageText":
        return cls(page.number, page.text, tuple((table.start, table.end) for table in page.tables))


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of one page's text that is not cut any further unless it must be."""

    kind: Kind
    page: int
    offset: int
    text: str
    tokens: int
    path: tuple[str, ...]
    glue: str = "\n\n"  # what stands between it and the piece before it


def cut_into_pieces(pages: Iterable[PageText], structure: Structure) -> Iterator[Piece]:
    """The body of the document in order, tokens counted. `pages` come in page order."""
    starts: dict[int, list[int]] = {}
    for section in structure.sections:
        starts.setdefault(section.page, []).append(section.offset)
    before: Piece | None = None
    for page in pages:
        for kind, start, end in _spans(
            page, structure.running.get(page.number, ()), sorted(starts.get(page.number, ()))
        ):
            text = page.text[start:end].strip()
            if not text:
                continue
            piece = Piece(
                kind, page.number, start, text, count_tokens(text), structure.path_at(page.number, start)
            )  # fmt: skip
            if before and before.page != piece.page and _continues(before, piece):
                piece = replace(piece, glue=" ")
            yield piece
            before = piece


def _spans(
    page: PageText, running: Sequence[tuple[int, int]], section_starts: Sequence[int]
) -> Iterator[tuple[Kind, int, int]]:
    """The body of a page as (kind, start, end), cut at section starts, tables and blank lines."""
    position = 0
    tables = [(start, end, Kind.TABLE) for start, end in page.tables]
    holes = sorted([*((start, end, None) for start, end in running), *tables], key=lambda hole: hole[:2])
    for start, end, kind in [*holes, (len(page.text), len(page.text), None)]:
        if start > position:
            yield from _paragraphs(page.text, position, start, section_starts)
        if kind and end > max(start, position):
            yield kind, start, end
        position = max(position, end)


def _paragraphs(text: str, start: int, end: int, section_starts: Sequence[int]) -> Iterator[tuple[Kind, int, int]]:
    cuts = [match.end() for match in _PARAGRAPH_BREAK.finditer(text, start, end)]
    inner = [offset for offset in section_starts if start <= offset < end]
    edges = sorted({start, *cuts, *inner, end})
    for left, right in pairwise(edges):
        if left in inner:
            yield Kind.HEADING, left, (line_end := _line_end(text, left, right))
            if line_end < right:
                yield _kind_of(text[line_end:right]), line_end, right
        else:
            yield _kind_of(text[left:right]), left, right


def _line_end(text: str, start: int, end: int) -> int:
    found = text.find("\n", start, end)
    return end if found < 0 else found + 1


def _kind_of(text: str) -> Kind:
    return Kind.LIST if len(_LIST_ITEM.findall(text)) > 1 else Kind.TEXT


def _continues(before: Piece, piece: Piece) -> bool:
    """A sentence goes on over the page's end."""
    return (
        before.kind is piece.kind is Kind.TEXT
        and bool(_ENDS_OPEN.search(before.text))
        and bool(_STARTS_OPEN.match(piece.text))
    )
