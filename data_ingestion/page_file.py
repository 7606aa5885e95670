"""A page's file, `pdf-metadata/{document_id}/{generation}/pages/{page}.json`; docs/document-files.md describes it.

Readers of these files know no keys, only these records. A file of any version is read: what it lacks has its default,
and what is unknown is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pdf_reader.blocks import Annotation, Cell, Rect

#: Of the JSON files; a change that a reader must know of counts it up.
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class StoredTable:
    """`rows` all have the same length, and the first `header_rows` of them are the header. `header` has a text for each
    column, and `row_boxes` a box for each row below the header. `continues`: tags make it one with the last table of
    the page before."""

    rows: tuple[tuple[str, ...], ...]
    header_rows: int = 0
    header: tuple[str, ...] = ()
    spans: tuple[Cell, ...] = ()
    row_boxes: tuple[Rect, ...] = ()
    continues: bool = False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises KeyError for a table without rows."""
        return cls(
            rows=tuple(map(tuple, value["rows"])),
            header_rows=int(value.get("header_rows") or 0),
            header=tuple(value.get("header") or ()),
            spans=tuple(
                Cell(cell["row"], cell["column"], cell["row_span"], cell["column_span"])
                for cell in value.get("spans") or ()
            ),
            row_boxes=_boxes(value.get("row_boxes") or ()),
            continues=bool(value.get("continues")),
        )

    def to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {
            "rows": self.rows,
            "header_rows": self.header_rows,
            "header": self.header,
            "spans": [
                {
                    "row": cell.row,
                    "column": cell.column,
                    "row_span": cell.row_span,
                    "column_span": cell.column_span,
                }
                for cell in self.spans
            ],
            "row_boxes": self.row_boxes,
        }
        if self.continues:
            value["continues"] = True
        return value


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block of a page. `boxes` are points of the page as it is shown, one a column that the block goes through.

    `kind` is a BlockKind, or one that a later version knows. `start` and `end` are its place in the page's text.
    `provenance` is a Provenance. `depth` is a list item's, 0 for the outermost list. `level` is a heading's, 1 for the
    highest. `language` is BCP 47, "" where tags name none.
    """

    kind: str
    text: str = ""
    boxes: tuple[Rect, ...] = ()
    start: int = 0
    end: int = 0
    provenance: str = ""
    depth: int | None = None
    level: int | None = None
    language: str = ""
    table: StoredTable | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises KeyError for a table without rows."""
        get = value.get
        table = get("table")
        return cls(
            str(get("kind") or ""),
            str(get("text") or ""),
            _boxes(get("boxes") or ()),
            get("start") or 0,
            get("end") or 0,
            get("provenance") or "",
            get("depth"),
            get("level"),
            get("language") or "",
            StoredTable.from_json(table) if table else None,
        )

    def to_json(self) -> dict[str, Any]:
        """`depth`, `level`, `language` and `table` only where there are such."""
        value: dict[str, Any] = {
            "kind": self.kind,
            "text": self.text,
            "boxes": self.boxes,
            "start": self.start,
            "end": self.end,
            "provenance": self.provenance,
        }
        if self.depth is not None:
            value["depth"] = self.depth
        if self.level is not None:
            value["level"] = self.level
        if self.language:
            value["language"] = self.language
        if self.table:
            value["table"] = self.table.to_json()
        return value


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page, counted from 1, with its blocks in reading order. `label` is its printed number; `width` and `height` are
    in points; `outcome`, `text_source`, `losses` and `notes` are those of `pdf_reader.document.Page`."""

    page: int
    blocks: tuple[StoredBlock, ...]
    label: str = ""
    heading_path: str = ""
    outcome: str = ""
    text_source: str = ""
    width: float = 0.0
    height: float = 0.0
    annotations: tuple[Annotation, ...] = ()
    losses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Raises KeyError for a file without page or blocks, and for a table without rows."""
        get = value.get
        return cls(
            page=value["page"],
            blocks=tuple(map(StoredBlock.from_json, value["blocks"])),
            label=str(get("label") or ""),
            heading_path=str(get("heading_path") or ""),
            outcome=str(get("outcome") or ""),
            text_source=str(get("text_source") or ""),
            width=get("width", 0.0),
            height=get("height", 0.0),
            annotations=tuple(
                Annotation(
                    kind=str(item.get("kind") or ""),
                    author=str(item.get("author") or ""),
                    text=str(item.get("text") or ""),
                    box=tuple(item.get("box") or ()),
                )
                for item in get("annotations") or ()
            ),
            losses=tuple(get("losses") or ()),
            notes=tuple(get("notes") or ()),
        )

    @classmethod
    def of_point(cls, page: int, metadata: Mapping[str, Any]) -> Self:
        """What the pages store tells of a page that has no file: that of a document of version 0.1.0."""
        get = metadata.get
        return cls(
            page=page,
            blocks=(),
            label=str(get("page_label") or page),
            heading_path=str(get("heading_path") or ""),
            text_source=str(get("text_source") or ""),
            width=float(get("page_width") or 0.0),
            height=float(get("page_height") or 0.0),
        )

    def to_json(self) -> dict[str, Any]:
        """As the file holds it."""
        return {
            "schema": SCHEMA_VERSION,
            "label": self.label,
            "heading_path": self.heading_path,
            "page": self.page,
            "outcome": self.outcome,
            "text_source": self.text_source,
            "width": self.width,
            "height": self.height,
            "blocks": [block.to_json() for block in self.blocks],
            "annotations": [
                {"kind": item.kind, "author": item.author, "text": item.text, "box": item.box}
                for item in self.annotations
            ],
            "losses": self.losses,
            "notes": self.notes,
        }


def _boxes(boxes: Iterable[Any]) -> tuple[Rect, ...]:
    return tuple(map(tuple, boxes))
