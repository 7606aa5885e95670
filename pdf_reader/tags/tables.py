"""Tagged tables of one page, as far as what is printed bears them out."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from pdf_reader.blocks import Cell, Rect
from pdf_reader.tables.finder import FoundTable, is_form
from pdf_reader.tables.marks import (
    MAX_HEADER_ROWS,
    Spans,
    header_rows_of,
    is_currency,
    is_figure,
    is_mark_behind,
    join_marks,
)
from pdf_reader.tables.words import Piece, box_of, text_of
from pdf_reader.tags.columns import columns_of, printed_columns_of
from pdf_reader.tags.table_shape import PlacedCell, TableShape

#: Of neighbouring rows, and of neighbouring cells in a row, this share stands in the order of the tags.
IN_ORDER = 0.9
_TOLERANCE_POINTS = 3.0
#: The white between a number and its sign, when both are in one cell.
_SIGN_APART = re.compile(r"(?<=^[$€£¥]) (?=[(\d–—-])|(?<=\d) (?=[%)]+$)")
_BULLETS = frozenset("-–—•*◦▪●○■□☐※·‣⁃➢➤✓►\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf0a8o")


def table_on_page(shape: TableShape, printed: Mapping[int, Sequence[Piece]]) -> FoundTable | None:
    """The rows of a tagged table that have something printed on the page; None when that is no table.

    Nothing is, when its cells don't stand in rows and columns as tagged, or when there are too few of them.
    """
    rows = [row for row in shape.rows if any(cell.xref in printed for cell in row)]
    if not rows or sum(cell.xref in printed for row in rows for cell in row) != len(printed):
        return None
    boxes = [_row_box(row, printed) for row in rows]
    if not _in_order(rows, boxes, printed):
        return None
    header = sum(row[0].row < shape.header_rows for row in rows)
    texts_of = {xref: _SIGN_APART.sub("", text_of(pieces)) for xref, pieces in printed.items()}
    cell_boxes = {xref: box_of(pieces) for xref, pieces in printed.items()}
    columns = columns_of(rows, cell_boxes, shape.width, header or _title_rows(rows)) if shape.width else None
    width = shape.width
    if columns is None:
        texts_of = _with_marks(rows, texts_of)
        found = printed_columns_of(rows, {xref: cell_boxes[xref] for xref in texts_of})
        if found is None:
            return None
        columns, width = found
    laid = _lay(rows, texts_of, columns, width)
    continues = shape.began_before(rows[0][0].row)
    header = header or (1 if continues else header_rows_of(laid.texts, laid.spans))
    header = max(1, min(header, len(rows) - 1)) if len(rows) > 1 else 1
    joined = join_marks(laid.texts, laid.spans, header)
    if not _is_table(joined.rows, continues):
        return None
    place = {column: index for index, column in enumerate(joined.columns)}
    cells = tuple(
        Cell(row, column, below, last - column + 1)
        for row, spanned in enumerate(joined.spans)
        for column, last, below in _covering(spanned, row, laid.row_spans, place)
    )
    whole = box_of(piece for pieces in printed.values() for piece in pieces)
    row_boxes = tuple((whole[0], box[1], whole[2], box[3]) for box in boxes[header:])
    return FoundTable(whole, tuple(map(tuple, joined.rows)), header, cells, row_boxes, continues, is_tagged=True)


class _Laid(NamedTuple):
    """Texts by row and column; columns that cells cover, a row; rows that a cell covers, by its row and column."""

    texts: list[list[str]]
    spans: Spans
    row_spans: dict[tuple[int, int], int]


def _lay(
    rows: Sequence[Sequence[PlacedCell]],
    texts_of: Mapping[int, str],
    columns: Mapping[int, tuple[int, int]],
    width: int,
) -> _Laid:
    """Cells into `width` columns; `columns` has the first and the last of each. Only rows that are here count."""
    here = {row[0].row for row in rows}
    laid = _Laid([[""] * width for _ in rows], [{} for _ in rows], {})
    for index, row in enumerate(rows):
        for cell in row:
            if cell.xref not in texts_of:
                continue
            first, last = columns[cell.xref]
            laid.texts[index][first] = f"{laid.texts[index][first]} {texts_of[cell.xref]}".strip()
            if last > first:
                laid.spans[index][first] = last
            below = sum(other in here for other in range(cell.row, cell.row + cell.row_span))
            if below > 1:
                laid.row_spans[index, first] = below
    return laid


def _with_marks(rows: Sequence[Sequence[PlacedCell]], texts: Mapping[int, str]) -> dict[int, str]:
    """The texts with signs of currency and per cent in the cell of their number, and not in cells of their own."""
    found = dict(texts)
    for row in rows:
        filled = [cell.xref for cell in row if texts.get(cell.xref)]
        for left, right in pairwise(filled):
            if is_currency(texts[left]) and is_figure(texts[right]):
                found[right] = texts[left] + found[right]
                del found[left]
            elif is_mark_behind(texts[right]) and left in found and is_figure(texts[left]):
                found[left] += texts[right]
                del found[right]
    return {xref: text for xref, text in found.items() if text}


def _title_rows(rows: Sequence[Sequence[PlacedCell]]) -> int:
    """Rows at the top that have fewer cells than the rest, and the one below them: names of columns, perhaps."""
    fullest = max(len(row) for row in rows)
    above = next((index for index, row in enumerate(rows) if len(row) == fullest), 0)
    return min(above + 1, MAX_HEADER_ROWS)


def _row_box(row: Sequence[PlacedCell], printed: Mapping[int, Sequence[Piece]]) -> Rect:
    """A cell over several rows may stand beside any of them: it only counts where there is no other."""
    low = [piece for cell in row if cell.row_span == 1 for piece in printed.get(cell.xref, ())]
    return box_of(low or [piece for cell in row for piece in printed.get(cell.xref, ())])


def _in_order(
    rows: Sequence[Sequence[PlacedCell]], boxes: Sequence[Rect], printed: Mapping[int, Sequence[Piece]]
) -> bool:
    """Whether rows follow each other downwards, and the cells of each from one side to the other."""
    down = [_downward(above, below) for above, below in pairwise(boxes)]
    steps: list[int] = []
    for row in rows:
        cells = [box_of(printed[cell.xref]) for cell in row if cell.xref in printed]
        for left, right in pairwise(cells):
            apart = right[0] - left[0]
            steps.append(0 if abs(apart) <= _TOLERANCE_POINTS else 1 if apart > 0 else -1)
    rightward = max(steps.count(1), steps.count(-1))
    return sum(down) >= IN_ORDER * len(down) and rightward >= IN_ORDER * len(steps)


def _downward(above: Rect, below: Rect) -> bool:
    return (above[1] + above[3]) / 2 < (below[1] + below[3]) / 2 + _TOLERANCE_POINTS


def _is_table(rows: Sequence[Sequence[str]], continues: bool) -> bool:
    """Tables are also used for laying out a page: bullets beside their text, a box around a paragraph, a form."""
    several = sum(sum(map(bool, row)) > 1 for row in rows)
    if len(rows[0]) < 2 or not several or (len(rows) < 2 and not continues):
        return False
    if all(row[0] == "" or row[0] in _BULLETS for row in rows):
        return len(rows[0]) > 2
    return continues or not is_form(rows)


def _covering(
    spanned: Mapping[int, int], row: int, row_spans: Mapping[tuple[int, int], int], place: Mapping[int, int]
) -> list[tuple[int, int, int]]:
    """Columns of the cells in a row that cover more than one place: first, last, and rows."""
    tall = {place[column]: below for (at, column), below in row_spans.items() if at == row and column in place}
    firsts = {column for column, last in spanned.items() if last > column} | tall.keys()
    return [(column, spanned.get(column, column), tall.get(column, 1)) for column in sorted(firsts)]
