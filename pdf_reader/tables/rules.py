"""The straight lines of a page, horizontal and vertical: strokes, thin rectangles and the edges of shaded cells."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from operator import itemgetter
from typing import NamedTuple

from pdf_reader.document import Rect
from pdf_reader.tables.words import made

#: A rectangle thinner than this is a line, in points.
LINE_THICKNESS = 3.0
#: Lines closer than this are one line; ends closer than this meet.
SNAP = 3.0
#: Shorter ones are marks, not rules.
SHORTEST = 6.0
#: More than this is a drawing or a map, not a table. Also keeps what follows from being quadratic in something large.
MAX_RULES = 2_000
#: A fill whose darkest channel is lighter than this can't be seen on paper.
WHITE = 0.99
#: Shaded boxes are compared with this many that are next in size.
NEAR_SIZES = 200
#: Curves and slanted lines kept, to know charts by.
MAX_CURVES = 2_000


class Rule(NamedTuple):
    """A straight line: `at` is its y when horizontal, its x when vertical; `start` and `end` the other coordinate."""

    at: float
    start: float
    end: float


class Shape(Enum):
    """What a part of a drawing is: a rectangle or another box of four lines; a straight line along the page; any curve
    or slanted line."""

    BOX = auto()
    LINE = auto()
    CURVE = auto()


#: The box around a part of a drawing, and what it is.
Part = tuple[Rect, Shape]


class Drawing(NamedTuple):
    """A path as it is painted, and the box around it. `fill` is the darkest channel of what it is filled with, 0 to 1;
    None where only its outline is drawn."""

    parts: list[Part]
    box: Rect
    fill: float | None


_START = itemgetter(1)


@dataclass(frozen=True, slots=True)
class Rules:
    """Lines by direction, sorted by `at`; the boxes of shades, whose edges are lines too; the boxes of curves."""

    horizontal: tuple[Rule, ...] = ()
    vertical: tuple[Rule, ...] = ()
    shades: tuple[Rect, ...] = ()
    curves: tuple[Rect, ...] = ()


def sort_drawings(drawings: Iterable[Drawing], page_box: Rect) -> Rules:
    """The lines of drawings, by direction, clipped to `page_box`; no rules when there are too many."""
    horizontal: list[Rule] = []
    vertical: list[Rule] = []
    curves: list[Rect] = []
    fills: list[Rect] = []
    isfinite = math.isfinite
    for drawing in drawings:
        slanted = False
        for box, shape in drawing.parts:
            x0, y0, x1, y1 = box
            if not isfinite(x0 + y0 + x1 + y1):
                continue
            slanted |= shape is Shape.CURVE
            flat, upright = y1 - y0 < LINE_THICKNESS, x1 - x0 < LINE_THICKNESS
            if flat:
                horizontal.append(made(Rule, ((y0 + y1) / 2, x0, x1)))
            if upright:
                vertical.append(made(Rule, ((x0 + x1) / 2, y0, y1)))
            if flat or upright or shape is not Shape.BOX:
                continue
            if drawing.fill is None:
                _add_edges(box, horizontal, vertical)
            elif drawing.fill <= WHITE:
                fills.append(box)
        if slanted and len(curves) < MAX_CURVES:
            curves.append(drawing.box)
    shades = _outermost(fills)
    for box in shades:
        _add_edges(box, horizontal, vertical)
    left, top, right, bottom = page_box
    merged_horizontal = _merged(_clipped(horizontal, top, bottom, left, right))
    merged_vertical = _merged(_clipped(vertical, left, right, top, bottom))
    if max(len(merged_horizontal), len(merged_vertical)) > MAX_RULES:
        return Rules(curves=tuple(curves))
    return Rules(merged_horizontal, merged_vertical, tuple(shades), tuple(curves))


def _add_edges(box: Rect, horizontal: list[Rule], vertical: list[Rule]) -> None:
    x0, y0, x1, y1 = box
    horizontal += (made(Rule, (y0, x0, x1)), made(Rule, (y1, x0, x1)))
    vertical += (made(Rule, (x0, y0, y1)), made(Rule, (x1, y0, y1)))


def _outermost(fills: list[Rect]) -> list[Rect]:
    """Shaded boxes without those that only back the text of a cell that is shaded itself."""
    distinct = {box for box in fills if box[2] - box[0] >= SHORTEST and box[3] - box[1] >= SHORTEST}
    large = sorted(distinct, key=lambda r: (r[2] - r[0]) * (r[3] - r[1]), reverse=True)[:MAX_RULES]
    if len(large) < 2:
        return large
    import numpy as np  # not at the top: a worker imports this package too, and finds no tables

    x0, y0, x1, y1 = np.array(large, dtype=float).T
    # is_inside[i, j]: the box j is around i, as each is around itself.
    is_inside = (x0 - 1 <= x0[:, None]) & (y0 - 1 <= y0[:, None]) & (x1[:, None] <= x1 + 1) & (y1[:, None] <= y1 + 1)
    alone = (is_inside.sum(axis=1) == 1).tolist()
    is_kept = np.zeros(len(large), dtype=np.bool_)
    kept: list[int] = []
    for index, box in enumerate(large):
        if not alone[index] and kept:
            # What is around a box and little larger is near in this order.
            near = slice(kept[-NEAR_SIZES:][0], index)
            around = np.flatnonzero(is_inside[index, near] & is_kept[near])
            if any(_backs_text(box, large[near.start + other]) for other in around):
                continue
        is_kept[index] = True
        kept.append(index)
    return [large[index] for index in kept]


def _backs_text(box: Rect, around: Rect) -> bool:
    """Whether a shade in another one is little smaller, or narrower by no more than a cell's padding."""
    x0, y0, x1, y1 = box
    a, b, c, d = around
    similar = (c - a) * (d - b) < 3 * (x1 - x0) * (y1 - y0)
    padded = a + 2 < x0 and x1 < c - 2 and c - a < 1.6 * (x1 - x0)
    return similar or padded


def _clipped(rules: list[Rule], low: float, high: float, start: float, end: float) -> Iterator[Rule]:
    lowest, highest = low - SNAP, high + SNAP
    for rule in rules:
        at, first, last = rule
        if lowest <= at <= highest and last > start and first < end:
            inside = first >= start and last <= end
            yield rule if inside else made(Rule, (at, max(first, start), min(last, end)))


def _merged(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Bring lines at nearly the same place together, join the parts of each, drop marks."""
    merged: list[Rule] = []
    ordered = sorted(set(rules))
    begin = 0
    for index in range(1, len(ordered) + 1):
        if index < len(ordered):
            here = ordered[index][0]
            if here - ordered[index - 1][0] <= 1 and here - ordered[begin][0] <= SNAP:
                continue
        level = ordered[begin:index]
        begin = index
        at = sum([rule[0] for rule in level]) / len(level)
        level.sort(key=_START)
        _, start, end = level[0]
        for _, first, last in level[1:]:
            if first <= end + SNAP:
                if last > end:
                    end = last
            else:
                if end - start >= SHORTEST:
                    merged.append(made(Rule, (at, start, end)))
                start, end = first, last
        if end - start >= SHORTEST:
            merged.append(made(Rule, (at, start, end)))
    return tuple(merged)


def between(rules: tuple[Rule, ...], low: float, high: float) -> tuple[Rule, ...]:
    """The rules whose `at` lies in [low, high]."""
    first = bisect_left(rules, low, key=lambda rule: rule.at)
    last = bisect_left(rules, high, key=lambda rule: rule.at)
    return rules[first:last]
