"""A document's tables as data, from the pages that its files hold: names of columns, and rows of texts.

- A table that goes on over pages is one table, as in `document.md` (`continued_tables` decides it for both). Names of
  columns that are printed again at the top of a page are left out.
- Names that stand over several columns are said with each of these: "2023 Sales", "2023 Costs". The reading of a page
  takes the first row as names of columns when nothing on the page says what they are.
- A cell that covers several rows is said in each of them, so that every row stands for itself. One that covers several
  columns is said in the first of them only: repeated, its figure would count twice.
- A table is known by its page and its number there, counted from 1 in reading order. The part of a table on a later
  page has a number as well, which names the whole table.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from data_ingestion.page_file import PageFile, StoredBlock, StoredTable
from document_structure.chunking.continued_tables import TableParts
from document_structure.chunking.page_text import BlockSpan, PageText, TableSpan
from document_structure.section_tree import Section, Structure, joined_path
from foundation.placed_box import PlacedBox
from pdf_reader.blocks import BlockKind, Provenance, Rect
from pdf_reader.tables.markdown import to_markdown

#: A cell that begins so is computed by spreadsheets: OWASP, "CSV Injection". The panel's CSV of costs does the same.
_COMPUTED = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
#: Signed amounts and lone dashes are nothing to compute.
_SIGNED_AMOUNT = re.compile(r"[+-]\s?[$€£¥]?\s?\d[\d.,'’\s]*%?|[-+]+")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row below the header. `cells` has a text for each column; `box` is the table's own when no row was told."""

    cells: tuple[str, ...]
    box: PlacedBox


@dataclass(frozen=True, slots=True)
class TableInfo:
    """`page` and `number` are where it begins; `boxes` has one for each page that it is on. `title` is what stands
    right above it, "" when nothing does. `columns` has a name for each column. Rows are counted without the header.
    Panel and API write the fields as JSON, in this order.
    """

    page: int
    number: int
    title: str
    heading_path: str
    columns: tuple[str, ...]
    row_count: int
    boxes: tuple[PlacedBox, ...]


@dataclass(frozen=True, slots=True)
class DocumentTable:
    """A table with its rows. `numbers` are the page and the number of each of its parts."""

    info: TableInfo
    numbers: tuple[tuple[int, int], ...]
    rows: tuple[TableRow, ...]

    def to_csv(self) -> str:
        """RFC 4180 with a header line. Texts that a spreadsheet would compute get an apostrophe before them."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(map(_safe_cell, self.info.columns))
        writer.writerows(map(_safe_cell, row.cells) for row in self.rows)
        return text.getvalue()


@dataclass(slots=True)
class _Growing:
    """A table whose later pages may still come."""

    page: int
    number: int
    title: str
    heading_path: str
    columns: tuple[str, ...]
    boxes: list[PlacedBox] = field(default_factory=list)
    numbers: list[tuple[int, int]] = field(default_factory=list)
    rows: list[TableRow] = field(default_factory=list)

    def whole(self) -> DocumentTable:
        boxes, row_count = tuple(self.boxes), len(self.rows)
        info = TableInfo(self.page, self.number, self.title, self.heading_path, self.columns, row_count, boxes)
        return DocumentTable(info, tuple(self.numbers), tuple(self.rows))


def tables_of(pages: Iterable[PageFile], outline: Sequence[Section] = ()) -> Iterator[DocumentTable]:
    """The tables of page files (`pages/{page}.json`) that come in page order; `outline` is that of `document.json`.

    Pages without tables may be left out. A table that goes on over the first page begins there.
    """
    sections = Structure(tuple(outline), "none", {})
    parts = TableParts({})
    growing: _Growing | None = None
    for page in pages:
        text, tables = _page_text(page)
        for number, (start, part) in enumerate(parts.of_page(text).items(), start=1):
            block, table = tables[start]
            if growing is None or not part.continues:
                if growing:
                    yield growing.whole()
                path = joined_path(sections.path_at(page.page, block.start)) if outline else ""
                growing = _Growing(page.page, number, part.title, path or page.heading_path, table.header)
            growing.boxes.append(PlacedBox(page.page, *block.boxes[0]))
            growing.numbers.append((page.page, number))
            has_header = part.rows[0] != start or not part.continues
            growing.rows += _rows(page.page, table, block.boxes[0], has_header=has_header)
    if growing:
        yield growing.whole()


def may_go_on(page: PageFile) -> bool:
    """Whether the first table of a page file may have begun on the page before."""
    blocks = [block for block in page.blocks if _is_shown(block)]
    tables = [block.table for block in blocks if block.table]
    return bool(tables) and (tables[0].continues or blocks[0].table is not None)


def _page_text(page: PageFile) -> tuple[PageText, dict[int, tuple[StoredBlock, StoredTable]]]:
    """The page's text put together again, and its tables by their place in it."""
    text = ""
    spans: list[BlockSpan] = []
    tables: dict[int, tuple[StoredBlock, StoredTable]] = {}
    for block in page.blocks:
        if not _is_shown(block):
            continue
        table, span = block.table, None
        own = block.text
        if table:
            own = to_markdown(table.rows, table.header_rows, table.spans)
            header_end = len(text) + len("\n".join(own.split("\n")[:2])) + 1
            x0, _, x1, _ = block.boxes[0]
            columns = len(table.header)
            span = TableSpan(columns, x0, x1, min(header_end, len(text) + len(own)), table.continues)
            tables[len(text)] = block, table
        spans.append(BlockSpan(_kind(block), len(text), len(text) + len(own), span))
        text += f"{own}\n\n"
    return PageText(page.page, text, tuple(spans)), tables


def _is_shown(block: StoredBlock) -> bool:
    """Whether a block counts for what stands above and below a table: running lines and stamps don't."""
    return block.table is not None or (block.end > block.start and block.kind != BlockKind.RUNNING_LINE)


def _kind(block: StoredBlock) -> BlockKind:
    """As the page was read: without tags, headings are found later, and they may be a table's title."""
    kind = BlockKind(block.kind)
    is_told = block.provenance == Provenance.TAGS
    return BlockKind.PARAGRAPH if kind is BlockKind.HEADING and not is_told else kind


def _rows(page: int, table: StoredTable, whole: Rect, *, has_header: bool) -> Iterator[TableRow]:
    """`whole` is the table's own box."""
    rows = [list(row) for row in table.rows]
    names = table.header_rows
    for cell in table.spans:
        for row in rows[cell.row + 1 : cell.row + cell.row_span]:
            row[cell.column] = row[cell.column] or rows[cell.row][cell.column]
    boxes = list(table.row_boxes)
    if len(boxes) != len(rows) - names:
        boxes = [whole] * (len(rows) - names)
    # Of what reads like names of columns and is none, no box is kept: it is above the first row that has one.
    above = (whole[0], whole[1], whole[2], boxes[0][1]) if boxes and boxes[0][1] > whole[1] else whole
    row_boxes = boxes if has_header else [above] * names + boxes
    for cells, box in zip(rows[names:] if has_header else rows, row_boxes, strict=True):
        yield TableRow(tuple(cells), PlacedBox(page, *box))


def _safe_cell(text: str) -> str:
    return f"'{text}" if _COMPUTED.match(text) and not _SIGNED_AMOUNT.fullmatch(text) else text
