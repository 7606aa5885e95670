"""Fences a document's text as data, so that nothing in it can pass for an instruction of ours.

The text can't close the fence, since its own tags of that name are defused, and it can't smuggle in what a reader of
the page would not see: control characters, bidirectional overrides, and Unicode's invisible tag letters are removed.
"""

import re
from collections.abc import Mapping

TAG = "document"

#: C0 and C1 controls but for tab and line feed; what has no width, but for the joiners that Persian and emoji need;
#: bidi marks, lone surrogates, tag letters and variation selectors.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
#: Whatever one blank stands for: not the single blanks themselves, of which a page has a thousand.
_BLANKS = re.compile(r" [^\S\n]+|[^\S\n ][^\S\n]*")
#: What a tag may begin with, for a model.
_BRACKETS = "<\uff1c\ufe64"
_EMPTY_LINES = re.compile(r"\n\s*\n+")


def clean(text: str) -> str:
    """`text` as a reader sees it: without invisible characters, runs of blanks and of empty lines shortened."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", " "))
    # Of all blanks only the usual one is printable: a text without runs of it and without others is seen at once.
    if "  " in text or not text.replace("\n", "").isprintable():
        text = _BLANKS.sub(" ", text)
    return _EMPTY_LINES.sub("\n\n", text).strip()


def fence(text: str, **facts: str) -> str:
    """`text` between document tags, under one line for each fact that isn't empty (`title="…"` → `Title: …`).

    Facts come from the document too, so they stand inside.
    """
    return _between_tags(clean(text), facts)


def fence_as_printed(text: str, **facts: str) -> str:
    """As `fence`, with the text's blanks and empty lines, which Markdown's lists, code and tables need."""
    return _between_tags(visible(text).strip("\n"), facts)


def _between_tags(text: str, facts: Mapping[str, str]) -> str:
    lines = [
        f"{name.replace('_', ' ').capitalize()}: {' '.join(clean(fact).split())}"
        for name, fact in facts.items()
        if fact
    ]
    inside = "\n".join([*lines, "", text] if lines else [text])
    return f"<{TAG}>\n{without_tags(inside, TAG)}\n</{TAG}>"


def harmless(text: str, *tags: str) -> str:
    """`text` without what a reader would not see, and without what could close a fence of one of these tags."""
    return without_tags(visible(text), *tags)


def visible(text: str) -> str:
    """`text` without what a reader would not see; its blanks and lines stay."""
    return _INVISIBLE.sub("", text)


def without_tags(text: str, *tags: str) -> str:
    """`text` in which no tag of these names begins; a look-alike of its bracket keeps it readable."""
    if not any(bracket in text for bracket in _BRACKETS):
        return text
    return re.sub(rf"[{_BRACKETS}]([\s/\\]*(?:{'|'.join(tags)}))", r"‹\1", text, flags=re.IGNORECASE)
