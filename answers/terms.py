"""Terms that the documents themselves link: where an answer uses one, it can be followed. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pdf_reader.link_record import LinkRecord

#: Shorter ones are page numbers, footnote marks and initials.
MIN_TERM_CHARACTERS = 4
MAX_TERMS = 40
#: Two areas are on one line when they differ less in height, and side by side when no wider gap is between them.
_LINE_POINTS = 2.0
_GAP_POINTS = 4.0
_WORD = re.compile(r"[^\W\d_]")
_SAFE_SCHEMES = ("https://", "http://", "mailto:")


@dataclass(frozen=True, slots=True)
class LinkedTerm:
    """A term that the document `source`, an S3 key, links: to a `page` of its own, with a `snippet` of what stands
    there, or else to a `url`."""

    text: str
    source: str
    category: str | None
    page: int | None = None
    snippet: str | None = None
    url: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Only the target that it has."""
        target = {"page": self.page, "snippet": self.snippet} if self.page else {"url": self.url}
        return {"text": self.text, "source": self.source, "category": self.category, **target}


def terms_in(answer: str, links: Mapping[str, Iterable[LinkRecord]]) -> list[LinkedTerm]:
    """Link terms that `answer` uses as whole words, longest first, each once.

    `links` are the records of `extracted_links/…` by the S3 key of their document.
    """
    folded = answer.casefold()
    found: dict[str, LinkedTerm] = {}
    for source, records in links.items():
        for text, record in _whole(records):
            key = text.casefold()
            if len(text) < MIN_TERM_CHARACTERS or not _WORD.search(text) or key in found or key not in folded:
                continue
            if not re.search(rf"(?<!\w){re.escape(key)}(?!\w)", folded):
                continue
            term = _term(text, source, record)
            if term:
                found[key] = term
    longest_first = sorted(found.values(), key=lambda term: (-len(term.text), term.text))
    return longest_first[:MAX_TERMS]


def _whole(records: Iterable[LinkRecord]) -> Iterator[tuple[str, LinkRecord]]:
    """Each link's text with its record. PDFs may have an area for every word of a link: those side by side are one."""
    words: list[str] = []
    last: LinkRecord | None = None
    for record in records:
        if last is not None and not _goes_on(last, record):
            yield " ".join(" ".join(words).split()), last
            words = []
        words.append(record.link_text)
        last = record
    if last is not None:
        yield " ".join(" ".join(words).split()), last


def _goes_on(before: LinkRecord, after: LinkRecord) -> bool:
    if before.source_page != after.source_page:
        return False
    if (before.target_page, before.target_url) != (after.target_page, after.target_url):
        return False
    left, right = before.source_rect, after.source_rect
    return (
        len(left) == len(right) == 4
        and abs(left[1] - right[1]) < _LINE_POINTS
        and abs(right[0] - left[2]) < _GAP_POINTS
    )


def _term(text: str, source: str, record: LinkRecord) -> LinkedTerm | None:
    """None where the link leads nowhere that is safe to follow."""
    category = record.link_category
    if record.target_page:
        return LinkedTerm(text, source, category, record.target_page, record.target_snippet)
    url = record.target_url or ""
    return LinkedTerm(text, source, category, url=url) if url.lower().startswith(_SAFE_SCHEMES) else None
