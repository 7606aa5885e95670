"""What MuPDF saw on a page, as printed lines in displayed coordinates: one text extraction, whatever is made of it."""

import contextlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from pdf_reader.child.cleaning import clean_line
from pdf_reader.child.direction import has_right_to_left, is_parted, spaced
from pdf_reader.child.mupdf import mupdf, pymupdf
from pdf_reader.document import Rect

#: White space is normalised and ligatures are taken apart by ourselves; text off the page is wanted, to be counted as
#: hidden; glyphs without Unicode must not show up as the codes of a font.
TEXT_FLAGS = pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE
#: A page with more lines than this is no page for people.
MAX_LINES = 20_000

_BOLD, _ITALIC = 16, 2
#: Bits of a span's char_flags: was it painted at all? Text render modes 3 and 7 do not.
_PAINTED = 16 | 32
#: What MuPDF gives for a glyph that has no Unicode.
UNREADABLE = "\ufffd"
#: Text is horizontal when its direction is, nearly.
_HORIZONTAL_COSINE = 0.95


@dataclass(slots=True)
class Span:
    """A run of text in one style; `painted` is False for render modes that leave no mark."""

    text: str
    bbox: Rect
    size: float
    font: str
    bold: bool
    italic: bool
    color: int
    alpha: int
    painted: bool


@dataclass(slots=True)
class RawLine:
    """A line as MuPDF cut it, a new one at each wide gap. Its text is not stripped."""

    spans: list[Span]
    bbox: Rect
    horizontal: bool
    text: str

    @property
    def height(self) -> float:
        return self.bbox[3] - self.bbox[1]

    @property
    def main_span(self) -> Span:
        """The span that has most of the characters."""
        return self.spans[0] if len(self.spans) == 1 else max(self.spans, key=lambda span: len(span.text))


RawBlock = list[RawLine]


def box_of(parts: Iterable[Span | RawLine]) -> Rect:
    """The box around all of them; there must be one."""
    x0s, y0s, x1s, y1s = zip(*(part.bbox for part in parts), strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)


class TooMuchTextError(Exception):
    """More characters on the page than `max_page_characters`, or more than `MAX_LINES` lines."""


class Extract(NamedTuple):
    """The text page, for tables and links to look at again; its lines by block, in MuPDF's order; and whether that is
    all, or the page's content broke off."""

    textpage: Any
    blocks: list[RawBlock]
    whole: bool


class Turn:
    """Text pages know nothing of the page's rotation: brings their boxes to where they are displayed."""

    def __init__(self, page: Any) -> None:
        self._matrix: tuple[float, ...] | None = tuple(page.rotation_matrix) if page.rotation else None

    def box(self, box: Rect) -> Rect:
        if self._matrix is None:
            return box
        a, b, c, d, e, f = self._matrix
        x0, y0, x1, y1 = box
        xs = (a * x0 + c * y0 + e, a * x1 + c * y1 + e)
        ys = (b * x0 + d * y0 + f, b * x1 + d * y1 + f)
        return min(xs), min(ys), max(xs), max(ys)

    def cosine(self, direction: tuple[float, float]) -> float:
        """Of the angle between a direction of writing and the displayed page's lines."""
        x, y = direction
        return x if self._matrix is None else self._matrix[0] * x + self._matrix[2] * y


def read_text(page: Any, max_characters: int) -> Extract:
    """What the page says, once and for all. Raises TooMuchTextError, and what MuPDF raises when there is nothing."""
    # As if the page were not rotated: this is how everything in PyMuPDF understands a text page.
    unrotated = mupdf.FzMatrix(*page.derotation_matrix)
    stext = mupdf.FzStextPage(mupdf.fz_transform_rect(mupdf.fz_bound_page(page.this), unrotated))
    options = mupdf.FzStextOptions()
    options.flags = TEXT_FLAGS
    device = mupdf.fz_new_stext_device(stext, options)
    whole = True
    try:
        mupdf.fz_run_page(page.this, device, unrotated, mupdf.FzCookie())
    except Exception:
        if not stext.m_internal.first_block:
            raise
        whole = False
    with contextlib.suppress(Exception):
        mupdf.fz_close_device(device)
    textpage = pymupdf.TextPage(stext)
    plain = textpage.extractText()
    if len(plain) > max_characters or plain.count("\n") > MAX_LINES:
        raise TooMuchTextError
    turn = Turn(page)
    blocks = []
    # MuPDF does not see blanks between words that run from right to left: they are found by looking at every letter.
    content = textpage.extractRAWDICT() if has_right_to_left(plain) else textpage.extractDICT()
    for block in content["blocks"]:
        lines = [line for raw in block.get("lines", ()) if (line := _line(raw, turn))]
        if lines:
            blocks.append(lines)
    return Extract(textpage, blocks, whole)


def without_unreadable(blocks: Sequence[RawBlock]) -> list[RawBlock]:
    """The same without glyphs that have no Unicode, and without lines that say nothing else."""
    for line in (line for block in blocks for line in block if UNREADABLE in line.text):
        line.text = line.text.replace(UNREADABLE, "")
    kept = ([line for line in block if line.text.strip()] for block in blocks)
    return [block for block in kept if block]


@lru_cache(maxsize=1_024)
def _font_name(name: str) -> str:
    return clean_line(name)


def _line(raw: dict[str, Any], turn: Turn) -> RawLine | None:
    spans = [
        Span(
            text, turn.box(span["bbox"]), span["size"], _font_name(span["font"]),
            bool(span["flags"] & _BOLD), bool(span["flags"] & _ITALIC),
            span["color"] & 0xFFFFFF, span["alpha"], bool(span["char_flags"] & _PAINTED),
        )
        for span in raw["spans"]
        if (text := clean_line(span["text"] if "text" in span else spaced(span["chars"], span["size"])))
        and math.isfinite(sum(span["bbox"]) + span["size"])
    ]  # fmt: skip
    if raw["spans"] and "chars" in raw["spans"][0]:
        for before, span in pairwise(spans):
            edges = (before.bbox[0], before.bbox[2]), (span.bbox[0], span.bbox[2])
            if " " not in (before.text[-1], span.text[0]) and is_parted(*edges, span.size):
                span.text = f" {span.text}"
    text = "".join(span.text for span in spans)
    if not text.strip():
        return None
    return RawLine(spans, turn.box(raw["bbox"]), turn.cosine(raw["dir"]) > _HORIZONTAL_COSINE, text)
