"""Tables that go on over pages are one table: which ones do, and what their later rows must be told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from document_structure.chunking.page_text import BlockSpan, PageText, TableSpan
from document_structure.periods import is_only_period_or_unit
from document_structure.section_tree import Ranges
from pdf_reader.blocks import BlockKind

#: Both parts begin and end at about the same place: their text may be shorter or longer, in shares of the width.
MAX_EDGE_SHIFT = 0.2
#: What stands right above a table in a line this short is its title.
MAX_TITLE_CHARACTERS = 120
#: A title, the period and the unit.
MAX_TITLE_BLOCKS = 3


@dataclass(frozen=True, slots=True)
class TablePart:
    """One page's share of a table. `header` are the two lines (names, rule) that its rows stand under, `title` is what
    stands above the table's first part; `rows` is where the rows are in the page's text.

    `continues` says that the table began on an earlier page.
    """

    header: str
    title: str
    rows: tuple[int, int]
    continues: bool


class TableParts:
    """Takes the pages in order and tells what each of their tables is. `running` is `Structure.running`."""

    def __init__(self, running: Mapping[int, Ranges]) -> None:
        self._running = running
        #: The last table of the page before: with nothing behind it, and wherever it stands.
        self._open: tuple[TableSpan, TablePart] | None = None
        self._latest: tuple[TableSpan, TablePart] | None = None

    def of_page(self, page: PageText) -> dict[int, TablePart]:
        """The parts by the offset at which they start in the page's text."""
        blocks = [block for block in page.blocks if not _is_within(block, self._running.get(page.number, ()))]
        parts: dict[int, TablePart] = {}
        last: tuple[TableSpan, TablePart] | None = None
        latest: tuple[TableSpan, TablePart] | None = None
        for index, block in enumerate(blocks):
            if block.table is None:
                continue
            tagged = block.table.continues and not any(earlier.table for earlier in blocks[:index])
            carried = self._latest if tagged else self._open if index == 0 else None
            part = _part_of(page, block, block.table, blocks[:index], carried)
            parts[block.start] = part
            last = (block.table, part) if index == len(blocks) - 1 else None
            latest = (block.table, part)
        self._open, self._latest = last, latest
        return parts


def _part_of(
    page: PageText,
    block: BlockSpan,
    table: TableSpan,
    above: Sequence[BlockSpan],
    carried: tuple[TableSpan, TablePart] | None,
) -> TablePart:
    lines = page.text[block.start : block.end].split("\n")
    own = "\n".join(lines[:2])
    if carried and _fits(carried[0], table):
        earlier = carried[1]
        if lines[0] == earlier.header.split("\n")[0]:
            return TablePart(earlier.header, earlier.title, (table.header_end, block.end), continues=True)
        if table.continues or _is_row(lines[0], lines[2:]):
            return TablePart(earlier.header, earlier.title, (block.start, block.end), continues=True)
    return TablePart(own, _title(page, above), (table.header_end, block.end), continues=False)


def _fits(above: TableSpan, below: TableSpan) -> bool:
    if below.continues:
        return above.columns == below.columns
    width = max(above.right - above.left, below.right - below.left, 1.0)
    shift = max(abs(above.left - below.left), abs(above.right - below.right))
    return above.columns == below.columns and shift <= MAX_EDGE_SHIFT * width


def _is_row(first: str, rows: Sequence[str]) -> bool:
    """Whether the first line reads like those below it, not like names of columns: digits where they have digits."""
    cells = first.strip("| ").split(" | ")
    for column, cell in enumerate(cells[1:], start=1):
        below = [row.strip("| ").split(" | ") for row in rows[:5]]
        numeric = sum(len(row) > column and any(map(str.isdigit, row[column])) for row in below)
        if numeric and numeric * 2 >= len(below):
            return any(map(str.isdigit, cell))
    return not rows or not any(any(map(str.isdigit, row)) for row in rows)


def _title(page: PageText, above: Sequence[BlockSpan]) -> str:
    """What the last blocks before a table call it: a caption or a short line, and the period or unit below that."""
    titles: list[str] = []
    for block in reversed(above[-MAX_TITLE_BLOCKS:]):
        if block.kind not in (BlockKind.CAPTION, BlockKind.PARAGRAPH):
            break
        text = page.text[block.start : block.end].strip()
        if block.kind is not BlockKind.CAPTION and (len(text) > MAX_TITLE_CHARACTERS or text.endswith((".", ":"))):
            break
        titles.insert(0, text)
        if not is_only_period_or_unit(text):
            break
    return " ".join(titles)


def _is_within(block: BlockSpan, ranges: Ranges) -> bool:
    return block.table is None and any(start <= block.start and block.end <= end for start, end in ranges)


def rows_of(page: PageText, part: TablePart) -> str:
    """The rows' lines, without the rule that a first row which is no header has below it."""
    lines = page.text[slice(*part.rows)].split("\n")
    return "\n".join(line for index, line in enumerate(lines) if index != 1 or set(line) - set("|- "))


@dataclass(slots=True)
class WholeTable:
    """A table of the document with its pages and its Markdown."""

    pages: list[int]
    title: str
    markdown: list[str] = field(default_factory=list)


def whole_tables(pages: Iterable[PageText], running: Mapping[int, Ranges]) -> Iterator[WholeTable]:
    """The document's tables in order, those over several pages as one."""
    parts = TableParts(running)
    table: WholeTable | None = None
    for page in pages:
        for part in parts.of_page(page).values():
            if part.continues and table:
                table.pages.append(page.number)
            else:
                if table:
                    yield table
                table = WholeTable([page.number], part.title, [part.header])
            if rows := rows_of(page, part):
                table.markdown.append(rows)
    if table:
        yield table
