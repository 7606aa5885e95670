"""Stamps and watermarks: large slanted or pale text laid across a page is none of its text."""

from collections import Counter
from collections.abc import Sequence

from pdf_reader.child.text import RawBlock, RawLine

#: Slanted text is a stamp when it is so much larger than the page's text, or pale.
LARGE = 1.6
#: Other text is one only when it is this large, pale, and turned along the page's edge, or printed over other text.
VERY_LARGE = 2.5
#: Of 255: each channel of a pale colour is at least this.
PALE = 150
#: Of 255: text that lets the page shine through.
CLEAR_ALPHA = 160


def take_stamps(blocks: Sequence[RawBlock]) -> tuple[list[RawBlock], list[RawLine]]:
    """The blocks without stamps, and the stamps."""
    lines = [line for block in blocks for line in block]
    suspects = [
        line
        for line in lines
        if line.slanted or line.spans[0].alpha < CLEAR_ALPHA or (line.spans[0].color and _is_pale(line.spans[0].color))
    ]
    if not suspects:
        return list(blocks), []
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.spans[0].size, 1)] += len(line.text)
    body = sizes.most_common(1)[0][0]
    usual = Counter(line.direction for line in lines).most_common(1)[0][0]
    taken = {id(line) for line in suspects if _is_stamp(line, body, usual, lines)}
    stamps = [line for line in suspects if id(line) in taken]
    if len(stamps) == len(lines):
        return list(blocks), []
    kept = ([line for line in block if id(line) not in taken] for block in blocks)
    return [block for block in kept if block], stamps


def _is_stamp(line: RawLine, body: float, usual_direction: int, lines: Sequence[RawLine]) -> bool:
    span = line.main_span
    pale = span.alpha < CLEAR_ALPHA or _is_pale(span.color)
    if line.slanted:
        return span.size >= LARGE * body or (pale and span.size > body)
    if not pale or span.size < VERY_LARGE * body:
        return False
    turned = line.direction != usual_direction
    return turned or any(_covers(line, other) for other in lines if other is not line)


def _covers(stamp: RawLine, other: RawLine) -> bool:
    x, y = (other.bbox[0] + other.bbox[2]) / 2, (other.bbox[1] + other.bbox[3]) / 2
    x0, y0, x1, y1 = stamp.bbox
    return x0 <= x <= x1 and y0 <= y <= y1


def _is_pale(color: int) -> bool:
    return min(color >> 16, color >> 8 & 0xFF, color & 0xFF) >= PALE
