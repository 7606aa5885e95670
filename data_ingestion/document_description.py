"""What a published document says of itself: `pdf-metadata/{document_id}.json` and its generation's `document.json`."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_ingestion.artifacts import Artifacts
from data_ingestion.document_file import DocumentFile, ListedPage
from data_ingestion.document_metadata import DocumentMetadata
from document_structure.section_tree import Section


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
    pages: Sequence[ListedPage]

    def label(self, page: int) -> str:
        """The printed number of a page, from 1."""
        return self.pages[page - 1].label or str(page) if 0 < page <= len(self.pages) else str(page)


def describe_document(artifacts: Artifacts, s3_key: str, metadata: DocumentMetadata) -> DocumentDescription:
    """`metadata` is `artifacts.get_metadata(s3_key)`. One read of S3, none where there are no files."""
    generation, told = metadata.generation, metadata.description
    file = artifacts.get_document(s3_key, generation) if generation else None
    about = file or DocumentFile()
    return DocumentDescription(
        title=told.title or "",
        language=told.language or "",
        summary=told.summary or "",
        content_sha256=metadata.content_sha256,
        generation=generation if file else "",
        page_count=about.page_count or metadata.page_count,
        outline=about.outline or metadata.toc,
        pages=about.pages,
    )
