"""The tables in a passage's text: their columns' names and their rows, each with its place in it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from answers.table_marks import is_rule, pieces_of


@dataclass(frozen=True, slots=True)
class TableRow:
    """`text[start:end]` of the passage. The first cell names the row."""

    cells: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PassageTable:
    """`header` has a name for each column, and stands right above `rows`."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]


def tables_in(text: str) -> Iterator[PassageTable]:
    """The tables with a header, in order. Rows that a cut has parted from theirs are in none."""
    at, before = 0, ""
    header: tuple[str, ...] = ()
    rows: list[TableRow] = []
    for line in [*text.split("\n"), ""]:
        if is_rule(line) and before.startswith("|"):
            header = cells_of(before)
        elif header and line.startswith("|"):
            rows.append(TableRow(cells_of(line), at, at + len(line)))
        elif header:
            yield PassageTable(header, tuple(rows))
            header, rows = (), []
        before = line
        at += len(line) + 1


def cells_of(line: str) -> tuple[str, ...]:
    """The cells of a row in Markdown; the last one also where the row was cut."""
    return pieces_of(line.strip())[1 : -1 if line.strip().endswith("|") else None]
