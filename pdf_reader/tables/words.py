"""Printed pieces of text with their boxes: what MuPDF saw, the words in it, rows of them, and where cells may part."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from pdf_reader.document import Rect

#: A gap between words that is wider than this share of the height of the type may part two cells: a justified space
#: seldom is, and MuPDF itself begins a new line at 0.8 of the type size.
CELL_GAP_HEIGHTS = 0.5
#: In typewriter type a single space is as wide as a letter; it takes more to part cells.
CELL_GAP_LETTERS = 1.3
#: Middles of pieces in one row differ by less than this share of their height.
ROW_SHIFT_HEIGHTS = 0.4

_MARKS = "-_=—–.·…~* "
_FEWEST_DOTS = 4
_LEADERS = re.compile(rf"(?:\s*[.·…]){{{_FEWEST_DOTS},}}(?=\s|$)")
_BROKEN_WORD = re.compile(r"[^\W\d_]{2}-$")
_NUMBER = re.compile(r"^[\s$€£¥(<>~≤≥=±+\-–—−.,\d%)*†‡§/:]*\d[\s\d.,%)*†‡§/:–—−-]*[a-zA-Z*]{0,2}$")
_AMOUNT = re.compile(r"[$€£¥(+\-–−\s]*(?:\d{1,3}(?:[,.]\d{3})+(?:[.,]\d+)?|\d+[.,]\d{2})[\s)%]*")
_NO_VALUE = re.compile(r"^(?:n\.?/?a\.?|[-–—−.…:*†‡]+|none|nil)$", re.IGNORECASE)


class Segment(NamedTuple):
    """A line as MuPDF cut it (a new one at each wide gap): horizontal, visible to a reader, displayed coordinates.

    `text` is cleaned by `clean_line`.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    text: str


class Piece(NamedTuple):
    """A word, or neighbouring words that belong to one cell. `order` counts the page's lines as they were drawn."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str
    order: int = 0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


#: Makes a named tuple of what is a tuple already: its own constructor takes three times as long.
made = tuple.__new__

#: Pieces on one line, left to right.
Row = list[Piece]


def without_leaders(text: str) -> str:
    """Stripped, and without the dots that lead from a label to its value."""
    if text.count(".") + text.count("·") + text.count("…") >= _FEWEST_DOTS:
        text = _LEADERS.sub(" ", text)
    return " ".join(text.split())


@lru_cache(maxsize=8_192)
def is_value(text: str) -> bool:
    """A number, an amount, a percentage, or a mark for "no value"."""
    return bool(_NUMBER.match(text) or _NO_VALUE.match(text))


def is_amount(text: str) -> bool:
    """A number with decimals or thousands, which no year, date or page number has."""
    return bool(_AMOUNT.fullmatch(text.strip()))


def box_of(pieces: Iterable[Piece]) -> Rect:
    x0s, y0s, x1s, y1s, *_ = zip(*pieces, strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)


def join(pieces: Sequence[Piece]) -> Piece:
    if len(pieces) == 1:
        return pieces[0]
    x0s, y0s, x1s, y1s, texts, orders = zip(*pieces, strict=True)
    return made(Piece, (min(x0s), min(y0s), max(x1s), max(y1s), " ".join(texts), orders[0]))


def split_at_gaps(lines: Iterable[Row]) -> list[Piece]:
    """The words of each line, joined where the gap between them is that of a space."""
    pieces = []
    for line in lines:
        left, begin = line[0], 0
        left_is_mark, left_end = is_line_of_marks(left.text), left.x1
        for index, right in enumerate(line[1:], 1):
            start, top, end, bottom, text, _ = right
            is_mark = len(text) >= 4 and text[0] in _MARKS and is_line_of_marks(text)
            # Of most pairs the gap is plainly that of a space, whatever the height of the other word.
            may_part = start - left_end > CELL_GAP_HEIGHTS * min(bottom - top, left.y1 - left.y0)
            if left_is_mark or is_mark or (may_part and _parts_cells(left, right)):
                pieces.append(join(line[begin:index]))
                begin = index
            left, left_is_mark, left_end = right, is_mark, end
        pieces.append(join(line[begin:]) if begin else join(line))
    return pieces


def is_line_of_marks(text: str) -> bool:
    """A dot leader, or a rule made of dashes."""
    return len(text) >= 4 and text[0] in _MARKS and not text.strip(_MARKS)


def _parts_cells(left: Piece, right: Piece) -> bool:
    """Whether the gap between two words is wider than that of a space."""
    left_x0, left_y0, left_x1, left_y1, left_text, _ = left
    right_x0, right_y0, right_x1, right_y1, right_text, _ = right
    gap, height = right_x0 - left_x1, min(left_y1 - left_y0, right_y1 - right_y0)
    if gap <= CELL_GAP_HEIGHTS * height:
        return False
    letter_width = (left_x1 - left_x0 + right_x1 - right_x0) / (len(left_text) + len(right_text))
    return gap > CELL_GAP_LETTERS * min(letter_width, height)


def rows_of(pieces: Iterable[Piece]) -> list[Row]:
    """Pieces that stand on the same line, top to bottom."""
    rows: list[Row] = []
    last_middle = last_height = 0.0
    for middle, height, piece in sorted([((p[1] + p[3]) / 2, p[3] - p[1], p) for p in pieces]):
        if rows and middle - last_middle <= ROW_SHIFT_HEIGHTS * min(height, last_height):
            rows[-1].append(piece)
        else:
            rows.append([piece])
        last_middle, last_height = middle, height
    for row in rows:
        if len(row) > 1:
            row.sort()
    return rows


def text_of(cell: Sequence[Piece]) -> str:
    """What a cell says, in reading order; words broken at the end of a line are joined."""
    if len(cell) == 1:
        return without_leaders(cell[0].text)
    text = ""
    for row in rows_of(cell):
        words = [without_leaders(piece.text) for piece in row]
        line = " ".join(reversed(words) if is_right_to_left(" ".join(words)) else words)
        if _BROKEN_WORD.search(text) and line[:1].islower():
            text = text[:-1] + line
        elif text.endswith("-") or (_is_unspaced(text[-1:]) and _is_unspaced(line[:1])):
            text += line
        else:
            text += " " + line
    return text.strip()


def is_right_to_left(text: str) -> bool:
    """Whether most letters are Arabic, Hebrew or another script of that direction."""
    if text.isascii():
        return False
    directions = [unicodedata.bidirectional(character) for character in text if character.isalpha()]
    return sum(direction in ("R", "AL") for direction in directions) * 2 > len(directions)


def _is_unspaced(character: str) -> bool:
    """Han and Kana are written without blanks; Hangul is not."""
    return bool(character) and ("\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff")
