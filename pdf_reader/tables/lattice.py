"""Tables that are drawn: rules that cross make cells."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from pdf_reader.document import Rect
from pdf_reader.tables.rules import SNAP, Rule, Rules

#: A side of a cell is drawn when rules cover this share of it.
DRAWN_SHARE = 0.6
#: Shaded rows of one table are at most this many of their heights apart.
STRIPE_ROWS = 8.0
#: A net is shaded when this share of it is.
SHADED_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where rules cross. `owner[r][c]` is the row and column in which the cell that covers (r, c) begins."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    owner: tuple[tuple[tuple[int, int], ...], ...]

    @property
    def bbox(self) -> Rect:
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]

    def cell_count(self) -> int:
        return len({cell for row in self.owner for cell in row})


class _Net(NamedTuple):
    """Rules that touch one another, and where their lattice's lines are."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    horizontal: Sequence[Rule]
    vertical: Sequence[Rule]


def find_lattices(rules: Rules) -> list[Lattice]:
    """Each connected net of rules with several cells. The shaded rows of a striped table are no nets."""
    found: list[_Net] = []
    for horizontal, vertical in _nets(rules):
        ys = _levels([r.at for r in horizontal])
        xs = _levels([r.at for r in vertical])
        if not horizontal or not vertical:
            continue
        # Tables are often open at their sides: the ends of the rules stand for the missing border.
        left, right = min(r.start for r in horizontal), max(r.end for r in horizontal)
        top, bottom = min(r.start for r in vertical), max(r.end for r in vertical)
        open_sides = [x for x in (left, right) if all(abs(x - known) > 2 * SNAP for known in xs)]
        xs = sorted(xs + open_sides)
        ys = sorted(ys + [y for y in (top, bottom) if all(abs(y - known) > 2 * SNAP for known in ys)])
        if len(xs) < 2 or len(ys) < 2 or len(xs) * len(ys) < 6 or len(xs) * len(ys) > 20_000:
            continue
        found.append(_Net(tuple(xs), tuple(ys), horizontal, vertical))
    shaded = [net for net in found if _is_shaded(net, rules.shades)] if rules.shades else []
    return [
        Lattice(net.xs, net.ys, _cells(*net))
        for net in found
        if net not in shaded or not any(_are_stripes(net, other) for other in shaded)
    ]


def _is_shaded(net: _Net, shades: Sequence[Rect]) -> bool:
    """Whether shades fill a net."""
    left, top, right, bottom = net.xs[0], net.ys[0], net.xs[-1], net.ys[-1]
    area = sum(
        (x1 - x0) * (y1 - y0)
        for x0, y0, x1, y1 in shades
        if x0 >= left - SNAP and y0 >= top - SNAP and x1 <= right + SNAP and y1 <= bottom + SNAP
    )
    return area >= SHADED_SHARE * (right - left) * (bottom - top)


def _are_stripes(net: _Net, other: _Net) -> bool:
    """Whether two shaded nets are rows of one table: the same columns, a few rows apart."""
    if net is other or len(net.xs) != len(other.xs):
        return False
    if any(abs(a - b) > SNAP for a, b in zip(net.xs, other.xs, strict=True)):
        return False
    row_height = min(b - a for ys in (net.ys, other.ys) for a, b in pairwise(ys))
    gap = max(net.ys[0], other.ys[0]) - min(net.ys[-1], other.ys[-1])
    return gap <= STRIPE_ROWS * row_height


def _levels(values: list[float]) -> list[float]:
    levels: list[list[float]] = []
    for value in sorted(values):
        if levels and value - levels[-1][-1] <= SNAP:
            levels[-1].append(value)
        else:
            levels.append([value])
    return [sum(level) / len(level) for level in levels]


def _nets(rules: Rules) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Groups of rules that touch one another, directly or through others."""
    horizontal, vertical = rules.horizontal, rules.vertical
    parent = list(range(len(horizontal) + len(vertical)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    levels = [rule.at for rule in horizontal]
    for j, (at, start, end) in enumerate(vertical, len(horizontal)):
        for i in range(bisect_left(levels, start - SNAP), bisect_right(levels, end + SNAP)):
            _, left, right = horizontal[i]
            if left - SNAP <= at <= right + SNAP:
                parent[root(i)] = root(j)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i, rule in enumerate(horizontal):
        groups.setdefault(root(i), ([], []))[0].append(rule)
    for j, rule in enumerate(vertical):
        groups.setdefault(root(len(horizontal) + j), ([], []))[1].append(rule)
    yield from groups.values()


def _cells(
    xs: Sequence[float],
    ys: Sequence[float],
    horizontal: Sequence[Rule],
    vertical: Sequence[Rule],
) -> tuple[tuple[tuple[int, int], ...], ...]:
    rows, columns = len(ys) - 1, len(xs) - 1
    owner = {(r, c): (r, c) for r in range(rows) for c in range(columns)}

    def root(cell: tuple[int, int]) -> tuple[int, int]:
        while owner[cell] != cell:
            owner[cell] = owner[owner[cell]]
            cell = owner[cell]
        return cell

    def unite(a: tuple[int, int], b: tuple[int, int]) -> None:
        a, b = root(a), root(b)
        owner[max(a, b)] = min(a, b)

    by_x = [[v for v in vertical if abs(v.at - x) <= SNAP] for x in xs]
    by_y = [[h for h in horizontal if abs(h.at - y) <= SNAP] for y in ys]
    for r in range(rows):
        for c in range(columns):
            if c + 1 < columns and not _covered(by_x[c + 1], ys[r], ys[r + 1]):
                unite((r, c), (r, c + 1))
            if r + 1 < rows and not _covered(by_y[r + 1], xs[c], xs[c + 1]):
                unite((r, c), (r + 1, c))
    return tuple(tuple(root((r, c)) for c in range(columns)) for r in range(rows))


def _covered(rules: Sequence[Rule], start: float, end: float) -> bool:
    drawn = sum(max(0.0, min(rule.end, end) - max(rule.start, start)) for rule in rules)
    return drawn >= DRAWN_SHARE * (end - start)
