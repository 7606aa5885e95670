"""What is quoted of a table: the cells below the columns that a question names, each with its row's name. Pure.

| Length    | Summer, a day | Winter, a day |       What does a berth cost in winter?
| to 8 m    | 9.00          | 5.00          |   →   to 8 m (Winter, a day): 5.00; to 12 m (Winter, a day): 8.00.
| to 12 m   | 14.00         | 8.00          |
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from answers.numbers import Number, NumberKind, numbers_in
from answers.passage_sentences import plain
from answers.passage_tables import TableRow
from answers.sources import Terms
from embeddings.bm25 import terms

#: A question that names a column and no row gets the column's cells, unless they are more than this.
MAX_ROWS_OF_A_COLUMN = 6


def named_columns(header: Sequence[str], asked: Terms, years: Collection[str], language: str) -> tuple[int, ...]:
    """The columns behind the first whose names have most of the words and years (`2017`) that are asked for.

    None where all of them have the same words: these tell no column from another.
    """
    by_words = [len(terms(name, language) & asked) for name in header[1:]]
    by_years = [sum(year in name for year in years) for name in header[1:]]
    scores = [words + found for words, found in zip(by_words, by_years, strict=True)]
    best = max(scores, default=0)
    if best == 0:
        return ()
    columns = tuple(at for at, score in enumerate(scores, start=1) if score == best)
    return () if 1 < len(columns) == len(scores) and not any(by_years) else columns


def quoted_row(row: TableRow, header: Sequence[str], columns: Sequence[int]) -> str:
    """The row's name with its cells in these columns and their names; else, and without them, with all its cells."""
    named = cells_under(row, header, columns)
    if named:
        return f"{'; '.join(named)}."
    name, *values = row.cells
    listed = " · ".join(cell for cell in values if cell)
    return f"{name}: {listed}." if name and listed else f"{name or listed}."


def cells_under(row: TableRow, header: Sequence[str], columns: Sequence[int]) -> list[str]:
    """Each cell of a named row in these columns, between its names and a colon; nothing of rows of another shape."""
    if len(row.cells) != len(header) or not row.cells[0]:
        return []
    return [f"{row.cells[0]} ({plain(header[at])}): {row.cells[at]}" for at in columns if row.cells[at]]


def rows_of_column(rows: Sequence[TableRow], header: Sequence[str], columns: Sequence[int]) -> list[TableRow]:
    """The named rows with a figure in one of these columns; none where they are more than is read at a glance."""
    found = [
        row
        for row in rows
        if cells_under(row, header, columns)
        and any(number.is_figure for at in columns for number in numbers_in(row.cells[at]))
    ]
    return found if len(found) <= MAX_ROWS_OF_A_COLUMN else []


class AskedFigures:
    """The figures of a question, to be looked for in the names of a table's rows: a question may have hundreds of
    them, and a table hundreds of rows."""

    def __init__(self, asked: Iterable[Number]) -> None:
        kinds = (NumberKind.PLAIN, NumberKind.MONEY, NumberKind.PERCENT)
        wanted = [number for number in asked if number.kind in kinds]
        self._count = len(wanted)
        self._by_value: dict[float, set[int]] = defaultdict(set)
        for index, number in enumerate(wanted):
            for value, _ in number.values:
                self._by_value[value].add(index)

    def share_in(self, name: str, language: str) -> float:
        """Which part of them a row's name has: 8 and 12 in `8 to 12 m`."""
        if not self._count:
            return 0.0
        said = {value for number in numbers_in(name, language) for value, _ in number.values}
        return len(set().union(*(self._by_value[value] for value in said if value in self._by_value))) / self._count
