"""What a tagged table is as a whole, whichever pages it is on: its rows of cells, and where each cell stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from pdf_reader.tags.elements import Element, UnsoundTagsError
from pdf_reader.tags.roles import CELLS, TABLE_PARTS
from pdf_reader.tags.tree import StructureTree

#: A table with more cells, or wider, is none for people.
MAX_CELLS = 50_000
MAX_COLUMNS = 200
#: This share of a table's rows are as wide as its widest; else what is printed tells where the cells stand.
LIKE_WIDTH = 0.5


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A cell in its table: row and column of its upper left corner, and how many of each it covers."""

    xref: int
    row: int
    column: int
    row_span: int
    column_span: int
    heads_column: bool


@dataclass(frozen=True, slots=True)
class TableShape:
    """Cells by row; for each row the object number of the page on which it begins, 0 for one without content.

    `header_rows` is how many at the top are tagged as names of columns, 0 when none are. `width` is 0 when rows don't
    agree about it.
    """

    rows: tuple[tuple[PlacedCell, ...], ...]
    pages: tuple[int, ...]
    width: int
    header_rows: int

    def began_before(self, row: int) -> bool:
        """Whether a row above stands on another page than this one."""
        return any(page and page != self.pages[row] for page in self.pages[:row])


def shape_of(tree: StructureTree, table: Element) -> TableShape:
    """Raises UnsoundTagsError when the element holds too much, or the same cell twice."""
    placed: list[tuple[PlacedCell, ...]] = []
    covered: dict[tuple[int, int], bool] = {}
    in_head: list[bool] = []
    pages: list[int] = []
    seen: set[int] = set()
    for number, (row, section) in enumerate(_rows(tree, table)):
        cells = []
        column = 0
        for kid in tree.kids(row):
            if not isinstance(kid, Element) or kid.role not in CELLS:
                continue
            if kid.xref in seen:
                raise UnsoundTagsError("a cell that is in two places")
            seen.add(kid.xref)
            if len(seen) > MAX_CELLS:
                raise UnsoundTagsError(f"a table of more than {MAX_CELLS} cells")
            while (number, column) in covered:
                column += 1
            said = tree.cell_attributes(kid)
            if column + said.column_span > MAX_COLUMNS:
                raise UnsoundTagsError(f"a table of more than {MAX_COLUMNS} columns")
            for below in range(1, said.row_span):
                for beside in range(said.column_span):
                    covered[number + below, column + beside] = True
            heads = kid.role == "TH" and said.scope != "Row"
            cells.append(PlacedCell(kid.xref, number, column, said.row_span, said.column_span, heads))
            column += said.column_span
        placed.append(tuple(cells))
        pages.append(tree.first_page(row))
        in_head.append(section == "THead")
    if not seen:
        raise UnsoundTagsError("a table without cells")
    width = _width_of(placed, covered)
    return TableShape(tuple(placed), tuple(pages), width, _header_rows(placed, in_head))


def _rows(tree: StructureTree, table: Element) -> Iterator[tuple[Element, str]]:
    """The rows in order, each with the part of the table that it is in."""
    for kid in tree.kids(table):
        if not isinstance(kid, Element):
            continue
        if kid.role == "TR":
            yield kid, ""
        elif kid.role in TABLE_PARTS:
            for row in tree.kids(kid):
                if isinstance(row, Element) and row.role == "TR":
                    yield row, kid.role


def _width_of(rows: list[tuple[PlacedCell, ...]], covered: dict[tuple[int, int], bool]) -> int:
    """The columns of the table: those of nearly all of its rows."""
    rightmost: dict[int, int] = {}
    for row, column in covered:
        rightmost[row] = max(rightmost.get(row, 0), column + 1)
    widths = []
    for number, cells in enumerate(rows):
        own = cells[-1].column + cells[-1].column_span if cells else 0
        widths.append(max(own, rightmost.get(number, 0)))
    widest = max(widths)
    return widest if sum(width == widest for width in widths) >= LIKE_WIDTH * len(widths) else 0


def _header_rows(rows: list[tuple[PlacedCell, ...]], in_head: list[bool]) -> int:
    count = 0
    for cells, heads in zip(rows, in_head, strict=True):
        # The corner above names of rows often is an ordinary cell.
        if not heads and not (cells and all(cell.heads_column for cell in cells[1:] or cells)):
            break
        count += 1
    return count if count < len(rows) else 0
