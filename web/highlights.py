"""What of one page is marked for a passage and a query: boxes on its image, and words in its text. Pure.

The passage is pale, its sentences that match the query are strong. A sentence that begins or ends within a printed line
gets its part of the line, by the widths that characters have in a common typeface.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from answers.snippets import Snippet, matching_sentences
from vector_stores.points import Hit

#: x0, y0, x1, y1 in points of the page as it is shown, origin top left.
Box = tuple[float, float, float, float]

#: Sentences that are strong at once; more would mark everything and show nothing.
MAX_SENTENCES = 4
#: Widths of characters beside that of an average one, as in Helvetica.
_NARROW, _WIDE = 0.5, 1.5
_NARROW_CHARACTERS = frozenset("iljtfrI.,:;'|!()[] ‘’`\"-/")
_WIDE_CHARACTERS = frozenset("mwMWQO@%—…")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A strong place: its words, without Markdown's marks, and one box a printed line or table row."""

    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Highlight:
    """What to mark on one page."""

    passage: tuple[Box, ...] = ()
    sentences: tuple[Sentence, ...] = ()

    @property
    def strong(self) -> tuple[Box, ...]:
        """The boxes of all sentences, each once."""
        return tuple(dict.fromkeys(box for sentence in self.sentences for box in sentence.boxes))

    @property
    def is_empty(self) -> bool:
        return not self.passage and not self.sentences


NOTHING_MARKED = Highlight()


def highlight_on(page: int, query: str, hit: Hit, *, is_whole_page: bool = False) -> Highlight:
    """The marks of a hit on that page. `is_whole_page`: the hit is the page itself, so that nothing is pale."""
    metadata = hit.metadata
    passage = () if is_whole_page else tuple(_of_page(metadata.get("boxes") or (), page))
    found = matching_sentences(query, hit, MAX_SENTENCES) if query else ()
    sentences = (Sentence(snippet.text, tuple(_boxes(snippet, hit, page))) for snippet in found)
    return Highlight(passage, tuple(sentence for sentence in sentences if sentence.boxes))


def _of_page(boxes: Sequence[Mapping[str, Any]], page: int) -> Iterator[Box]:
    for box in boxes:
        if box["page"] == page:
            yield box["x0"], box["y0"], box["x1"], box["y1"]


def _boxes(snippet: Snippet, hit: Hit, page: int) -> Iterator[Box]:
    lines = hit.metadata.get("line_boxes")
    if lines is None:
        # Stored by a version that didn't know its lines: the passage is all that can be shown, and is pale already.
        return
    seen: list[Box] = []
    for start, end, of_page, *corners in lines:
        if of_page != page or start >= snippet.end or end <= snippet.start:
            continue
        x0, y0, x1, y1 = (float(value) for value in corners)
        begin, stop = max(int(start), snippet.start) - int(start), min(int(end), snippet.end) - int(start)
        box = trimmed((x0, y0, x1, y1), hit.text[int(start) : int(end)], begin, stop)
        if box not in seen:
            seen.append(box)
            yield box


def trimmed(box: Box, line: str, begin: int, end: int) -> Box:
    """The part of a printed line's box in which `line[begin:end]` stands. Rows of tables stay whole."""
    if line.startswith("|") or (begin <= 0 and end >= len(line)):
        return box
    widths = [_width(character) for character in line]
    whole = sum(widths) or 1.0
    left, right = sum(widths[:begin]) / whole, sum(widths[:end]) / whole
    if is_right_to_left(line):
        left, right = 1.0 - right, 1.0 - left
    x0, y0, x1, y1 = box
    return round(x0 + (x1 - x0) * left, 2), y0, round(x0 + (x1 - x0) * right, 2), y1


def is_right_to_left(text: str) -> bool:
    """By its first letter that has a direction (Unicode's rule P2)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def is_inside(box: Box, places: Sequence[Box]) -> bool:
    """Whether the middle of a box lies in one of the places."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(place[0] - 1 <= x <= place[2] + 1 and place[1] - 1 <= y <= place[3] + 1 for place in places)


def _width(character: str) -> float:
    if character in _NARROW_CHARACTERS:
        return _NARROW
    if character in _WIDE_CHARACTERS or unicodedata.east_asian_width(character) in ("W", "F"):
        return _WIDE
    return 0.0 if unicodedata.combining(character) else 1.0
