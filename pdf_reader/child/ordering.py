"""Reading order of what stands on a page: as it was drawn, but never before what stands above it.

Most PDFs are drawn in reading order, column by column; where they are not, it is because a footer was drawn first, or
headings, figures and boxes last. So the order of drawing is kept, but for the blocks that contradict it.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pdf_reader.document import Rect

#: Blocks that share less than this part of the narrower one's width do not stand above one another.
MIN_SHARED_WIDTH = 0.3
#: A page with more blocks is left as it was drawn.
MAX_BLOCKS = 1_000
#: Boxes of neighbouring lines overlap a little.
_TOLERANCE_POINTS = 2.0


_T = TypeVar("_T")
_Matrix = npt.NDArray[np.bool_]


def in_reading_order(blocks: Sequence[_T], boxes: Sequence[Rect]) -> list[_T]:
    """The blocks, which come in the order of drawing, each with its box."""
    return [blocks[index] for index in reading_order(boxes)]


def reading_order(boxes: Sequence[Rect]) -> list[int]:
    """Indices into `boxes`. Those few that contradict the rest are taken out, and put back where they stand."""
    count = len(boxes)
    if not 1 < count <= MAX_BLOCKS:
        return list(range(count))
    above = _above(np.asarray(boxes, dtype=float))
    # contradicts[i, j]: one of them was drawn before what stands above it.
    contradicts = np.triu(above.T, 1)
    contradicts |= contradicts.T
    order = list(range(count))
    outliers = []
    degrees = contradicts.sum(axis=1)
    # Between two that only contradict each other, the smaller one is out of order: a heading, not the text below it.
    size = np.array([(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes])
    size = size / (size.max() + 1)
    while degrees.any():
        worst = int((degrees - size).argmax())
        outliers.append(worst)
        order.remove(worst)
        degrees -= contradicts[worst]
        degrees[worst] = 0
        contradicts[worst] = contradicts[:, worst] = False
    for outlier in sorted(outliers, key=lambda index: boxes[index][1]):
        order.insert(_place_of(outlier, order, above), outlier)
    return order


def _place_of(outlier: int, order: Sequence[int], above: _Matrix) -> int:
    """Before the first block that stands below it; else after the last that stands above it; else as it was drawn."""
    if below := [place for place, index in enumerate(order) if above[outlier, index]]:
        return below[0]
    if over := [place for place, index in enumerate(order) if above[index, outlier]]:
        return over[-1] + 1
    return sum(index < outlier for index in order)


def _above(boxes: npt.NDArray[np.float64]) -> _Matrix:
    """above[i, j]: i ends before j begins, and they share enough of their width. Never true both ways."""
    x0, y0, x1, y1 = boxes.T
    shared = np.minimum(x1[:, None], x1[None, :]) - np.maximum(x0[:, None], x0[None, :])
    narrower = np.minimum((x1 - x0)[:, None], (x1 - x0)[None, :])
    lower = y1[:, None] <= y0[None, :] + _TOLERANCE_POINTS
    result: _Matrix = lower & (y0[:, None] < y0[None, :]) & (shared > MIN_SHARED_WIDTH * narrower)
    return result
