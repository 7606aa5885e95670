"""How a document is cut into questions: parts that fit a model's context, cut where the document itself is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import takewhile
from operator import attrgetter

from document_structure.section_texts import HeadingPath, SectionText
from foundation.spool import Spool
from foundation.tokens import count_tokens, token_spans
from model_api.fence import clean

#: A part that has at least this share of the budget ends where the next chapter begins. So a change in one chapter
#: moves no boundary in another, and the answers about the others are found in the cache.
MIN_FULL_SHARE = 0.5
#: Fewer than there are: a document may have thousands of headings, and counting each would double the work.
CHARACTERS_PER_HEADING_TOKEN = 3
#: With ENRICHMENT_SCOPE=section, what one summary is about: a section, or neighbours that are short.
SECTION_SCOPE_TOKENS = 3_000


@dataclass(frozen=True, slots=True)
class Part:
    """Neighbouring sections, or a piece of a long one, to be asked about at once."""

    path: HeadingPath
    first_page: int
    last_page: int
    text: str
    tokens: int

    @property
    def title(self) -> str:
        """`Chapter 5 > Equipment, pages 62-74`"""
        pages = (
            f"page {self.first_page}"
            if self.first_page == self.last_page
            else f"pages {self.first_page}-{self.last_page}"
        )
        return f"{' > '.join(self.path)}, {pages}" if self.path else pages


_FIELDS = [field.name for field in fields(Part)]


def plan_parts(sections: Iterable[SectionText], max_tokens: int) -> Sequence[Part]:
    """All text of `sections`, in order, in parts of at most `max_tokens`; sections without text are left out.

    The parts are on disk: together they are as long as the document.
    """
    return Spool(_parts(sections, max_tokens), pack=attrgetter(*_FIELDS), unpack=lambda packed: Part(*packed))


def _parts(sections: Iterable[SectionText], max_tokens: int) -> Iterator[Part]:
    open_parts: list[Part] = []
    for piece in (piece for section in sections for piece in _pieces(section, max_tokens)):
        tokens = sum(part.tokens for part in open_parts)
        starts_chapter = bool(open_parts) and piece.path[:1] != open_parts[-1].path[:1]
        if open_parts and (
            tokens + piece.tokens > max_tokens or (starts_chapter and tokens >= max_tokens * MIN_FULL_SHARE)
        ):
            yield _join(open_parts)
            open_parts = []
        open_parts.append(piece)
    if open_parts:
        yield _join(open_parts)


def _pieces(section: SectionText, max_tokens: int) -> Iterator[Part]:
    """The section with its heading, whole if it fits; else cut anywhere, since it has no headings inside."""
    text = clean(section.text)
    if not text:
        return
    heading = f"{' > '.join(section.path)}\n" if section.path else ""
    heading_tokens = len(heading) // CHARACTERS_PER_HEADING_TOKEN
    room = max(max_tokens - heading_tokens, max_tokens // 2)
    tokens = count_tokens(text)
    spans = [(0, len(text))] if tokens <= room else token_spans(text, room)
    for start, end in spans:
        cut = text[start:end]
        cost = heading_tokens + (tokens if end - start == len(text) else count_tokens(cut))
        yield Part(section.path, section.first_page, section.last_page, heading + cut, cost)


def _join(pieces: Sequence[Part]) -> Part:
    levels = zip(*(piece.path for piece in pieces), strict=False)
    shared_levels = takewhile(lambda names: len(set(names)) == 1, levels)
    return Part(
        path=tuple(names[0] for names in shared_levels),
        first_page=min(piece.first_page for piece in pieces),
        last_page=max(piece.last_page for piece in pieces),
        text="\n\n".join(piece.text for piece in pieces),
        tokens=sum(piece.tokens for piece in pieces),
    )
