"""Cuts a document into chunks of at most so many tokens, along its sections, paragraphs, rows and sentences.

Everything is done by character offsets into the pages' texts, so that a chunk knows exactly which pages it spans and the
cost is linear in the number of characters. Running headers and footers are left out; a section begins a chunk of its
own; a table row is never cut; a heading never stands alone at a chunk's end.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from data_ingestion.pdf.model import Page
from data_ingestion.structure import Structure
from tokens import count_tokens, token_spans

#: A chunk smaller than this goes on into the next section instead of standing alone.
MIN_CHUNK_TOKENS = 24
#: What joining two pieces with a line break may cost.
_JOIN_TOKENS = 1

_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[^\s\d.,;:a-z])|(?<=[。！？])|\n(?=\s*(?:[-•*–]|\d+[.)])\s)")
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
class Chunk:
    """`page` is where it starts and `offset` where on that page; `heading_path` is the path in force there.

    `text` is the document's own; only the header row of a table that had to be cut is repeated. `tokens` counts it.
    """

    index: int
    text: str
    heading_path: tuple[str, ...]
    page: int
    offset: int
    pages_spanned: tuple[int, ...]
    tokens: int

    @property
    def cross_page(self) -> bool:
        return len(self.pages_spanned) > 1


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of one page's text that is not cut any further unless it must be."""

    kind: Kind
    page: int
    offset: int
    text: str
    tokens: int
    path: tuple[str, ...]
    glue: str = "\n\n"  # what stands between it and the piece before it


@dataclass(slots=True)
class _Draft:
    pieces: list[_Piece] = field(default_factory=list)
    tokens: int = 0
    carried: int = 0  # pieces at the start that only repeat the end of the chunk before

    def add(self, piece: _Piece) -> None:
        self.pieces.append(piece)
        self.tokens += piece.tokens + _JOIN_TOKENS

    @property
    def has_body(self) -> bool:
        own = self.pieces[self.carried :]
        return self.tokens >= MIN_CHUNK_TOKENS and any(piece.kind is not Kind.HEADING for piece in own)


def chunk_document(
    pages: Iterable[PageText], structure: Structure, *, max_tokens: int, overlap_tokens: int
) -> Iterator[Chunk]:
    """Chunks in document order, made as they are asked for. `pages` come in page order.

    A chunk has at most `max_tokens`; of a section that needs several, each begins with up to `overlap_tokens` of the
    one before.
    """
    index = 0
    for draft in _pack(_pieces(pages, structure), max_tokens, overlap_tokens):
        yield _finish(index, draft)
        index += 1


def _pieces(pages: Iterable[PageText], structure: Structure) -> Iterator[_Piece]:
    starts: dict[int, list[int]] = {}
    for section in structure.sections:
        starts.setdefault(section.page, []).append(section.offset)
    before: _Piece | None = None
    for page in pages:
        for kind, start, end in _spans(
            page, structure.running.get(page.number, ()), sorted(starts.get(page.number, ()))
        ):
            text = page.text[start:end].strip()
            if not text:
                continue
            piece = _Piece(
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
    holes = sorted([(start, end, None) for start, end in running] + [(s, e, Kind.TABLE) for s, e in page.tables])
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
    for left, right in zip(edges, edges[1:], strict=False):
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


def _continues(before: _Piece, piece: _Piece) -> bool:
    """A sentence goes on over the page's end."""
    return (
        before.kind is piece.kind is Kind.TEXT
        and bool(_ENDS_OPEN.search(before.text))
        and bool(_STARTS_OPEN.match(piece.text))
    )


def _pack(pieces: Iterable[_Piece], max_tokens: int, overlap_tokens: int) -> Iterator[_Draft]:
    draft = _Draft()
    for piece in pieces:
        if piece.kind is Kind.HEADING and draft.has_body:
            yield draft
            draft = _Draft()
        for part in _fit(piece, max_tokens, draft.tokens):
            if draft.pieces and draft.tokens + part.tokens + _JOIN_TOKENS > max_tokens:
                # A heading goes along with what it heads.
                kept, headings = _split_trailing_headings(draft)
                if kept.pieces:
                    yield kept
                    draft = _overlap(kept, overlap_tokens, max_tokens - part.tokens - headings.tokens)
                    for heading in headings.pieces:
                        draft.add(heading)
                elif draft.tokens + part.tokens > max_tokens:
                    yield draft
                    draft = _Draft()
            draft.add(part)
    if draft.pieces[draft.carried :]:
        yield draft


def _split_trailing_headings(draft: _Draft) -> tuple[_Draft, _Draft]:
    cut = len(draft.pieces)
    while cut > draft.carried and draft.pieces[cut - 1].kind is Kind.HEADING:
        cut -= 1
    kept, headings = _Draft(carried=draft.carried), _Draft()
    for piece in draft.pieces[:cut]:
        kept.add(piece)
    for piece in draft.pieces[cut:]:
        headings.add(piece)
    return (kept if cut > draft.carried else _Draft()), headings


def _overlap(draft: _Draft, overlap_tokens: int, room: int) -> _Draft:
    """A new draft that begins with the last sentences of this one."""
    budget = min(overlap_tokens, room - _JOIN_TOKENS)
    last = draft.pieces[-1]
    carried: list[_Piece] = []
    if last.kind is Kind.TEXT and budget > 0:
        for sentence in reversed(list(_sentences(last))):
            cost = sentence.tokens + _JOIN_TOKENS
            if cost > budget:
                break
            carried.insert(0, sentence)
            budget -= cost
    follower = _Draft(carried=len(carried))
    for piece in carried:
        follower.add(piece)
    return follower


def _fit(piece: _Piece, max_tokens: int, used: int) -> Iterator[_Piece]:
    """The piece whole when a chunk can hold it, else its rows, sentences, or bare runs of tokens.

    Running text is also cut when that fills a chunk which would otherwise stay less than half full.
    """
    if piece.tokens + _JOIN_TOKENS <= max_tokens:
        overflows = used + piece.tokens + _JOIN_TOKENS > max_tokens
        if piece.kind is Kind.TEXT and overflows and used < max_tokens // 2:
            yield from _sentences(piece)
        else:
            yield piece
    elif piece.kind is Kind.TABLE:
        yield from _row_groups(piece, max_tokens)
    else:
        for sentence in _sentences(piece):
            if sentence.tokens + _JOIN_TOKENS <= max_tokens:
                yield sentence
            else:
                yield from _token_runs(sentence, max_tokens - _JOIN_TOKENS)


def _sentences(piece: _Piece) -> Iterator[_Piece]:
    edges = [0, *(match.end() for match in _SENTENCE_END.finditer(piece.text)), len(piece.text)]
    for number, (start, end) in enumerate(zip(edges, edges[1:], strict=False)):
        if text := piece.text[start:end].rstrip():
            glue = piece.glue if number == 0 else ("\n" if "\n" in piece.text[max(0, start - 1) : start] else " ")
            yield replace(piece, offset=piece.offset + start, text=text, tokens=count_tokens(text), glue=glue)


def _token_runs(piece: _Piece, max_tokens: int) -> Iterator[_Piece]:
    for start, end in token_spans(piece.text, max_tokens):
        text = piece.text[start:end]
        glue = piece.glue if start == 0 else ""
        yield replace(piece, offset=piece.offset + start, text=text, tokens=count_tokens(text), glue=glue)


def _row_groups(piece: _Piece, max_tokens: int) -> Iterator[_Piece]:
    """A table that no chunk can hold: as many whole rows as fit, each time under the table's header."""
    lines = piece.text.split("\n")
    header, rows = lines[:2], lines[2:]
    header_tokens = sum(count_tokens(line) + _JOIN_TOKENS for line in header)
    if header_tokens > max_tokens // 2:
        header, header_tokens = [], 0
        rows = lines
    group, used, offset = list(header), header_tokens, 0
    position = sum(len(line) + 1 for line in header)
    for row in rows:
        cost = count_tokens(row) + _JOIN_TOKENS
        if len(group) > len(header) and used + cost > max_tokens - _JOIN_TOKENS:
            yield _table_part(piece, group, offset)
            group, used, offset = list(header), header_tokens, position
        position += len(row) + 1
        if cost > max_tokens - header_tokens - _JOIN_TOKENS:
            # One row larger than a chunk: nothing is left but to cut it.
            yield from _token_runs(replace(piece, text=row, offset=piece.offset + position), max_tokens - _JOIN_TOKENS)
            continue
        group.append(row)
        used += cost
    if len(group) > len(header):
        yield _table_part(piece, group, offset)


def _table_part(piece: _Piece, lines: list[str], offset: int) -> _Piece:
    text = "\n".join(lines)
    return replace(piece, text=text, offset=piece.offset + offset, tokens=count_tokens(text))


def _finish(index: int, draft: _Draft) -> Chunk:
    first = draft.pieces[0]
    text = first.text + "".join(piece.glue + piece.text for piece in draft.pieces[1:])
    own = draft.pieces[draft.carried]
    return Chunk(
        index=index,
        text=text,
        # The path of what is new in the chunk, not of what it repeats.
        heading_path=own.path,
        page=first.page,
        offset=first.offset,
        pages_spanned=tuple(sorted({piece.page for piece in draft.pieces})),
        tokens=count_tokens(text),
    )
