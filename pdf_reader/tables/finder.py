"""One page: a quick look whether a table is likely, then drawn tables, then those that only their text makes."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pdf_reader.blocks import Cell, Rect
from pdf_reader.tables.drawn import has_undrawn_rows, read_drawn
from pdf_reader.tables.grid import GridRow
from pdf_reader.tables.lattice import find_lattices
from pdf_reader.tables.marks import header_rows_of, join_marks
from pdf_reader.tables.rules import Rules
from pdf_reader.tables.source import Matrix, matrix_of, read_rules, read_words
from pdf_reader.tables.stream import find_streams, find_stretches, is_candidate
from pdf_reader.tables.words import (
    Piece,
    Row,
    Segment,
    is_line_of_marks,
    is_right_to_left,
    made,
    rows_of,
    split_at_gaps,
    text_of,
)
from pdf_reader.tables.zones import find_zones

#: A page with more lines of text than this is not looked at.
MAX_SEGMENTS = 3_000
#: Rows of several pieces that a table has at least, one near the other.
FEWEST_ROWS = 2
#: A single row with this many segments will do: its neighbours may have come as one segment each.
TELLING_SEGMENTS = 4
#: A form has fewer cells with text than this share, or fewer rows with several of them.
FEWEST_FILLED = 0.3
FEWEST_SEVERAL = 0.4
#: A longer text than this is prose.
LONG_CHARACTERS = 80

#: In typewriter type, blanks alone part the columns of a row, and MuPDF makes one segment of it.
VALUES_IN_SEGMENT = 3
_DIGIT = re.compile(r"\d")
_VALUE = re.compile(r"(?<!\S)[$(+\-–−]*\d[\d,.%)]*(?!\S)")


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table: its box in displayed coordinates, and its rows, which all have the same length.

    Texts are cleaned; "" stands for a blank cell, and for places that a cell to the left or above covers. `spans` are
    the cells over several columns; `row_boxes` are of the rows below the header. `continues` says that it began on an
    earlier page, which only tags tell; `is_tagged` that it comes from them.
    """

    bbox: Rect
    rows: tuple[tuple[str, ...], ...]
    header_rows: int = 1
    spans: tuple[Cell, ...] = ()
    row_boxes: tuple[Rect, ...] = ()
    continues: bool = False
    is_tagged: bool = False


def find_tables(
    page: Any,
    textpage: Any,
    segments: Sequence[Segment],
    frame: Matrix | None = None,
    extra: Sequence[Piece] = (),
    content: Any = None,
) -> list[FoundTable]:
    """The tables of a `pymupdf.Page`, top to bottom; `textpage` is the one text extraction that its reader made.

    `segments` are the lines of `textpage.extractDICT()` that run horizontally and that a reader can see, in displayed
    coordinates; text that is in none of them never gets into a table. `extra` are words that the extraction lacks.
    `frame` brings displayed coordinates to those of `segments` and `extra` where these are other ones. `content` is the
    display list of the page's content; without one the content is interpreted anew. Pages without
    rows of several segments cost a fraction of a millisecond. Pages with too much on them have no tables. Odd geometry
    never raises.
    """
    segments = [
        segment
        for segment in segments
        if math.isfinite(segment[0] + segment[1] + segment[2] + segment[3]) and segment[4].strip()
    ]
    if len(segments) > MAX_SEGMENTS:
        return []
    may_stream = may_have_tables(segments)
    if not may_stream and not (extra and may_have_tables([*segments, *(Segment(*piece[:5]) for piece in extra)])):
        return []
    matrix = matrix_of(page, frame)
    lines = read_words(textpage, segments, matrix)
    lines += [[piece] for piece in extra]
    return find_in(lines, read_rules(page, content, matrix), drawn_only=not may_stream) if lines else []


def may_have_tables(segments: Sequence[Segment]) -> bool:
    """A quick look: whether some rows in a column of the page have several pieces."""
    if sum([_holds_values(segment[4]) for segment in segments]) >= FEWEST_ROWS:
        return True
    for zone in find_zones([made(Piece, (x0, y0, x1, y1, text.strip(), 0)) for x0, y0, x1, y1, text in segments]):
        rows = rows_of(zone)
        for first, last in find_stretches(rows):
            candidates = [row for row in rows[first:last] if is_candidate(row)]
            if len(candidates) >= FEWEST_ROWS or any(len(row) >= TELLING_SEGMENTS for row in candidates):
                return True
    return False


def _holds_values(text: str) -> bool:
    if text.count(" ") < VALUES_IN_SEGMENT - 1 or not _DIGIT.search(text):
        return False
    values = len(_VALUE.findall(text))
    return values >= VALUES_IN_SEGMENT and values >= 0.5 * (text.count(" ") + 1)


def find_in(lines: Sequence[Row], rules: Rules, *, drawn_only: bool = False) -> list[FoundTable]:
    """The tables made by words (of each printed line, left to right) and rules. `drawn_only` is for a form's labels and
    values, which stand in columns without being a table."""
    found: list[tuple[Rect, list[GridRow]]] = []
    for lattice in find_lattices(rules):
        drawn = None if has_undrawn_rows(lattice, lines) else read_drawn(lattice, lines)
        if drawn and _holds_all(*drawn, [word for line in lines for word in line]):
            found.append(drawn)
            inside = set(_within((word for line in lines for word in line), drawn[0]))
            lines = [kept for line in lines if (kept := [word for word in line if word not in inside])]
    words = [word for line in lines for word in line]
    for zone in () if drawn_only else find_zones(split_at_gaps(lines), rules.horizontal):
        found += [table for table in find_streams(zone, words, rules) if _holds_all(*table, words)]
    found.sort(key=lambda table: (table[0][1], table[0][0]))
    tables = [table_of(box, grid) for box, grid in found]
    return [table for table in tables if not is_form(table.rows)]


def is_form(rows: Sequence[Sequence[str]]) -> bool:
    """Whether cells are mostly blanks to fill in, or hold instructions, rather than data."""
    texts = [text for row in rows for text in row if text]
    filled = len(texts) / sum(map(len, rows))
    several = sum(sum(map(bool, row)) > 1 for row in rows) / len(rows)
    instructions = sum(len(text) for text in texts if len(text) > LONG_CHARACTERS) / sum(map(len, texts))
    return filled < FEWEST_FILLED or several < FEWEST_SEVERAL or (filled < 1.5 * FEWEST_FILLED and instructions > 0.5)


def table_of(box: Rect, grid: Sequence[GridRow]) -> FoundTable:
    """A grid's texts; the first column of a right-to-left table is its rightmost. Marks join their numbers."""
    box, grid = _without_titles(box, grid)
    rows = [[text_of(cell) for cell in row.cells] for row in grid]
    spans = [dict(row.spans) for row in grid]
    header = header_rows_of(rows, spans)
    rows, spans, _ = join_marks(rows, spans, header)
    width = len(rows[0])
    if is_right_to_left("".join(text for row in rows for text in row)):
        rows = [row[::-1] for row in rows]
        spans = [{width - 1 - last: width - 1 - first for first, last in row.items()} for row in spans]
    cells = tuple(
        Cell(index, first, 1, last - first + 1)
        for index, row in enumerate(spans)
        for first, last in sorted(row.items())
        if last > first
    )
    boxes = tuple((box[0], row.top, box[2], row.bottom) for row in grid[header:] if row.filled)
    if len(boxes) != len(rows) - header:
        boxes = ()
    return FoundTable(box, tuple(map(tuple, rows)), header, cells, boxes)


def _without_titles(box: Rect, grid: Sequence[GridRow]) -> tuple[Rect, Sequence[GridRow]]:
    """A cell at the top that reaches over all columns is a title above the table."""
    first = 0
    while first < len(grid) - 2:
        filled = grid[first].filled
        if len(filled) != 1 or grid[first].spans.get(filled[0], filled[0]) - filled[0] < len(grid[first].cells) - 1:
            break
        first += 1
    if first:
        box = (box[0], (grid[first - 1].bottom + grid[first].top) / 2, box[2], box[3])
    return box, grid[first:]


def _holds_all(box: Rect, grid: Sequence[GridRow], words: Sequence[Piece]) -> bool:
    """Whether every word in the box is in a cell: a table takes the place of all text in its box."""
    held = sum(len(piece.text) - piece.text.count(" ") for row in grid for cell in row.cells for piece in cell)
    inside = (word.text for word in _within(words, box) if not is_line_of_marks(word.text))
    return held >= sum(len(text) - text.count(" ") for text in inside)


def _within(words: Iterable[Piece], box: Rect) -> list[Piece]:
    """The words whose middle is in a box."""
    left, top, right, bottom = 2 * box[0], 2 * box[1], 2 * box[2], 2 * box[3]
    return [word for word in words if left <= word[0] + word[2] <= right and top <= word[1] + word[3] <= bottom]
