"""What a published document says of itself: `pdf-metadata/{document_id}.json` and its generation's `document.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_ingestion.artifacts import Artifacts
from document_structure.section_tree import Section


@dataclass(frozen=True, slots=True)
class DescribedPage:
    """A page as `document.json` lists it: its printed number, and its size in points."""

    label: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DocumentDescription:
    """A published document, without its pages' text.

    `generation` is empty for what version 0.1.0 stored, which has no files; `pages` is then empty too. `page_count` is
    0 where nobody wrote it.
    """

    title: str
    language: str
    summary: str
    content_sha256: str
    generation: str
    page_count: int
    outline: Sequence[Section]
    pages: Sequence[DescribedPage]

    def label(self, page: int) -> str:
        """The printed number of a page, from 1."""
        return self.pages[page - 1].label or str(page) if 0 < page <= len(self.pages) else str(page)


def describe_document(artifacts: Artifacts, s3_key: str, metadata: Mapping[str, Any]) -> DocumentDescription:
    """`metadata` is `artifacts.get_metadata(s3_key)`. One read of S3, none where there are no files."""
    generation = generation_of(metadata)
    file = artifacts.get_file(s3_key, generation, "document.json") if generation else None
    about = file or {}
    return DocumentDescription(
        title=str(metadata.get("source_book_title") or ""),
        language=str(metadata.get("language") or ""),
        summary=str(metadata.get("summary") or ""),
        content_sha256=str(metadata.get("content_sha256") or ""),
        generation=generation if file else "",
        page_count=int(about.get("page_count") or metadata.get("page_count") or 0),
        outline=outline_of(about.get("outline") or metadata.get("toc") or ()),
        pages=tuple(
            DescribedPage(str(page.get("label") or ""), float(page.get("width") or 0), float(page.get("height") or 0))
            for page in about.get("pages") or ()
        ),
    )


def outline_of(items: Sequence[Mapping[str, Any]]) -> tuple[Section, ...]:
    """Headings as `document.json` has them in `outline`, or the metadata in `toc`. Where nobody wrote its page that is
    0, and its offset -1."""
    return tuple(
        Section(
            level=int(item.get("level") or 1),
            title=str(item.get("title") or ""),
            page=int(item.get("page") or 0),
            offset=int(item.get("offset", -1)),
        )
        for item in items
    )


def generation_of(metadata: Mapping[str, Any]) -> str:
    """The generation whose files the metadata names; empty for what version 0.1.0 stored."""
    return str(metadata.get("generation") or "")
