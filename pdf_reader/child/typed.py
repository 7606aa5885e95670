"""Text in typewriter type as it was typed: indentation, gaps and blank lines."""

from collections.abc import Sequence
from itertools import pairwise

from pdf_reader.child.text import RawLine

#: More blanks than this are no indentation.
_MAX_BLANKS = 120


def typed_text(lines: Sequence[RawLine]) -> list[tuple[RawLine, str]]:
    """Each line of code, with the blanks that stand for its indentation, or for the gap to the piece before it."""
    left = min(line.bbox[0] for line in lines)
    widths = [(line.bbox[2] - line.bbox[0]) / len(line.typed) for line in lines if len(line.typed) > 1]
    width = sorted(widths)[len(widths) // 2] if widths else 6.0
    texts = []
    before: RawLine | None = None
    for line in lines:
        if before is not None and _is_beside(before, line):
            blanks = max(1, round((line.bbox[0] - before.bbox[2]) / width))
        else:
            blanks = max(0, round((line.bbox[0] - left) / width))
        texts.append((line, " " * min(blanks, _MAX_BLANKS) + line.typed))
        before = line
    return texts


def blank_lines_between(lines: Sequence[RawLine]) -> list[int]:
    """How many blank lines stand before each line but the first, at most two."""
    pitches = sorted(
        below.bbox[1] - above.bbox[1] for above, below in pairwise(lines) if below.bbox[1] > above.bbox[3] - 2
    )
    pitch = pitches[len(pitches) // 4] if pitches else 0.0
    return [
        min(2, max(0, round((below.bbox[1] - above.bbox[1]) / pitch) - 1)) if pitch else 0
        for above, below in pairwise(lines)
    ]


def _is_beside(left: RawLine, right: RawLine) -> bool:
    return right.bbox[0] >= left.bbox[2] - 1 and abs(left.bbox[1] - right.bbox[1]) < 0.4 * left.height
