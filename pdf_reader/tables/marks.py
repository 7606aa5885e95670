"""What a table's texts tell: which rows are its header, and which marks belong to the number beside them."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pdf_reader.tables.words import is_amount, is_value

#: A header has at most this many rows.
MAX_HEADER_ROWS = 4

_CURRENCY = re.compile(r"(?:[A-Z]{1,3})?[$€£¥₹₩₽]|(?:USD|EUR|GBP|CHF|Rs\.?)")
_BEHIND = re.compile(r"(?:%|\)|\)%|%\)|pts?\.?|bps)")
_YEAR = re.compile(r"(?:FY ?)?(?:19|20)\d\d[*)]?")
#: A number and its sign in one cell, with a gap between them.
_NUMBER_AND_SIGN = re.compile(r"(\(?[+\-–−]?\d[\d.,]*\)?) ((?:%|\)|\)%|%\)))")
_SIGN_AND_NUMBER = re.compile(r"((?:[A-Z]{1,3})?[$€£¥₹₩₽]) ([(+\-–−]?[\d–—-]\S*)")
_DIGIT_OR_DASH = re.compile(r"[\d(–—-]")

#: For each row: column of a cell → the last column that it covers.
Spans = list[dict[int, int]]


class Joined(NamedTuple):
    """What `join_marks` makes of a table; `columns` are those of the original that are left."""

    rows: list[list[str]]
    spans: Spans
    columns: list[int]


def is_currency(text: str) -> bool:
    return bool(_CURRENCY.fullmatch(text))


def is_mark_behind(text: str) -> bool:
    """A per-cent sign, a bracket or a unit that stands behind its number."""
    return bool(_BEHIND.fullmatch(text))


def is_figure(text: str) -> bool:
    """Something that a sign of currency may stand before."""
    return bool(_DIGIT_OR_DASH.match(text))


def header_rows_of(rows: Sequence[Sequence[str]], spans: Sequence[dict[int, int]]) -> int:
    """How many rows at the top name the columns: those above the first row with a value, when cells span columns or
    the row below them names what is under these; else one."""
    several = 0
    for index, row in enumerate(rows[: MAX_HEADER_ROWS + 1]):
        values = [text for text in row[1:] if text]
        if row[0] and values and sum(map(_is_figure, values)) * 2 >= len(values):
            break
        if any(map(is_amount, values)):
            break
        if values or not row[0]:
            several = index + 1
        else:
            break  # a label over the rows below it
    else:
        several = 0  # nothing but words: the first row, and those that a spanning cell covers
    spanning = 0
    while spanning < min(MAX_HEADER_ROWS, len(rows) - 2) and any(
        last > first and rows[spanning][first] for first, last in spans[spanning].items()
    ):
        spanning += 1
    if several > 1 and not spanning and not any(row[0] == "" for row in rows[: several - 1]):
        several = 1
    return max(1, min(several or (spanning + 1 if spanning else 1), len(rows) - 1))


def is_year(text: str) -> bool:
    return bool(_YEAR.fullmatch(text))


def _is_figure(text: str) -> bool:
    return is_value(text) and not is_year(text)


def join_marks(rows: Sequence[Sequence[str]], spans: Sequence[dict[int, int]], header: int) -> Joined:
    """`$` in a cell of its own goes before the number to its right, `%` and `)` behind that to its left; columns that
    are then blank below the header vanish, and what the header says of them is said by the column that took them."""
    joined = [[_without_gap(text) for text in row] for row in rows]
    heirs = _move_marks(joined)
    width = len(joined[0])
    gone = frozenset(
        column
        for column in range(width)
        if not any(row[column] for row in joined[header:])
        and (column in heirs or not _heads(joined, spans, column, header))
    )
    if not gone or len(gone) >= width - 1:
        return Joined(joined, [dict(row) for row in spans], list(range(width)))
    for column in gone:
        heir = heirs.get(column)
        if heir is None or heir in gone:
            continue
        for row in joined[:header]:
            row[heir] = row[heir] or row[column]
    kept = [column for column in range(width) if column not in gone]
    _say_in_kept_columns(joined, spans, kept)
    moved = [_moved_spans(spanned, kept, heirs) for spanned in spans]
    return Joined([[row[column] for column in kept] for row in joined], moved, kept)


def _move_marks(rows: Sequence[list[str]]) -> dict[int, int]:
    """Changes `rows`. Gives the columns that marks stood in, each with the one that took them last."""
    heirs: dict[int, int] = {}
    for row in rows:
        for column, text in enumerate(row):
            if not text:
                continue
            if is_currency(text) and column + 1 < len(row) and is_figure(row[column + 1]):
                row[column + 1], row[column] = text + row[column + 1], ""
                heirs[column] = column + 1
            elif is_mark_behind(text) and column and row[column - 1] and is_value(row[column - 1]):
                row[column - 1], row[column] = row[column - 1] + text, ""
                heirs[column] = column - 1
    return heirs


def _moved_spans(spanned: Mapping[int, int], kept: Sequence[int], heirs: Mapping[int, int]) -> dict[int, int]:
    """A row's spans by the places of the columns that are left; a column that vanished counts as its heir."""
    place = {column: index for index, column in enumerate(kept)}
    moved: dict[int, int] = {}
    for first, last in spanned.items():
        under = {column if column in place else heirs.get(column, column) for column in range(first, last + 1)}
        inside = sorted(under & place.keys())
        if inside:
            moved[place[inside[0]]] = place[inside[-1]]
    return moved


def _say_in_kept_columns(rows: Sequence[list[str]], spans: Sequence[Mapping[int, int]], kept: Sequence[int]) -> None:
    """Changes `rows`: what spanned from a column that vanished is said by the first that is left under it."""
    for row, spanned in zip(rows, spans, strict=True):
        for first, last in spanned.items():
            inside = [column for column in kept if first <= column <= last]
            if first not in kept and inside:
                row[inside[0]] = row[inside[0]] or row[first]


def _without_gap(text: str) -> str:
    """A number with its sign in the same cell."""
    found = _NUMBER_AND_SIGN.fullmatch(text) or _SIGN_AND_NUMBER.fullmatch(text) if " " in text else None
    return f"{found[1]}{found[2]}" if found else text


def _heads(rows: Sequence[Sequence[str]], spans: Sequence[dict[int, int]], column: int, header: int) -> bool:
    """Whether the header has a text of its own for a column."""
    return any(rows[index][column] and spans[index].get(column, column) == column for index in range(header))
