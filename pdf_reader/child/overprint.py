"""Text that is drawn several times at nearly the same place, to look bold or to cast a shadow, is one text."""

from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from pdf_reader.child.text import RawBlock, RawLine

#: Copies are shifted by no more than this share of their height.
MAX_SHIFT_HEIGHTS = 0.25
#: A word is drawn again over a line at most so many lines later.
_LATEST = 4
#: A line in which this share of the letters stands twice is drawn letter by letter.
_DOUBLED_SHARE = 0.9
_DOUBLED_CHARACTERS = 6
#: Words that a line repeats have so many characters, and a width that is off by at most this share of the guess.
_FEWEST_REPEATED = 2
_WIDTH_ERROR = 0.3
_ROUNDING = 1e-3


class _Said:
    """Lines that say the same, by their upper edge: of a thousand rows of a table few are at one height."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, int, RawLine]] = []

    def add(self, line: RawLine) -> None:
        insort(self.lines, (line.bbox[1], len(self.lines), line))

    def near(self, line: RawLine) -> Iterator[RawLine]:
        """Those that it may be a copy of."""
        top, shift = line.bbox[1], MAX_SHIFT_HEIGHTS * line.spans[0].size
        for index in range(bisect_left(self.lines, (top - shift,)), len(self.lines)):
            if self.lines[index][0] > top + shift:
                return
            yield self.lines[index][2]


def without_overprint(blocks: Sequence[RawBlock]) -> list[RawBlock]:
    """The same blocks without lines that only repeat what another one says at the same place."""
    said: defaultdict[str, _Said] = defaultdict(_Said)
    latest: deque[RawLine] = deque(maxlen=_LATEST)
    same_as_latest = _Said()
    kept = []
    for block in blocks:
        lines = []
        for line in block:
            text = line.text.strip()
            if len(text) >= _DOUBLED_CHARACTERS and text[0] == text[1] and text[2] == text[3]:
                _undouble(line, text)
                text = line.text.strip()
            same = said[text]
            if _repeats_one(line, chain(same.near(line), latest) if same.lines else latest):
                continue
            if latest and _continues(line, latest[-1]):
                # It stands a little higher than it was said to.
                same_as_latest.add(latest[-1])
                continue
            same.add(line)
            latest.append(line)
            same_as_latest = same
            lines.append(line)
        if lines:
            kept.append(lines)
    return kept


def _repeats_one(line: RawLine, others: Iterable[RawLine]) -> bool:
    left, top, right, bottom = line.bbox
    shift = MAX_SHIFT_HEIGHTS * line.spans[0].size
    # Cells of a row stand beside one another: their words needn't be compared.
    reach = shift + _ROUNDING
    for other in others:
        x0, y0, x1, y1 = other.bbox
        # Asked of every line four times: chained comparisons take half the time of abs.
        is_level = -shift <= top - y0 <= shift and -shift <= bottom - y1 <= shift
        if is_level and left >= x0 - reach and right <= x1 + reach and _repeats(line, other, shift):
            return True
    return False


def _repeats(line: RawLine, other: RawLine, shift: float) -> bool:
    """Whether a line says what another one at its height says; `shift` is how far copies are apart, in points."""
    a, b = line.bbox, other.bbox
    text, whole = line.text.strip(), other.text.strip()
    if text == whole:
        return abs(a[0] - b[0]) <= shift and abs(a[2] - b[2]) <= shift
    # A word of a line, drawn again over it.
    return a[0] >= b[0] - shift and a[2] <= b[2] + shift and text in whole and _is_over(line, other, text, whole, shift)


def _is_over(line: RawLine, other: RawLine, text: str, whole: str, shift: float) -> bool:
    """Whether the text stands about where the longer line says it: a letter's width may be off."""
    width = (other.bbox[2] - other.bbox[0]) / len(whole)
    place = other.bbox[0] + whole.find(text) * width
    return len(text) > 2 and abs(place - line.bbox[0]) <= shift + 0.15 * (other.bbox[2] - other.bbox[0])


def _continues(line: RawLine, before: RawLine) -> bool:
    """Whether a line begins with words that the one before it ends with, at the same place: words drawn several times.

    What follows them is joined to the line before: `The annual` and `annual budget` are one line.
    """
    left, top, right, bottom = line.bbox
    x0, y0, x1, y1 = before.bbox
    shift = MAX_SHIFT_HEIGHTS * line.spans[0].size
    if not (x0 < left < x1 - shift and x1 < right and abs(top - y0) <= shift and abs(bottom - y1) <= shift):
        return False
    length = _common_length(before.text.rstrip(), line.text)
    width = (right - left) * length / max(1, len(line.text))
    if length < _FEWEST_REPEATED or abs(x1 - left - width) > shift + _WIDTH_ERROR * width:
        return False
    _cut(line, length)
    before.spans += line.spans
    before.text += line.text
    before.typed += line.typed
    before.bbox = (x0, min(top, y0), right, max(bottom, y1))
    return True


def _common_length(text: str, following: str) -> int:
    """How many characters at the end of a text are those that the following one begins with, in whole words."""
    for length in range(min(len(text), len(following) - 1), _FEWEST_REPEATED - 1, -1):
        if text.endswith(following[:length]) and not following[length - 1 : length + 1].isalnum():
            return length
    return 0


def _cut(line: RawLine, length: int) -> None:
    """Takes the first characters off a line."""
    line.typed = line.typed.removeprefix(line.text[:length])
    rest = length
    while rest >= len(line.spans[0].text) and len(line.spans) > 1:
        rest -= len(line.spans.pop(0).text)
    line.spans[0].text = line.spans[0].text[rest:]
    line.text = line.text[length:]


def _undouble(line: RawLine, text: str) -> None:
    """`TTuurrnn` as `Turn`: each letter was drawn twice before the next one. `text` is the line's, stripped."""
    pairs = [text[index : index + 2] for index in range(0, len(text) - 1, 2)]
    if sum(len(set(pair)) == 1 for pair in pairs) < _DOUBLED_SHARE * len(pairs) or len(set(text)) < 3:
        return
    for span in line.spans:
        span.text = span.text[::2] if len(span.text) > 1 else span.text
    line.text = "".join(span.text for span in line.spans)
