"""The document model: a page is a list of blocks in reading order. The terms are those of HTML, PDF/UA and docling.

Boxes are PDF points of the page as it is displayed, origin top left: x0, y0, x1, y1. Offsets count characters of
`Page.text`, which is the page's blocks as Markdown.
"""

from dataclasses import dataclass
from enum import StrEnum

#: x0, y0, x1, y1
Rect = tuple[float, float, float, float]


class BlockKind(StrEnum):
    """What a block is. Without tags, `heading` is only known when the whole document was read.

    The text of a `figure` is its alternate text, which its author wrote for those who don't see it.
    """

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"
    FORM_FIELD = "form_field"
    FOOTNOTE = "footnote"
    CAPTION = "caption"
    FIGURE = "figure"
    RUNNING_LINE = "running_line"
    STAMP = "stamp"


class Provenance(StrEnum):
    """Where a block comes from."""

    LAYOUT = "layout"
    TAGS = "tags"
    OCR = "ocr"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that covers more than its own place in `Table.rows`."""

    row: int
    column: int
    row_span: int
    column_span: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `text[start:end]` of its page is `markdown`.

    `rows` all have the same length; "" stands for a blank cell and for places that a cell of `spans` covers. The first
    `header_rows` of them are its header; `header` says for each column what the header's cells over it say, from top
    to bottom. `row_boxes` has a box for each row below the header. `continues` says that tags make it one with the last
    table of the page before; without tags that is found later.
    """

    bbox: Rect
    rows: tuple[tuple[str, ...], ...]
    markdown: str
    start: int
    end: int
    header_rows: int = 1
    spans: tuple[Cell, ...] = ()
    row_boxes: tuple[Rect, ...] = ()
    continues: bool = False

    @property
    def header(self) -> tuple[str, ...]:
        return flat_header(self.rows, self.header_rows, self.spans)


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `text` is what is printed, without Markdown's marks; `boxes` has one box a column.

    `start` and `end` are its place in `Page.text`; both are the same for what the page's text leaves out (stamps, and
    numbers that count lines). `depth` is that of a list item, 0 for the outermost list, and of a tagged heading, 1 for
    the highest. `language` is a BCP 47 code where tags name one.
    """

    kind: BlockKind
    text: str
    boxes: tuple[Rect, ...]
    start: int
    end: int
    depth: int = 0
    provenance: Provenance = Provenance.LAYOUT
    table: Table | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a reviewer left on a page: `kind` is PDF's subtype in lower case (text, highlight, freetext, …)."""

    kind: str
    author: str
    text: str
    box: Rect


def flat_header(rows: tuple[tuple[str, ...], ...], header_rows: int, spans: tuple[Cell, ...]) -> tuple[str, ...]:
    """The header as one row: a cell over several columns is said with each of them."""
    if not rows:
        return ()
    said: list[list[str]] = [[] for _ in rows[0]]
    widths = {(cell.row, cell.column): cell.column_span for cell in spans}
    for row in range(min(header_rows, len(rows))):
        for column, text in enumerate(rows[row]):
            for covered in range(column, min(column + widths.get((row, column), 1), len(said))):
                if text and said[covered][-1:] != [text]:
                    said[covered].append(text)
    return tuple(" ".join(texts) for texts in said)
