"""Packing: pieces into chunks of at most so many tokens, overlapping where a section needs several.

A section begins a chunk of its own, and a heading never stands alone at a chunk's end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from document_structure import Structure
from document_structure.broken_words import respell
from document_structure.chunking.cutting import JOIN_TOKENS, fit, sentences
from document_structure.chunking.line_places import LinePlace, lines_of_piece
from document_structure.chunking.page_text import PageText
from document_structure.chunking.pieces import Kind, Piece, cut_into_pieces
from foundation.placed_box import PlacedBox
from foundation.tokens import count_tokens

#: A chunk smaller than this goes on into the next section instead of standing alone.
MIN_CHUNK_TOKENS = 24


@dataclass(frozen=True, slots=True)
class Chunk:
    """`page` is where what it doesn't repeat starts and `offset` where on that page; `heading_path` is in force there.

    `text` is the document's own, broken words spelled as the document does (`Structure.spellings`: a hyphen more may
    bring it a token over its limit); only title and header of a table that had to be cut are repeated.
    `boxes` are where it stands on its pages, what is repeated left out; `lines` say the same of each line.
    """

    index: int
    text: str
    heading_path: tuple[str, ...]
    page: int
    offset: int
    pages_spanned: tuple[int, ...]
    boxes: tuple[PlacedBox, ...] = ()
    lines: tuple[LinePlace, ...] = ()

    @property
    def cross_page(self) -> bool:
        return len(self.pages_spanned) > 1

    @property
    def tokens(self) -> int:
        """Of the text; counted anew each time."""
        return count_tokens(self.text)


@dataclass(slots=True)
class _Draft:
    pieces: list[Piece] = field(default_factory=list)
    tokens: int = 0
    carried: int = 0  # pieces at the start that only repeat the end of the chunk before

    def add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.tokens += piece.tokens + JOIN_TOKENS

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
    open_pages: dict[int, PageText] = {}
    drafts = _pack(cut_into_pieces(_remembered(pages, open_pages), structure), max_tokens, overlap_tokens)
    for index, draft in enumerate(drafts):
        # No later chunk goes back behind the page on which this one begins.
        for number in [number for number in open_pages if number < draft.pieces[0].page]:
            del open_pages[number]
        yield _finish(index, draft, open_pages, structure.spellings)


def _remembered(pages: Iterable[PageText], by_number: dict[int, PageText]) -> Iterator[PageText]:
    for page in pages:
        by_number[page.number] = page
        yield page


def _pack(pieces: Iterable[Piece], max_tokens: int, overlap_tokens: int) -> Iterator[_Draft]:
    draft = _Draft()
    for piece in pieces:
        if piece.kind is Kind.HEADING and draft.has_body:
            yield draft
            draft = _Draft()
        for part in fit(piece, max_tokens, draft.tokens):
            if draft.pieces and draft.tokens + part.tokens + JOIN_TOKENS > max_tokens:
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
    budget = min(overlap_tokens, room - JOIN_TOKENS)
    last = draft.pieces[-1]
    carried: list[Piece] = []
    if last.kind is Kind.TEXT and budget > 0:
        for sentence in sentences(last, last_first=True):
            cost = sentence.tokens + JOIN_TOKENS
            if cost > budget:
                break
            carried.insert(0, sentence)
            budget -= cost
    follower = _Draft(carried=len(carried))
    for piece in carried:
        follower.add(piece)
    return follower


def _finish(index: int, draft: _Draft, pages: Mapping[int, PageText], spellings: Mapping[str, str]) -> Chunk:
    first = draft.pieces[0]
    whole = first.text + "".join(piece.glue + piece.text for piece in draft.pieces[1:])
    printed = whole.lstrip()
    spelled = respell(printed, spellings)
    text = spelled.text
    own = draft.pieces[draft.carried]
    return Chunk(
        index=index,
        text=text,
        # Of what is new in the chunk, not of what it repeats.
        heading_path=own.path,
        page=own.page,
        offset=own.offset,
        pages_spanned=tuple(sorted({piece.page for piece in draft.pieces})),
        boxes=tuple(_boxes(draft.pieces, pages)),
        lines=tuple(line.respelled(spelled) for line in _lines(draft.pieces, pages, len(printed) - len(whole))),
    )


def _lines(pieces: Sequence[Piece], pages: Mapping[int, PageText], position: int) -> Iterator[LinePlace]:
    for number, piece in enumerate(pieces):
        position += len(piece.glue) if number else 0
        yield from lines_of_piece(piece, pages[piece.page], position)
        position += len(piece.text)


def _boxes(pieces: Sequence[Piece], pages: Mapping[int, PageText]) -> Iterator[PlacedBox]:
    """Neighbouring pieces of a page are one range: their boxes are as few as the columns that they stand in."""
    ranges: list[tuple[int, int, int]] = []
    for piece in pieces:
        if ranges and ranges[-1][0] == piece.page and 0 <= piece.offset - ranges[-1][2] <= len("\n\n"):
            ranges[-1] = (piece.page, ranges[-1][1], max(piece.end, ranges[-1][2]))
        else:
            ranges.append((piece.page, piece.offset, piece.end))
    for page, start, end in ranges:
        yield from pages[page].boxes([(start, end)])
