"""The columns of a page, so that lines of prose beside one another are not taken for rows of a table."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pdf_reader.tables.rules import Rule
from pdf_reader.tables.words import Piece, Row, box_of, rows_of

#: A piece with fewer characters says nothing about columns of prose.
PROSE_CHARACTERS = 22
#: A line of a column of prose is this share of the printed width.
PROSE_SHARES = (0.15, 0.62)
#: A column of prose has at least this many lines.
PROSE_LINES = 5
#: Rows without prose between two rows that cross a gutter are part of the same full-width band, up to this many.
BAND_ROWS = 6
#: A rule crosses the white between columns when it goes on for this many points on both sides...
RULE_REACH = 20.0
#: ...and encloses rows that are at most this many lines away.
RULE_LINES = 2.5
#: Tables side by side are separated when each has at least this many rules.
SIDE_RULES = 6


def find_zones(pieces: Sequence[Piece], rules: Sequence[Rule] = ()) -> list[list[Piece]]:
    """The pieces of each column of the page, and of each band that goes across columns.

    `rules` are the horizontal ones of the page: rows between two that cross the white between columns are a band.
    """
    gutters = _find_gutters(pieces)
    if not gutters:
        return _part_by_rules(list(pieces), rules) if pieces else []
    zones: list[list[Piece]] = []
    columns: dict[int, list[Piece]] = {}
    band: list[Piece] = []
    for row, crosses in _rows_across(rows_of(pieces), gutters, rules):
        if crosses:
            zones += columns.values()
            columns = {}
            band += row
            continue
        if band:
            zones.append(band)
            band = []
        for piece in row:
            columns.setdefault(bisect_right(gutters, piece.x0 + 2), []).append(piece)
    return [*zones, *columns.values(), *([band] if band else [])]


def _rows_across(rows: Sequence[Row], gutters: Sequence[float], rules: Sequence[Rule]) -> Iterator[tuple[Row, bool]]:
    """Each row, and whether it crosses a gutter or is between rows that do and no prose is in it."""
    crossing = [
        r for r in rules if any(r.start < gutter - RULE_REACH and r.end > gutter + RULE_REACH for gutter in gutters)
    ]
    levels = sorted(rule.at for rule in crossing)
    crosses = [_is_across(row, gutters) or (bool(levels) and _is_enclosed(row, levels)) for row in rows]
    both_ways = (*range(1, len(rows)), *reversed(range(len(rows) - 1))) if any(crosses) else ()
    for index in both_ways:
        if not crosses[index] and _is_cells(rows[index]):
            crosses[index] = any(
                0 <= beside < len(rows) and crosses[beside] and _pitch(rows[index], rows[beside]) <= 1.5
                for beside in (index - 1, index + 1)
            )
    index = 0
    while index < len(rows):
        end = index
        while end < len(rows) and crosses[end] == crosses[index]:
            end += 1
        gap = (
            not crosses[index]
            and index > 0
            and end < len(rows)
            and end - index <= BAND_ROWS
            and not any(len(p.text) > PROSE_CHARACTERS for row in rows[index:end] for p in row)
        )
        for row in rows[index:end]:
            yield row, crosses[index] or gap
        index = end


def _is_cells(row: Row) -> bool:
    return len(row) >= 4 and max(len(piece.text) for piece in row) < 1.5 * PROSE_CHARACTERS


def _pitch(row: Row, other: Row) -> float:
    """How far rows are apart, by the height of the type."""
    return abs(row[0].middle - other[0].middle) / row[0].height


def _part_by_rules(zone: list[Piece], rules: Sequence[Rule]) -> list[list[Piece]]:
    """Tables that stand side by side, told apart by the ends of their rules or shades."""
    left, top, right, bottom = box_of(zone)
    spans = sorted(
        (rule.start, rule.end)
        for rule in rules
        if top <= rule.at <= bottom and rule.end - rule.start >= PROSE_SHARES[0] * (right - left)
    )
    groups: list[list[tuple[float, float]]] = []
    end = float("-inf")
    for span in spans:
        if not groups or span[0] > end:
            groups.append([])
        groups[-1].append(span)
        end = max(end, span[1])
    groups = [group for group in groups if len(group) >= SIDE_RULES]
    parts, rest = [], zone
    for before, after in pairwise(groups):
        white = (max(span[1] for span in before), min(span[0] for span in after))
        if any(piece.x0 < white[1] - 2 and piece.x1 > white[0] + 2 for piece in rest):
            continue
        parts.append([piece for piece in rest if piece.x1 <= white[1]])
        rest = [piece for piece in rest if piece.x1 > white[1]]
    return [part for part in (*parts, rest) if part]


def _is_across(row: Row, gutters: Sequence[float]) -> bool:
    for x0, _, x1, *_ in row:
        for gutter in gutters:
            if x0 < gutter - 2 and x1 > gutter + 2:
                return True
    return False


def _is_enclosed(row: Row, levels: Sequence[float]) -> bool:
    """Whether rules that reach over it are close above and close below a row; `levels` are their y, sorted."""
    reach, middle = RULE_LINES * row[0].height, row[0].middle
    above, below = bisect_right(levels, middle) - 1, bisect_left(levels, middle)
    return above >= 0 and levels[above] - middle >= -reach and below < len(levels) and levels[below] - middle <= reach


def _find_gutters(pieces: Sequence[Piece]) -> list[float]:
    """The x where columns of prose begin that have others to their left."""
    prose = [piece for piece in pieces if len(piece.text) >= PROSE_CHARACTERS]
    if len(prose) < 2 * PROSE_LINES:
        return []
    left, _, right, _ = box_of(pieces)
    width = right - left
    prose = [piece for piece in prose if PROSE_SHARES[0] * width <= piece.x1 - piece.x0 <= PROSE_SHARES[1] * width]
    lefts = sorted(piece.x0 for piece in prose)
    rights = sorted(piece.x1 for piece in prose)
    gutters: list[float] = []
    for start in sorted({round(piece.x0) for piece in prose}):
        if gutters and start - gutters[-1] < PROSE_SHARES[0] * width:
            continue
        here = bisect_right(lefts, start + 0.06 * width) - bisect_left(lefts, start - 3)
        beside = bisect_right(rights, start - 4) - bisect_right(rights, start - PROSE_SHARES[1] * width)
        if min(here, beside) < PROSE_LINES:
            continue
        crossing = sum(piece.x0 < start - 3 and piece.x1 > start + 3 for piece in prose)
        if crossing <= 0.2 * min(here, beside):
            gutters.append(start)
    return gutters
