"""Printed pieces of text with their boxes: what MuPDF saw, the words in it, rows of them, and where cells may part."""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import NamedTuple

from data_ingestion.pdf.model import Rect

#: A gap between words that is wider than this share of the type size may part two cells. A justified space seldom
#: reaches it; MuPDF itself begins a new line at 0.8.
CELL_GAP_EMS = 0.62

_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_LIGATURES = {ord(c): unicodedata.normalize("NFKC", c) for c in "ﬀﬁﬂﬃﬄﬅﬆ"} | {0xAD: ""}


class Segment(NamedTuple):
    """A line as MuPDF cut it (a new one at each wide gap): horizontal, visible to a reader, in displayed coordinates.

    `block` and `line` are its numbers in `TextPage.extractDICT()`; words are matched with them.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    block: int
    line: int


class Piece(NamedTuple):
    """A word, or neighbouring words that belong to one cell."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def clean(text: str) -> str:
    """NFC, ligatures apart, no control or zero-width characters, blanks collapsed."""
    return " ".join(unicodedata.normalize("NFC", _UNWANTED.sub(" ", text).translate(_LIGATURES)).split())


def visible_words(words: Iterable[tuple], segments: Sequence[Segment]) -> list[list[Piece]]:
    """Words of `TextPage.extractWORDS()` that are in a visible segment, by segment, left to right."""
    texts = {(segment.block, segment.line): segment.text for segment in segments}
    found: dict[tuple[int, int], list[Piece]] = {}
    for x0, y0, x1, y1, text, block, line, *_ in words:
        key = (block, line)
        if key in texts and text in texts[key] and math.isfinite(x0 + y0 + x1 + y1) and x0 < x1 and y0 < y1:
            found.setdefault(key, []).append(Piece(x0, y0, x1, y1, text))
    return [sorted(line) for line in found.values()]


def join(pieces: Sequence[Piece]) -> Piece:
    return Piece(
        min(p.x0 for p in pieces),
        min(p.y0 for p in pieces),
        max(p.x1 for p in pieces),
        max(p.y1 for p in pieces),
        " ".join(p.text for p in pieces),
    )
