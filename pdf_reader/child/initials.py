"""A large first letter that several lines stand beside (a drop cap) belongs to the word at the top of them."""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from math import inf

from pdf_reader.child.text import RawBlock, RawLine, box_of
from pdf_reader.child.words import DEFAULT_LANGUAGE, is_listed

#: A drop cap is at least this many times the size of the text.
MIN_SIZES = 1.6
#: It is at most this long: a quotation mark and a letter, or `L'`.
MAX_CHARACTERS = 3
#: A letter that is a word stands this share of its size before the next one.
WORD_GAP_SIZES = 0.2
_FIRST_WORD = re.compile(r"[^\W\d_]+")


def join_initials(blocks: Sequence[RawBlock]) -> list[RawBlock]:
    """The same blocks with each drop cap put before its word."""
    initials = [
        line for block in blocks for line in block if len(line.text.strip()) <= MAX_CHARACTERS and _may_be(line.text)
    ]
    if not initials:
        return list(blocks)
    taken: set[int] = set()
    rows = _Rows(line for block in blocks for line in block)
    for initial in initials:
        if first := _first_line(initial, rows):
            _put_before(initial, first)
            rows.moved(first)
            taken.add(id(initial))
    kept = ([line for line in block if id(line) not in taken] for block in blocks)
    return [block for block in kept if block]


def _may_be(text: str) -> bool:
    return any(map(str.isupper, text)) and not any(map(str.isdigit, text))


class _Rows:
    """Lines by the height of their middle: a page may have thousands of short words that could be a drop cap."""

    def __init__(self, lines: Iterable[RawLine]) -> None:
        self._lines = list(lines)
        self._middles = sorted((_middle_of(line), number) for number, line in enumerate(self._lines))
        self._numbers = {id(line): number for number, line in enumerate(self._lines)}

    def moved(self, line: RawLine) -> None:
        """Find it at the place that it has now, too."""
        insort(self._middles, (_middle_of(line), self._numbers[id(line)]))

    def between(self, top: float, bottom: float) -> list[RawLine]:
        """Lines with their middle there, in the order of the page."""
        first, last = bisect_left(self._middles, (top,)), bisect_right(self._middles, (bottom, inf))
        return [self._lines[number] for number in sorted(number for _, number in self._middles[first:last])]


def _middle_of(line: RawLine) -> float:
    return (line.bbox[1] + line.bbox[3]) / 2


def _first_line(initial: RawLine, rows: _Rows) -> RawLine | None:
    """The topmost line close beside the letter, when it is small enough and goes on a word or a sentence."""
    _x0, y0, x1, y1 = initial.bbox
    size = initial.spans[0].size
    beside = [
        line
        for line in rows.between(y0 - 0.2 * size, y1)
        if line is not initial
        and size >= MIN_SIZES * line.spans[0].size
        and -0.15 * size <= line.bbox[0] - x1 <= 0.6 * size
        and y0 - 0.2 * size <= _middle_of(line) <= y1
        and len(line.text.strip()) > 5
    ]
    return min(beside, key=lambda line: line.bbox[1], default=None)


def _put_before(initial: RawLine, line: RawLine) -> None:
    letters = initial.text.strip()
    text = line.text
    # `A keeper` and `I rowed` are two words: their text begins with a blank, or stands further off.
    apart = text[:1] == " " or (letters[-1:] in "AIOaio" and _is_a_word(initial, line))
    first = line.spans[0]
    first.text = f"{letters}{' ' if apart else ''}{first.text.lstrip()}"
    line.text = "".join(span.text for span in line.spans)
    line.bbox = box_of([initial, line])
    # The letter's height is not the line's: what is beside it must not look like the same row.
    line.bbox = (line.bbox[0], first.bbox[1], line.bbox[2], first.bbox[3])


def _is_a_word(initial: RawLine, line: RawLine) -> bool:
    """Whether a letter that may be one is a word: `A keeper`, but `Above`. Where both are words, the gap tells."""
    found = _FIRST_WORD.match(line.text)
    following = found.group() if found else ""
    whole = initial.text.strip()[-1:] + following
    if not following[:1].isupper():
        known, joined = (is_listed(word.lower(), DEFAULT_LANGUAGE) for word in (following, whole))
        if known != joined:
            return known
    return following[:1].isupper() and line.bbox[0] - initial.bbox[2] > WORD_GAP_SIZES * initial.spans[0].size
