"""Runs a PDF through the pipeline's reader, structure and chunking, without AWS, and keeps everything for a look."""

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from data_ingestion.document_export import markdown_of
from data_ingestion.link_records import LinkCollector
from document_structure import Explanation, Structure, StructureAnalyser
from document_structure.chunking import Chunk, PageText, WholeTable, chunk_document, whole_tables
from document_structure.section_tree import joined_path
from foundation.app_config import AppConfig
from pdf_reader.document import DocumentFacts, Page, ReadOptions, SandboxLimits
from pdf_reader.link_record import LinkRecord
from pdf_reader.sandbox import PdfSandbox


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the pipeline sees in one document. Page images, when asked for, are files in the working folder."""

    name: str
    facts: DocumentFacts
    pages: list[Page]
    structure: Structure
    links: list[LinkRecord]
    chunks: list[Chunk]
    explanations: list[Explanation] = field(default_factory=list)

    def markdown(self) -> Iterator[str]:
        """The document as `document.md` holds it."""
        return markdown_of([PageText.of(page) for page in self.pages], self.structure)

    def as_json(self) -> dict[str, Any]:
        """As `inspect_pdf.py --json` prints it."""
        facts = asdict(self.facts)
        del facts["outline"], facts["page_labels"]
        return {
            "document": {"name": self.name, **facts, "structure_source": self.structure.source},
            "pages": [self._page_as_json(page) for page in self.pages],
            "sections": [section.to_json() for section in self.structure.sections],
            "links": [link.to_json() for link in self.links],
            "tables": [
                _table_as_json(table) for table in whole_tables(map(PageText.of, self.pages), self.structure.running)
            ],
            "chunks": [_chunk_as_json(chunk) for chunk in self.chunks],
            **({"why": [asdict(line) for line in self.explanations]} if self.explanations else {}),
        }

    def _page_as_json(self, page: Page) -> dict[str, Any]:
        return {
            "page": page.number,
            "label": self.facts.label(page.number),
            "outcome": page.outcome.value,
            "text_source": page.text_source,
            "heading_path": joined_path(self.structure.path_at(page.number)),
            "text": page.text,
            "width": page.width,
            "height": page.height,
            "blocks": [asdict(block) for block in page.blocks],
            "annotations": [asdict(annotation) for annotation in page.annotations],
            "hidden_text": page.hidden_text,
            "losses": list(page.losses),
            "notes": list(page.notes),
        }


def _table_as_json(table: WholeTable) -> dict[str, Any]:
    return {
        "page": table.pages[0],
        "pages": table.pages,
        "title": table.title,
        "markdown": "\n".join(table.markdown),
    }


def _chunk_as_json(chunk: Chunk) -> dict[str, Any]:
    return {
        "text": chunk.text,
        "heading_path": joined_path(chunk.heading_path),
        "page": chunk.page,
        "pages_spanned": list(chunk.pages_spanned),
        "tokens": chunk.tokens,
        "boxes": [box.as_json() for box in chunk.boxes],
    }


@dataclass(frozen=True, slots=True)
class ReadPdf:
    """A document as the reader gives it, before anything is made of its pages."""

    name: str
    facts: DocumentFacts
    pages: list[Page]


def read(
    path: Path,
    working_folder: Path,
    app_config: AppConfig,
    *,
    password: str | None = None,
    image_dpi: int | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> ReadPdf:
    """Read the document as the worker would, with default limits; `progress` gets pages done and in all.

    Images are made at `image_dpi`, else at AppConfig's (what is hidden shows in the image), and deleted unless it is
    given. Raises errors.PermanentError.
    """
    sandbox = PdfSandbox(SandboxLimits(), os.cpu_count() or 1)
    try:
        facts = sandbox.open(path, password=password)
        options = ReadOptions(image_dpi=image_dpi or app_config.image_dpi, ocr_languages=app_config.ocr_languages)
        pages = []
        for page in sandbox.read(path, facts, options, working_folder, lambda: None, password=password):
            pages.append(page)
            if page.image and image_dpi is None:
                page.image.path.unlink()
            progress(page.number, facts.page_count)
    finally:
        sandbox.close()
    return ReadPdf(path.name, facts, pages)


def inspect(pdf: ReadPdf, app_config: AppConfig, *, ignore_outline: bool = False, why: str | None = None) -> Inspection:
    """Find the document's structure and cut it as the worker would. With `why`, lines that have these words are
    explained."""
    analyser = StructureAnalyser(pdf.facts, ignore_outline=ignore_outline)
    links = LinkCollector(app_config.category_of_color)
    for page in pdf.pages:
        analyser.add(page)
        links.add(page)
    structure = analyser.finish()
    chunks = chunk_document(
        [PageText.of(page) for page in pdf.pages],
        structure,
        max_tokens=app_config.chunk_tokens,
        overlap_tokens=app_config.chunk_overlap_tokens,
    )
    explanations = analyser.explain(why, pdf.pages) if why else []
    return Inspection(pdf.name, pdf.facts, pdf.pages, structure, list(links.records()), list(chunks), explanations)
