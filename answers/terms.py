"""Terms that the documents themselves link: where an answer uses one, it can be followed. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: Shorter ones are page numbers, footnote marks and initials.
MIN_TERM_CHARACTERS = 4
MAX_TERMS = 40
#: Two areas are on one line when they differ less in height, and side by side when no wider gap is between them.
_LINE_POINTS = 2.0
_GAP_POINTS = 4.0
_WORD = re.compile(r"[^\W\d_]")
_SAFE_SCHEMES = ("https://", "http://", "mailto:")


def terms_in(answer: str, links: Mapping[str, Iterable[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Link terms that `answer` uses as whole words, longest first, each once.

    `links` are the records of `extracted_links/…` by the S3 key of their document. A term has `text`, `source`,
    `category` and either `page` (in that document) or `url`.
    """
    folded = answer.casefold()
    found: dict[str, dict[str, Any]] = {}
    for source, records in links.items():
        for text, record in _whole(records):
            key = text.casefold()
            if len(text) < MIN_TERM_CHARACTERS or not _WORD.search(text) or key in found or key not in folded:
                continue
            if not re.search(rf"(?<!\w){re.escape(key)}(?!\w)", folded):
                continue
            target = _target(record)
            if target:
                found[key] = {"text": text, "source": source, "category": record.get("link_category"), **target}
    longest_first = sorted(found.values(), key=lambda term: (-len(term["text"]), term["text"]))
    return longest_first[:MAX_TERMS]


def _whole(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each link's text with its record. PDFs may have an area for every word of a link: those side by side are one."""
    words: list[str] = []
    last: Mapping[str, Any] | None = None
    for record in records:
        if last is not None and not _goes_on(last, record):
            yield " ".join(" ".join(words).split()), last
            words = []
        words.append(str(record.get("link_text") or ""))
        last = record
    if last is not None:
        yield " ".join(" ".join(words).split()), last


def _goes_on(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    if any(before.get(name) != after.get(name) for name in ("source_page", "target_page", "target_url")):
        return False
    left: list[float] = list(before.get("source_rect") or ())
    right: list[float] = list(after.get("source_rect") or ())
    return (
        len(left) == len(right) == 4
        and abs(left[1] - right[1]) < _LINE_POINTS
        and abs(right[0] - left[2]) < _GAP_POINTS
    )


def _target(record: Mapping[str, Any]) -> dict[str, Any] | None:
    if record.get("target_page"):
        return {"page": int(record["target_page"]), "snippet": record.get("target_snippet")}
    url = str(record.get("target_url") or "")
    return {"url": url} if url.lower().startswith(_SAFE_SCHEMES) else None
