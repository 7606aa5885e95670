"""Terms that the documents themselves link: where an answer uses one, it can be followed. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

#: Shorter ones are page numbers, footnote marks and initials.
MIN_TERM_CHARACTERS = 4
MAX_TERMS = 40
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
        for record in records:
            text = " ".join(str(record.get("link_text") or "").split())
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


def _target(record: Mapping[str, Any]) -> dict[str, Any] | None:
    if record.get("target_page"):
        return {"page": int(record["target_page"]), "snippet": record.get("target_snippet")}
    url = str(record.get("target_url") or "")
    return {"url": url} if url.lower().startswith(_SAFE_SCHEMES) else None
