"""The straight lines of a page, horizontal and vertical: strokes, thin rectangles and the edges of shaded cells."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from pdf_reader.document import Rect

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


@dataclass(frozen=True, slots=True)
class Rules:
    """Lines by direction, sorted by `at`; the boxes of shades, whose edges are lines too; the boxes of curves."""

    horizontal: tuple[Rule, ...] = ()
    vertical: tuple[Rule, ...] = ()
    shades: tuple[Rect, ...] = ()
    curves: tuple[Rect, ...] = ()


def sort_drawings(drawings: Iterable[dict[str, Any]], page_box: Rect) -> Rules:
    """What `Page.get_cdrawings()` gives, by direction, clipped to `page_box`; no rules when there are too many."""
    horizontal: list[Rule] = []
    vertical: list[Rule] = []
    curves: list[Rect] = []
    fills: list[Rect] = []
    for drawing in drawings:
        slanted = False
        for box, is_shape in _boxes_of(drawing):
            x0, y0, x1, y1 = box
            if not math.isfinite(x0 + y0 + x1 + y1):
                continue
            slanted |= is_shape is None
            flat, upright = y1 - y0 < LINE_THICKNESS, x1 - x0 < LINE_THICKNESS
            if flat:
                horizontal.append(Rule((y0 + y1) / 2, x0, x1))
            if upright:
                vertical.append(Rule((x0 + x1) / 2, y0, y1))
            if flat or upright or not is_shape:
                continue
            if drawing["type"] == "s":
                _add_edges(box, horizontal, vertical)
            elif min(drawing.get("fill") or (0.0,)) <= WHITE:
                fills.append(box)
        if slanted and len(curves) < MAX_CURVES:
            curves.append(drawing["rect"])
    shades = _outermost(fills)
    for box in shades:
        _add_edges(box, horizontal, vertical)
    left, top, right, bottom = page_box
    merged_horizontal = _merged(_clipped(horizontal, top, bottom, left, right))
    merged_vertical = _merged(_clipped(vertical, left, right, top, bottom))
    if max(len(merged_horizontal), len(merged_vertical)) > MAX_RULES:
        return Rules(curves=tuple(curves))
    return Rules(merged_horizontal, merged_vertical, tuple(shades), tuple(curves))


def _boxes_of(drawing: dict[str, Any]) -> Iterator[tuple[Rect, bool | None]]:
    """The box of each item with True for a rectangle, False for a straight line, None for anything else."""
    for item in drawing.get("items", ()):
        kind = item[0]
        if kind == "re":
            points = (item[1][:2], item[1][2:])
        elif kind == "qu":
            points = item[1]
        else:
            points = item[1:]
        xs, ys = [point[0] for point in points], [point[1] for point in points]
        box = min(xs), min(ys), max(xs), max(ys)
        if kind == "l":
            yield box, None if box[2] - box[0] > 1 and box[3] - box[1] > 1 else False
        else:
            yield box, True if kind in ("re", "qu") else None


def _add_edges(box: Rect, horizontal: list[Rule], vertical: list[Rule]) -> None:
    x0, y0, x1, y1 = box
    horizontal += (Rule(y0, x0, x1), Rule(y1, x0, x1))
    vertical += (Rule(x0, y0, y1), Rule(x1, y0, y1))


def _outermost(fills: list[Rect]) -> list[Rect]:
    """Shaded boxes without those that only back the text of a cell that is shaded itself."""
    large = {box for box in fills if box[2] - box[0] >= SHORTEST and box[3] - box[1] >= SHORTEST}
    kept: list[Rect] = []
    for box in sorted(large, key=lambda r: (r[2] - r[0]) * (r[3] - r[1]), reverse=True)[:MAX_RULES]:
        x0, y0, x1, y1 = box
        # What is around a box and little larger is near in this order.
        for around in kept[-NEAR_SIZES:]:
            a, b, c, d = around
            if a - 1 <= x0 and b - 1 <= y0 and x1 <= c + 1 and y1 <= d + 1 and _backs_text(box, around):
                break
        else:
            kept.append(box)
    return kept


def _backs_text(box: Rect, around: Rect) -> bool:
    """Whether a shade in another one is little smaller, or narrower by no more than a cell's padding."""
    x0, y0, x1, y1 = box
    a, b, c, d = around
    similar = (c - a) * (d - b) < 3 * (x1 - x0) * (y1 - y0)
    padded = a + 2 < x0 and x1 < c - 2 and c - a < 1.6 * (x1 - x0)
    return similar or padded


def _clipped(rules: list[Rule], low: float, high: float, start: float, end: float) -> Iterator[Rule]:
    for rule in rules:
        if low - SNAP <= rule.at <= high + SNAP and rule.end > start and rule.start < end:
            yield Rule(rule.at, max(rule.start, start), min(rule.end, end))


def _merged(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Bring lines at nearly the same place together, join the parts of each, drop marks."""
    merged: list[Rule] = []
    ordered = sorted(set(rules))
    begin = 0
    for index in range(1, len(ordered) + 1):
        if (
            index < len(ordered)
            and ordered[index].at - ordered[index - 1].at <= 1
            and ordered[index].at - ordered[begin].at <= SNAP
        ):
            continue
        level = ordered[begin:index]
        begin = index
        at = sum(rule.at for rule in level) / len(level)
        level.sort(key=lambda rule: rule.start)
        start, end = level[0].start, level[0].end
        for rule in level[1:]:
            if rule.start <= end + SNAP:
                end = max(end, rule.end)
            else:
                if end - start >= SHORTEST:
                    merged.append(Rule(at, start, end))
                start, end = rule.start, rule.end
        if end - start >= SHORTEST:
            merged.append(Rule(at, start, end))
    return tuple(merged)


def between(rules: tuple[Rule, ...], low: float, high: float) -> tuple[Rule, ...]:
    """The rules whose `at` lies in [low, high]."""
    first = bisect_left(rules, low, key=lambda rule: rule.at)
    last = bisect_left(rules, high, key=lambda rule: rule.at)
    return rules[first:last]
