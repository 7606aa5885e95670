"""Frames of reading: text that runs up, down or upside down is laid out as if the page were turned to be read.

Each frame's coordinates have their origin at the top left of the page as its text is read.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pdf_reader.blocks import Rect
from pdf_reader.child.text import DOWNWARD, LEVEL, SLANTED, UPSIDE_DOWN, UPWARD, RawBlock, RawLine

#: Turned text of fewer lines is a label or a stamp in the margin and stays among the page's text.
FEWEST_LINES = 3

#: a b c d e f: x' = ax + cy + e, y' = bx + dy + f
Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A direction of reading on a page of this displayed size, in points."""

    direction: int
    width: float
    height: float

    @property
    def matrix(self) -> Matrix | None:
        """From displayed coordinates to those of the frame; None when they are the same."""
        return {
            DOWNWARD: (0.0, -1.0, 1.0, 0.0, 0.0, self.width),
            UPSIDE_DOWN: (-1.0, 0.0, 0.0, -1.0, self.width, self.height),
            UPWARD: (0.0, 1.0, -1.0, 0.0, self.height, 0.0),
        }.get(self.direction)

    def box(self, box: Rect) -> Rect:
        """A displayed box in the frame."""
        x0, y0, x1, y1 = box
        if self.direction == DOWNWARD:
            return y0, self.width - x1, y1, self.width - x0
        if self.direction == UPSIDE_DOWN:
            return self.width - x1, self.height - y1, self.width - x0, self.height - y0
        if self.direction == UPWARD:
            return self.height - y1, x0, self.height - y0, x1
        return box

    def displayed(self, box: Rect) -> Rect:
        """A box of the frame on the displayed page."""
        x0, y0, x1, y1 = box
        if self.direction == DOWNWARD:
            return self.width - y1, x0, self.width - y0, x1
        if self.direction == UPSIDE_DOWN:
            return self.box(box)
        if self.direction == UPWARD:
            return y0, self.height - x1, y1, self.height - x0
        return box


def part_by_direction(blocks: Sequence[RawBlock], width: float, height: float) -> list[tuple[Frame, list[RawBlock]]]:
    """The blocks by the frame in which they are read, their lines in its coordinates, in the order of drawing.

    The frame of most of the text also holds what is too short, or too slanted, to have one of its own.
    """
    if all(line.direction == LEVEL for block in blocks for line in block):
        return [(Frame(LEVEL, width, height), list(blocks))]
    counts: Counter[int] = Counter()
    characters: Counter[int] = Counter()
    for block in blocks:
        for line in block:
            counts[line.direction] += 1
            characters[line.direction] += len(line.text)
    main = max((d for d in characters if d != SLANTED), key=lambda d: characters[d], default=LEVEL)
    own = {d for d in counts if d != SLANTED and counts[d] >= FEWEST_LINES} | {main, LEVEL}
    groups: dict[int, list[RawBlock]] = {}
    for block in blocks:
        parts: dict[int, RawBlock] = {}
        for line in block:
            parts.setdefault(line.direction if line.direction in own else main, []).append(line)
        for direction, part in parts.items():
            groups.setdefault(direction, []).append(part)
    framed = []
    for direction, group in groups.items():
        frame = Frame(direction, width, height)
        framed.append((frame, [[_turned(line, frame) for line in block] for block in group]))
    return framed


def _turned(line: RawLine, frame: Frame) -> RawLine:
    if frame.direction == LEVEL:
        return line
    spans = [replace(span, bbox=frame.box(span.bbox)) for span in line.spans]
    return replace(line, spans=spans, bbox=frame.box(line.bbox), horizontal=line.direction == frame.direction)
