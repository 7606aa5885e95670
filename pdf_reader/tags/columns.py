"""In which columns the cells of a tagged table stand.

Programs that write tags often leave blank cells out, or forget how many columns a cell covers. The rows that have all
their cells tell where the columns are; where a row has fewer, or a cell covers several, what is printed decides.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

from pdf_reader.blocks import Rect
from pdf_reader.tags.table_shape import PlacedCell

#: First and last column of a cell, by the cell's object number.
Columns = dict[int, tuple[int, int]]
_Interval = tuple[float, float]

#: This share of the cells must stand where their column is.
FITTING = 0.95
#: Boxes touch only when they share more than this.
_TOUCH_POINTS = 1.5
#: What stands in no more rows than this may be the name of the column beside it.
_NAME_ROWS = 2
#: The name of a group of columns that ends this near to one of them reaches over it.
_REACH_POINTS = -2.0
#: A text is in the middle of two columns within so much.
_CENTRED_POINTS = 5.0
#: … or within this share of the width of both: numbers stand at one side of their column.
_CENTRED_SHARE = 0.15


def columns_of(
    rows: Sequence[Sequence[PlacedCell]], boxes: Mapping[int, Rect], width: int, header_rows: int
) -> Columns | None:
    """`boxes` are those of the cells that have something printed, by number. None when the columns don't hold.

    Rows of `header_rows` that are whole keep what tags say of the columns that their cells cover.
    """
    regular = [_is_whole(row, width) for row in rows]
    intervals = _intervals(rows, boxes, regular)
    found: Columns = {}
    misplaced = 0
    for index, (row, whole) in enumerate(zip(rows, regular, strict=True)):
        last = -1
        for cell in row:
            box = boxes.get(cell.xref)
            if box is None:
                continue
            tagged = (cell.column, cell.column + cell.column_span - 1)
            if whole and (index < header_rows or cell.column_span == 1):
                place = tagged
                if cell.column_span == 1 and cell.column in intervals:
                    misplaced += _best(box, intervals, range(width)) not in (cell.column, None)
            else:
                allowed = range(tagged[0], tagged[1] + 1) if whole else range(last + 1, width)
                place = _place_of(box, intervals, allowed, spanning=index < header_rows) or tagged
            if place[0] <= last or place[1] >= width:
                return None
            last = place[1]
            found[cell.xref] = place
    return found if misplaced <= (1 - FITTING) * len(found) else None


def printed_columns_of(rows: Sequence[Sequence[PlacedCell]], boxes: Mapping[int, Rect]) -> tuple[Columns, int] | None:
    """Columns as they are printed, and how many, for rows that don't agree about their number."""
    counts = [sum(cell.xref in boxes for cell in row) for row in rows]
    intervals: list[_Interval] = []
    for index in sorted(range(len(rows)), key=lambda index: -counts[index]):
        if counts[index] < 2:
            break
        for cell in rows[index]:
            box = boxes.get(cell.xref)
            touched = [] if box is None else [known for known in intervals if _shared(box, known) > _TOUCH_POINTS]
            if box is not None and not touched:
                intervals.append((box[0], box[2]))
    known = dict(enumerate(sorted(intervals)))
    found: Columns = {}
    # Names of columns stand above the first row that is full.
    full = next((index for index, count in enumerate(counts) if count >= len(known) - 1), 0)
    for index, row in enumerate(rows):
        last = -1
        for cell in row:
            if cell.xref not in boxes:
                continue
            place = _place_of(boxes[cell.xref], known, range(last + 1, len(known)), spanning=index <= full)
            if place is None:
                return None
            last = place[1]
            found[cell.xref] = place
    merged = _merged([[found[cell.xref] for cell in row if cell.xref in found] for row in rows], len(known))
    return {xref: (merged[first], merged[last]) for xref, (first, last) in found.items()}, max(merged, default=-1) + 1


def _merged(rows: Sequence[Sequence[tuple[int, int]]], width: int) -> list[int]:
    """For each column the one that it becomes: a name that stands beside its column's text is no column of its own."""
    used: list[set[int]] = [set() for _ in range(width)]
    for index, row in enumerate(rows):
        for first, last in row:
            if first == last:
                used[first].add(index)
    merged: list[int] = []
    rows_of_last: set[int] = set()
    for column in range(width):
        apart = rows_of_last & used[column]
        if merged and not apart and min(len(rows_of_last), len(used[column])) <= _NAME_ROWS:
            merged.append(merged[-1])
            rows_of_last |= used[column]
        else:
            merged.append(merged[-1] + 1 if merged else 0)
            rows_of_last = set(used[column])
    return merged


def _is_whole(row: Sequence[PlacedCell], width: int) -> bool:
    return bool(row) and row[-1].column + row[-1].column_span == width


def _intervals(
    rows: Sequence[Sequence[PlacedCell]], boxes: Mapping[int, Rect], regular: Sequence[bool]
) -> dict[int, _Interval]:
    """Where each column's text usually begins and ends."""
    sides: dict[int, list[Rect]] = {}
    for row, whole in zip(rows, regular, strict=True):
        for cell in row:
            if whole and cell.column_span == 1 and cell.xref in boxes:
                sides.setdefault(cell.column, []).append(boxes[cell.xref])
    return {
        column: (median(box[0] for box in found), median(box[2] for box in found)) for column, found in sides.items()
    }


def _place_of(
    box: Rect, intervals: Mapping[int, _Interval], allowed: range, *, spanning: bool
) -> tuple[int, int] | None:
    """The columns that a text stands in; several only for one that may span."""
    touch = _REACH_POINTS if spanning else _TOUCH_POINTS
    touched = [column for column in allowed if column in intervals and _shared(box, intervals[column]) > touch]
    if spanning and len(touched) > 1:
        return touched[0], touched[-1]
    if spanning and (pair := _centred_over(box, intervals, allowed)):
        return pair
    best = _best(box, intervals, allowed)
    return None if best is None else (best, best)


def _centred_over(box: Rect, intervals: Mapping[int, _Interval], allowed: range) -> tuple[int, int] | None:
    """Two neighbouring columns in whose middle a text stands, over the white between them."""
    middle = (box[0] + box[2]) / 2
    known = [column for column in allowed if column in intervals]
    for left, right in pairwise(known):
        between = (intervals[left][1], intervals[right][0])
        over = between[0] - _CENTRED_POINTS <= middle <= between[1] + _CENTRED_POINTS
        x0, x1 = intervals[left][0], intervals[right][1]
        if over and abs(middle - (x0 + x1) / 2) <= max(2 * _CENTRED_POINTS, _CENTRED_SHARE * (x1 - x0)):
            return left, right
    return None


def _best(box: Rect, intervals: Mapping[int, _Interval], allowed: range) -> int | None:
    """The column that shares most of a text's width; the nearest when none does."""
    known = [column for column in allowed if column in intervals]
    return max(known, key=lambda column: _shared(box, intervals[column]), default=None)


def _shared(box: Rect, interval: _Interval) -> float:
    """How much of the width both have; how far they are apart, below 0."""
    return min(box[2], interval[1]) - max(box[0], interval[0])
