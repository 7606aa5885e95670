"""Shadows: a title printed twice, the second time a little beside the first."""

from collections.abc import Sequence

from pdf_reader.document import Line, Rect

#: A shadow stands within so many lines of what it belongs to, and shares so much of its area.
_REACH = 3
_OVERLAP = 0.6


def without_shadows(lines: Sequence[Line]) -> list[Line]:
    """Leaves out lines that are printed (nearly) over another with at least their text, as a shadow is."""
    hidden = set()
    boxes = [line.bbox for line in lines]
    for step in range(1, _REACH + 1):
        for index, (a, b) in enumerate(zip(boxes, boxes[step:], strict=False)):
            # Most stand one below the other.
            touches = b[1] < a[3] and a[1] < b[3] and a[0] < b[2] and b[0] < a[2]
            if touches and _overlap(a, b) > _OVERLAP:
                other = index + step
                hidden.add(index if len(lines[index].text) <= len(lines[other].text) else other)
    return [line for index, line in enumerate(lines) if index not in hidden]


def _overlap(a: Rect, b: Rect) -> float:
    """The common area as a share of the smaller one's."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(width, 0.0) * max(height, 0.0) / smaller if smaller > 0 else 0.0
