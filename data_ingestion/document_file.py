"""A document's file, `pdf-metadata/{document_id}/{generation}/document.json`; docs/document-files.md describes it.

Readers of these files know no keys, only these records. A file of any version is read: what it lacks has its default,
and what is unknown is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from data_ingestion.page_file import SCHEMA_VERSION
from document_structure.section_tree import Section


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page, counted from 1. `label` is its printed number; `width` and `height` are in points.

    `table_count` is None in files of versions before 0.2.0, which didn't count.
    """

    page: int
    label: str = ""
    width: float = 0.0
    height: float = 0.0
    table_count: int | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        get = value.get
        return cls(
            page=int(get("page") or 0),
            label=str(get("label") or ""),
            width=get("width") or 0.0,
            height=get("height") or 0.0,
            table_count=get("tables"),
        )

    def to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {"page": self.page, "label": self.label, "width": self.width, "height": self.height}
        if self.table_count is not None:
            value["tables"] = self.table_count
        return value


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """The outline, the list of pages, and notes for people. `title` and `language` are what the PDF says of itself.

    `outline_source` is a `document_structure.section_tree.Source`. `page_count` is 0 where nobody wrote it.
    """

    title: str = ""
    language: str = ""
    page_count: int = 0
    outline_source: str = ""
    outline: tuple[Section, ...] = ()
    pages: tuple[ListedPage, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        get = value.get
        return cls(
            title=str(get("title") or ""),
            language=str(get("language") or ""),
            page_count=int(get("page_count") or 0),
            outline_source=str(get("outline_source") or ""),
            outline=tuple(map(Section.from_json, get("outline") or ())),
            pages=tuple(map(ListedPage.from_json, get("pages") or ())),
            notes=tuple(get("notes") or ()),
        )

    def to_json(self) -> dict[str, Any]:
        """As the file holds it."""
        return {
            "schema": SCHEMA_VERSION,
            "title": self.title,
            "language": self.language,
            "page_count": self.page_count,
            "outline_source": self.outline_source,
            "outline": [section.to_json() for section in self.outline],
            "pages": [page.to_json() for page in self.pages],
            "notes": self.notes,
        }
