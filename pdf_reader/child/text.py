"""What MuPDF saw on a page, as printed lines in displayed coordinates: one text extraction, whatever is made of it."""

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from typing import Any, NamedTuple

from pdf_reader.child import damage
from pdf_reader.child.cleaning import clean_line
from pdf_reader.child.deep_structure import hidden_where_deep
from pdf_reader.child.dingbats import signs_of, with_boxes
from pdf_reader.child.direction import has_right_to_left, in_reading_order, is_as_printed, is_parted, spaced
from pdf_reader.child.mupdf import EVERYWHERE, mupdf, pymupdf
from pdf_reader.child.wrong_blanks import BOLD, take_out_wrong_blanks
from pdf_reader.document import Rect

#: White space is normalised and ligatures are taken apart by ourselves; text off the page is wanted, to be counted as
#: hidden; glyphs without Unicode must not show up as the codes of a font.
TEXT_FLAGS = pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE
#: A page with more lines than this is no page for people.
MAX_LINES = 20_000

_MONOSPACED, _ITALIC = 8, 2
#: Bits of a span's char_flags: was it painted at all? Text render modes 3 and 7 do not.
_PAINTED = 16 | 32
#: What MuPDF gives for a glyph that has no Unicode.
UNREADABLE = "\ufffd"
#: Text runs along one of the page's sides when the cosine of its direction is at least this for one of them.
_ALONG_COSINE = 0.95
#: Directions of writing on the displayed page, as quarter turns clockwise from level.
LEVEL, DOWNWARD, UPSIDE_DOWN, UPWARD = range(4)
SLANTED = -1
_LEVEL_DIRECTION = (1.0, 0.0)
_TYPEWRITER_FONT = re.compile(r"cour|mono|consol|typewriter|menlo|inconsolata|cmtt|lucidacons", re.IGNORECASE)


#: What becomes of a page's structure tree while the page is run.
Structure = Callable[[Any], AbstractContextManager[None]]


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
    baseline: float = 0.0  # y, in the direction in which its line is read


@dataclass(slots=True)
class RawLine:
    """A line as MuPDF cut it, a new one at each wide gap. Its text is not stripped.

    `horizontal` says that it is read from left to right in the frame of its box. `typed` is the text of a line in
    typewriter type with all its blanks, "" in other type. `direction` is that on the displayed page.
    """

    spans: list[Span]
    bbox: Rect
    horizontal: bool
    text: str
    typed: str = ""
    direction: int = LEVEL

    @property
    def slanted(self) -> bool:
        return self.direction == SLANTED

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


class Words:
    """The words of a pymupdf.TextPage, by the same method, but extracted only once: tables and links look at them."""

    def __init__(self, textpage: Any) -> None:
        self._textpage = textpage
        self._words: Sequence[Any] | None = None

    def extractWORDS(self) -> Sequence[Any]:
        if self._words is None:
            self._words = self._textpage.extractWORDS()
        return self._words


class Extract(NamedTuple):
    """The page's words, for tables and links to look at; its lines by block, in MuPDF's order; whether that is all, or
    the page's content broke off; and the page's display list, None when it broke off."""

    words: Words
    blocks: list[RawBlock]
    whole: bool
    drawing: Any


class Turn:
    """Text pages know nothing of the page's rotation: brings their boxes to where they are displayed."""

    def __init__(self, page: Any) -> None:
        self._matrix: tuple[float, ...] | None = tuple(page.rotation_matrix) if page.rotation else None
        self.is_none = self._matrix is None

    def box(self, box: Rect) -> Rect:
        if self._matrix is None:
            return box
        a, b, c, d, e, f = self._matrix
        x0, y0, x1, y1 = box
        xs = (a * x0 + c * y0 + e, a * x1 + c * y1 + e)
        ys = (b * x0 + d * y0 + f, b * x1 + d * y1 + f)
        return min(xs), min(ys), max(xs), max(ys)

    def direction(self, direction: tuple[float, float]) -> int:
        """The direction of writing on the displayed page."""
        if direction == _LEVEL_DIRECTION and self._matrix is None:
            return LEVEL
        x, y = direction
        if self._matrix is not None:
            a, b, c, d, _, _ = self._matrix
            x, y = a * x + c * y, b * x + d * y
        if abs(x) >= _ALONG_COSINE:
            return LEVEL if x > 0 else UPSIDE_DOWN
        if abs(y) >= _ALONG_COSINE:
            return DOWNWARD if y > 0 else UPWARD
        return SLANTED

    def point(self, point: tuple[float, float]) -> tuple[float, float]:
        if self._matrix is None:
            return point
        a, b, c, d, e, f = self._matrix
        return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


def read_text(page: Any, max_characters: int, structure: Structure = hidden_where_deep) -> Extract:
    """What the page itself says, without annotations and fields of forms. `structure` is entered while the page is run.

    Raises TooMuchTextError, and what MuPDF raises when there is nothing.
    """
    # As if the page were not rotated: this is how everything in PyMuPDF understands a text page.
    unrotated = mupdf.FzMatrix(*page.derotation_matrix)
    bound = mupdf.fz_bound_page(page.this)
    stext = mupdf.FzStextPage(mupdf.fz_transform_rect(bound, unrotated))
    options = mupdf.FzStextOptions()
    options.flags = TEXT_FLAGS
    device = mupdf.fz_new_stext_device(stext, options)
    drawing = mupdf.FzDisplayList(bound)
    failure: Exception | None = None
    try:
        _interpret(page, drawing, device, unrotated, structure)
    except Exception as error:
        if not stext.m_internal.first_block:
            raise
        failure = error
    with contextlib.suppress(Exception):
        mupdf.fz_close_device(device)
    textpage = pymupdf.TextPage(stext)
    # A tenth of what PyMuPDF's own extraction costs; it counts fewer line ends, which matters on very full pages only.
    plain = mupdf.fz_buffer_extract_copy(mupdf.fz_new_buffer_from_stext_page(stext)).decode("utf-8", "replace")
    if len(plain) > min(MAX_LINES, max_characters):
        plain = textpage.extractText()
        if len(plain) > max_characters or plain.count("\n") > MAX_LINES:
            raise TooMuchTextError
    turn = Turn(page)
    # MuPDF does not see blanks between words that run from right to left: they are found by looking at every letter.
    is_spelt = has_right_to_left(plain)
    content = textpage.extractRAWDICT() if is_spelt else textpage.extractDICT()
    raw_blocks = [block["lines"] for block in content["blocks"] if "lines" in block]
    if not is_spelt:
        take_out_wrong_blanks(stext, raw_blocks)
    blocks = []
    for raw_lines in raw_blocks:
        lines = [line for raw in raw_lines if (line := _line(raw, turn, is_spelt=is_spelt))]
        if lines:
            blocks.append(lines)
    # Content that took all memory has left blocks without a line.
    if failure and not blocks and damage.is_want_of_memory(failure):
        raise failure
    return Extract(Words(textpage), blocks, failure is None, None if failure else drawing)


def _interpret(page: Any, drawing: Any, device: Any, matrix: Any, structure: Structure) -> None:
    """Runs the page's content into an empty display list, and that into a device.

    Interpreting costs more than text or drawing do, and both are had from the list. What MuPDF raises comes after all
    that was interpreted before it. Texts of nothing but blanks inside a clipping path are left out of the list. Word
    prints one behind a paragraph's last word: it would make a line look full that isn't.
    """
    recorder = mupdf.fz_new_list_device(drawing)
    try:
        with structure(page):
            mupdf.fz_run_page_contents(page.this, recorder, mupdf.FzMatrix(), mupdf.FzCookie())
    finally:
        with contextlib.suppress(Exception):
            mupdf.fz_close_device(recorder)
        mupdf.fz_run_display_list(drawing, device, matrix, EVERYWHERE, mupdf.FzCookie())


def without_unreadable(blocks: Sequence[RawBlock]) -> list[RawBlock]:
    """The same without glyphs that have no Unicode, and without lines that say nothing else."""
    for line in (line for block in blocks for line in block if UNREADABLE in line.text):
        line.text = line.text.replace(UNREADABLE, "")
    kept = ([line for line in block if line.text.strip()] for block in blocks)
    return [block for block in kept if block]


class _Font(NamedTuple):
    """What a font's name tells: itself, cleaned; what its letters show, if that isn't letters; whether it is typed."""

    name: str
    signs: Mapping[int, str] | None
    is_typewriter: bool


@lru_cache(maxsize=1_024)
def _font(name: str) -> _Font:
    return _Font(clean_line(name), signs_of(name), bool(_TYPEWRITER_FONT.search(name)))


def _line(raw: dict[str, Any], turn: Turn, *, is_spelt: bool) -> RawLine | None:
    direction = turn.direction(raw["dir"])
    is_straight = turn.is_none and direction == LEVEL
    spans = []
    raw_spans = raw["spans"]
    is_typed = True
    if is_spelt and is_as_printed(character for span in raw_spans for character in span["chars"]):
        raw_spans = [{**span, "chars": in_reading_order(span["chars"])} for span in reversed(raw_spans)]
    for span in raw_spans:
        size, flags = span["size"], span["flags"]
        font, signs, is_typewriter = _font(span["font"])
        is_typed = is_typed and (is_typewriter or flags & _MONOSPACED != 0)
        text = clean_line(spaced(span["chars"], size) if is_spelt else span["text"])
        if signs:
            text = text.translate(signs)
        if not text.isascii():
            text = with_boxes(text)
        x0, y0, x1, y1 = box = span["bbox"]
        if not text or not isfinite(x0 + y0 + x1 + y1 + size):
            continue
        origin = span["origin"]
        spans.append(
            Span(
                text, box if turn.is_none else turn.box(box), size, font, flags & BOLD != 0, flags & _ITALIC != 0,
                span["color"] & 0xFFFFFF, span["alpha"], span["char_flags"] & _PAINTED != 0,
                origin[1] if is_straight else _baseline(turn.point(origin), direction),
            )
        )  # fmt: skip
    if is_spelt:
        for before, following in pairwise(spans):
            edges = (before.bbox[0], before.bbox[2]), (following.bbox[0], following.bbox[2])
            if " " not in (before.text[-1], following.text[0]) and is_parted(*edges, following.size):
                following.text = f" {following.text}"
    text = spans[0].text if len(spans) == 1 else "".join(span.text for span in spans)
    if not text or text.isspace():
        return None
    box = raw["bbox"] if turn.is_none else turn.box(raw["bbox"])
    return RawLine(spans, box, direction == LEVEL, text, _typed(raw["spans"]) if is_typed else "", direction)


def _baseline(origin: tuple[float, float], direction: int) -> float:
    x, y = origin
    return {DOWNWARD: -x, UPSIDE_DOWN: -y, UPWARD: x}.get(direction, y)


def _typed(spans: Sequence[dict[str, Any]]) -> str:
    """The text of a line that is all in typewriter type."""
    text = "".join(span.get("text", "") for span in spans)
    return "".join(c if c.isprintable() else " " for c in text).rstrip()
