"""Tables that are not drawn: rows whose pieces stand one above the other with white between them."""

import re
from collections.abc import Sequence
from itertools import pairwise

from pdf_reader.document import Rect
from pdf_reader.tables.columns import Interval, columns_of, find_columns, gap_alignment
from pdf_reader.tables.grid import WRAP_HEIGHTS, GridRow, join_bands, join_wrapped, lay_out
from pdf_reader.tables.header import join_header
from pdf_reader.tables.rules import Rule, Rules, between
from pdf_reader.tables.words import Piece, Row, box_of, is_line_of_marks, is_value, rows_of

#: A piece with at least this many characters is prose rather than a cell...
PROSE_CHARACTERS = 40
#: ...and ends a table when it fills this share of its zone alone.
PROSE_SHARE = 0.6
#: A table ends where the white is higher than this many lines.
BREAK_HEIGHTS = 2.5
#: Rows with one piece that may stand between rows with several.
SINGLE_ROWS = 4
#: Tables of which one follows the other have at least so many rows on either side of a title.
FEWEST_BESIDE_TITLE = 3
#: Lines of header above the first row with several pieces.
HEADER_ROWS = 4
#: A header may reach this many points beyond the last column's text: it is centred, and that is set to the right.
HEADER_OVERHANG = 25.0
#: Lines of the last row below the last one with several pieces.
WRAPPED_LINES = 3
#: Cells beside one another are drawn with at most this many lines of text between.
NEAR_LINES = 4
#: Of the cells beside the white between two columns, this share is in line.
ALIGNED_SHARE = 0.75
#: A zone with this share of rows that have dot leaders is a table of contents or a form.
LEADER_SHARE = 0.3
#: So is one with page numbers that only grow, in this many rows.
CONTENTS_ROWS = 5

_LIST_MARK = re.compile(r"^(?:[^\w\s$€£¥<>+±-]|o|\(?(?:\d{1,3}|[a-zA-Z]{1,5})[.):]|\d+(?:\.\d+)+\.?)$")
#: With its text behind it where that is near.
_LIST_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3})*\.?)(?: .*[^\W\d].*)?")
_LINE_MARKS = frozenset({":", ")", "|", "§", "§§"})
_DOTS = frozenset({".", "..", "…", "·"})
_LEADER = re.compile(r"(?:\. ?){4,}|…{2,}|_{5,}")
_CAPTION = re.compile(r"^(?:table|tab\.|figure|fig\.|exhibit|chart|box|sources?:|notes?:)\b", re.IGNORECASE)


def find_streams(zone: Sequence[Piece], words: Sequence[Piece], rules: Rules) -> list[tuple[Rect, list[GridRow]]]:
    """The tables in one zone of a page, with their boxes. `words` are what the zone's pieces were joined from."""
    rows = rows_of(zone)
    if sum(map(_has_leader, rows)) >= LEADER_SHARE * len(rows):
        return []
    rows = [kept for row in rows if (kept := [piece for piece in row if not is_line_of_marks(piece.text)])]
    if not rows:
        return []
    tables = []
    for first, last in [part for stretch in find_stretches(rows) for part in _part_at_titles(rows, *stretch)]:
        lines = rows[first:last]
        columns = find_columns(lines)
        x0, y0, x1, y1 = box_of(piece for row in lines for piece in row)
        wide = [rule for rule in rules.horizontal if min(rule.end, x1) - max(rule.start, x0) >= 0.7 * (x1 - x0)]
        height = lines[0][0].height
        framed = any(y0 - 2.5 * height <= r.at <= y0 + height for r in wide) and any(
            y1 - height <= r.at <= y1 + 2.5 * height for r in wide
        )
        if not is_table(lines, columns, framed) or _is_chart((x0, y0, x1, y1), rules):
            continue
        first, last = _begin_of_header(rows, first, columns, wide), _end_of_last_row(rows, last, columns, wide)
        lines = rows[first:last]
        x0, y0, x1, y1 = box_of(piece for row in lines for piece in row)
        inner = [rule for rule in between(rules.horizontal, y0, y1) if rule.start < x1 and rule.end > x0]
        grid = lay_out(lines, columns, words)
        banded = join_bands(grid, [rule.at for rule in wide if y0 < rule.at < y1])
        grid = banded or join_wrapped(join_header(grid, inner), inner)
        tables.append(((x0, y0, x1, y1), grid))
    return tables


def find_stretches(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Ranges of rows [first, last) that may be a table: they begin and end with rows of several pieces."""
    left, _, right, _ = box_of(piece for row in rows for piece in row)
    width = right - left
    ranges: list[tuple[int, int]] = []
    first, last = -1, -1
    for index, row in enumerate(rows):
        if first >= 0 and (_ends_before(row, rows[index - 1], width) or index - last > SINGLE_ROWS):
            ranges.append((first, last))
            first = -1
        if is_candidate(row):
            if first >= 0 and _repeats(row, rows[first], rows[index - 1]):
                ranges.append((first, last))
                first = -1
            first = index if first < 0 else first
            last = index + 1
    if first >= 0:
        ranges.append((first, last))
    return ranges


def _part_at_titles(rows: Sequence[Row], first: int, last: int) -> list[tuple[int, int]]:
    """The stretch, parted at each lone piece below which the columns are other ones: the title of another table."""
    for index in range(first + FEWEST_BESIDE_TITLE, last - FEWEST_BESIDE_TITLE):
        if len(rows[index]) == 1 and len(rows[index + 1]) > 1 and len(rows[index - 1]) > 1:
            above, below = find_columns(rows[first:index]), find_columns(rows[index + 1 : last])
            if _stand_apart(above, below) and _stand_apart(below, above):
                return [(first, index), *_part_at_titles(rows, index + 1, last)]
    return [(first, last)]


def _stand_apart(columns: Sequence[Interval], others: Sequence[Interval]) -> bool:
    """Whether a column, other than the first, has nothing of the others above or below it."""
    return len(others) > 1 and any(all(x1 < a or b < x0 for a, b in others) for x0, x1 in columns[1:])


def _ends_before(row: Row, above: Row, width: float) -> bool:
    """Whether prose, a caption or much white ends a table above this row."""
    gap = min(piece.y0 for piece in row) - max(piece.y1 for piece in above)
    prose = len(row) == 1 and len(row[0].text) >= PROSE_CHARACTERS and row[0].x1 - row[0].x0 >= PROSE_SHARE * width
    return prose or gap > BREAK_HEIGHTS * max(piece.height for piece in row) or bool(_CAPTION.match(row[0].text))


def _repeats(row: Row, header: Row, above: Row) -> bool:
    """Whether a row says what the first one said, after a title or some white: another table begins."""
    if [piece.text for piece in row] != [piece.text for piece in header]:
        return False
    apart = len(above) == 1 or row[0].y0 - above[0].y1 > row[0].height
    return apart and not any(is_value(piece.text) for piece in row[1:])


def is_candidate(row: Row) -> bool:
    """Whether a row has several pieces and is neither a list item nor an entry of a table of contents."""
    if len(row) < 2 or _has_leader(row):
        return False
    return not (len(row) == 2 and _LIST_MARK.match(row[0].text) and not is_value(row[1].text))


def _has_leader(row: Row) -> bool:
    """Whether a row of dots leads to a page number or to a blank to fill in, and not to several values."""
    dots, leads = 0, False
    for piece in row:
        text = piece[4]
        # Asked of every piece of a page: most have no mark that a leader is made of.
        if "." in text or "…" in text or "·" in text or "_" in text:
            dots += text in _DOTS
            leads = leads or (_may_lead(text) and _LEADER.search(text) is not None)
    return (leads or dots >= 3) and sum(
        any(c.isdigit() for c in piece.text) and is_value(piece.text) for piece in row
    ) < 3


def _may_lead(text: str) -> bool:
    """Asked before an expression looks for a leader."""
    return text.count(".") >= 4 or "…" in text or "_____" in text


def is_table(rows: Sequence[Row], columns: Sequence[Interval], framed: bool) -> bool:
    """Whether rows in columns are a table rather than spaced prose, a list, a form or the labels of a drawing.

    `framed`: rules stand above and below, so that less is asked of the text.
    """
    fewest = 2 if framed else 3
    if len(columns) < 2 or len(rows) < fewest:
        return False
    cells: list[list[Piece]] = [[] for _ in columns]
    filled = []
    if _is_numbered_list(rows):
        return False
    for row in rows:
        places = {columns_of(piece, columns)[0]: piece for piece in row}
        filled.append(len(places))
        for index, piece in places.items():
            cells[index].append(piece)
    if sum(n >= 2 for n in filled) < max(fewest, 0.5 * len(rows)):
        return False
    if sum(filled) < 0.35 * len(rows) * len(columns):
        return False
    texts = [piece.text for row in rows for piece in row]
    long = sum(len(text) >= PROSE_CHARACTERS for text in texts)
    if long > 0.35 * len(texts):
        return False
    if _is_contents(cells) or any(_is_punctuation(column) for column in cells[1:]):
        return False
    values = [[is_value(piece.text) for piece in column] for column in cells]
    if any(sum(column) >= fewest and sum(column) >= 0.5 * len(column) for column in values[1:]):
        return True
    aligned = sorted(gap_alignment(left, right) for left, right in pairwise(cells))
    need = 2 if framed else 4
    if len(rows) < need or aligned[len(aligned) // 3] < ALIGNED_SHARE:
        return False
    return framed or _is_drawn_by_row(rows)


def _is_numbered_list(rows: Sequence[Row]) -> bool:
    """Items that are counted in several parts (1, 1.1, 1.2, 2), whose numbers stand apart from their text."""
    numbers = [found.group(1) for row in rows if (found := _LIST_NUMBER.fullmatch(row[0].text))]
    if len(numbers) < len(rows) or not any("." in number.strip(".") for number in numbers):
        return False
    return all(len(row) == 1 or (len(row) == 2 and not is_value(row[1].text)) for row in rows)


def _is_contents(columns: Sequence[Sequence[Piece]]) -> bool:
    """Titles, with or without their numbers before, and growing page numbers."""
    pages = [piece.text for piece in columns[-1]]
    if len(columns) > 3 or len(pages) < CONTENTS_ROWS or not all(page.isdecimal() for page in pages):
        return False
    numbers = [int(page) for page in pages]
    titles = [piece.text for piece in columns[-2]]
    grows = all(a <= b for a, b in pairwise(numbers)) and numbers[0] < numbers[-1]
    return grows and not any(map(is_value, titles)) and sum(len(title) > 12 for title in titles) >= 0.5 * len(titles)


def _is_punctuation(column: Sequence[Piece]) -> bool:
    """Colons or brackets one below the other, as between the parties of a lawsuit: a line drawn by typewriter."""
    marks = sum(piece.text.strip() in _LINE_MARKS for piece in column)
    starting = sum(piece.text[:1] in _LINE_MARKS for piece in column)
    return marks >= 2 and starting >= 0.8 * len(column)


def _is_drawn_by_row(rows: Sequence[Row]) -> bool:
    """Whether most rows were drawn one after the other, not column after column as prose and lists are."""
    several = [row for row in rows if len(row) > 1]
    near = 0
    for row in several:
        orders = [piece.order for piece in row]
        near += max(orders) - min(orders) <= NEAR_LINES * len(row)
    return near >= 0.6 * len(several)


def _is_chart(box: Rect, rules: Rules) -> bool:
    """Curves and slanted lines among the text."""
    x0, y0, x1, y1 = box
    return sum(a < x1 and c > x0 and b < y1 and d > y0 for a, b, c, d in rules.curves) >= 3


def _end_of_last_row(rows: Sequence[Row], last: int, columns: Sequence[Interval], wide: Sequence[Rule]) -> int:
    """The index after the lines that go on below the last row of several pieces, each within a column."""
    end = last
    while end < min(len(rows), last + WRAPPED_LINES):
        row, above = rows[end], rows[end - 1]
        if is_candidate(row) or min(p.y0 for p in row) - max(p.y1 for p in above) > WRAP_HEIGHTS * row[0].height:
            break
        homes = [_home_of(p, columns) for p in row]
        closed = any(row[0].middle <= rule.at <= row[0].middle + 2 * row[0].height for rule in wide)
        # Below the first column it may as well be the text after the table.
        if min(homes) < (0 if closed else 1):
            break
        end += 1
    return end


def _home_of(piece: Piece, columns: Sequence[Interval]) -> int:
    """The column that a piece is within: it begins with it and ends before the next one's text; -1 for none."""
    for index, (x0, x1) in enumerate(columns):
        room = columns[index + 1][0] - 3 if index + 1 < len(columns) else x1
        if x0 - 3 <= piece.x0 and piece.x1 <= max(x1 + 3, room):
            return index
    return -1


def _begin_of_header(rows: Sequence[Row], first: int, columns: Sequence[Interval], wide: Sequence[Rule]) -> int:
    """The index of the topmost row that stands over the columns, without a rule or much white between."""
    begin = first
    while begin > max(0, first - HEADER_ROWS):
        row, below = rows[begin - 1], rows[begin]
        bottom, top = max(p.y1 for p in row), min(p.y0 for p in below)
        if top - bottom > 1.0 * below[0].height or any(bottom - 2 <= rule.at <= top + 2 for rule in wide):
            break
        over = all(piece.x0 > columns[0][1] and piece.x1 <= columns[-1][1] + HEADER_OVERHANG for piece in row)
        if not over or _CAPTION.match(row[0].text):
            break
        begin -= 1
    return begin
