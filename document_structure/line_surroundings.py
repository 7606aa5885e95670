"""What is near a group of a page's lines: above and below in its column, and beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from document_structure.text_runs import Style
from pdf_reader.document import Rect


class Surroundings(NamedTuple):
    """Where the nearest lines above and below in the group's column end and begin (infinite: there is none), how wide
    the column is, and `row_peers` and `likes` as `Run` has them."""

    above: float
    below: float
    column_left: float
    column_right: float
    row_peers: int
    likes: int


@dataclass(frozen=True, slots=True)
class LinePlaces:
    """A page's lines in their order: boxes, styles, and which of them are in paragraphs. Lines beside a group are in
    its row up to `row_reach` points away."""

    boxes: Sequence[Rect]
    styles: Sequence[Style]
    in_prose: Sequence[bool]
    row_reach: float

    def around(self, group: Sequence[int], box: Rect, height: float) -> Surroundings:
        """`group` are the indices of its lines, `box` is around them, `height` is that of the first, in points."""
        left, top, right, _ = box
        boxes, begin, end = self.boxes, group[0], group[-1]
        above, below = -inf, inf
        column_left, column_right, row_peers, likes = left, right, 0, 0
        high, low = top + 0.5 * height, boxes[end][3] - 0.5 * height
        row_top, row_bottom = top + 0.4 * height, top + 0.6 * height
        # Runs times lines: nothing in the structure costs more, and calls of min and max would double it.
        for index, (x0, y0, x1, y1) in enumerate(boxes):
            if x1 > left and x0 < right:
                if begin <= index <= end:
                    continue
                if x0 < column_left:
                    column_left = x0
                if x1 > column_right:
                    column_right = x1
                if y1 <= high:
                    if y1 > above:
                        above = y1
                elif y0 >= low and y0 < below:
                    below = y0
            elif y0 < row_bottom and y1 > row_top and not self.in_prose[index]:
                row_peers += max(x0 - right, left - x1) < self.row_reach
                likes += self.styles[index] == self.styles[begin] and abs(y0 - top) < 0.1 * height
        return Surroundings(above, below, column_left, column_right, row_peers, likes)
