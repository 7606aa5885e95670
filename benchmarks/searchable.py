"""PDFs as the worker makes them searchable, without queue, bucket or language model: read, cut, encoded, stored."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import Settings
from data_ingestion.indexer import DocumentVersion, Indexer
from data_ingestion.lease import NoLease
from data_ingestion.records import RecordFactory, cut_chunks
from document_structure import Structure, StructureAnalyser
from document_structure.chunking import PageText, chunk_document
from embeddings.base import Embedder
from embeddings.language import declared_language
from foundation.app_config import AppConfig
from foundation.store_names import StoreName
from pdf_reader.document import DocumentFacts, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from vector_stores import generations
from vector_stores.base import Record, VectorStore

GENERATION = "000001-benchmark"
PDF_PREFIX = "source-pdfs/"


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF as the pipeline sees it."""

    facts: DocumentFacts
    pages: list[PageText]
    structure: Structure


def offline_settings(qdrant_url: str, **changes: Any) -> Settings:
    """Settings for stores in that Qdrant and the static model; nothing of AWS is ever asked."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        **{
            "aws_s3_bucket_name": "benchmark",
            "sqs_queue_url": "none",
            "sqs_dlq_url": "none",
            "status_table_name": "none",
            "embedding_provider": "static",
            "enrichment": "extractive",
            "qdrant_url": qdrant_url,
            **changes,
        },
    )


def read(path: Path, *, ignore_outline: bool = False, processes: int | None = None) -> Document:
    """Read a PDF in the sandbox, for its text and structure only."""
    sandbox = PdfSandbox(SandboxLimits(), processes=processes or os.cpu_count() or 1)
    try:
        return read_in(sandbox, path, ignore_outline=ignore_outline)
    finally:
        sandbox.close()


def read_in(sandbox: PdfSandbox, path: Path, *, ignore_outline: bool = False) -> Document:
    """The same in a sandbox that goes on."""
    facts = sandbox.open(path)
    analyser = StructureAnalyser(facts, ignore_outline=ignore_outline)
    pages: list[PageText] = []
    options = ReadOptions(images=False, links=False, ocr=False)
    with tempfile.TemporaryDirectory() as working_folder:
        for page in sandbox.read(path, facts, options, Path(working_folder), check=lambda: None):
            analyser.add(page)
            pages.append(PageText.of(page))
    return Document(facts, pages, analyser.finish())


def make_records(document: Document, app_config: AppConfig, name: str) -> dict[StoreName, list[Record]]:
    """What the worker would store of the document `name`, without metadata that a model makes."""
    factory = RecordFactory(
        s3_key=PDF_PREFIX + name,
        bucket="benchmark",
        pdf_prefix=PDF_PREFIX,
        document_id=document_id(name),
        content_sha256="0" * 64,
        processed_at="",
        title=document.facts.title,
        facts=document.facts,
        text_sources={},
        image_keys={},
    )
    chunks = chunk_document(
        document.pages,
        document.structure,
        max_tokens=app_config.chunk_tokens,
        overlap_tokens=app_config.chunk_overlap_tokens,
    )
    return {
        "pages": list(factory.of_pages(document.pages, document.structure)),
        "semantic": list(factory.of_chunks(cut_chunks(chunks))),
    }


def store(
    records: Mapping[StoreName, list[Record]],
    stores: Mapping[StoreName, VectorStore],
    embedder: Embedder,
    name: str,
    language: str = "",
) -> None:
    """Encode a document's records, write them to the stores and publish them. `language` is what the PDF declares."""
    wanted = {kind: stores[kind] for kind in records}
    version = DocumentVersion(document_id(name), GENERATION, declared_language(language))
    with Indexer(wanted, embedder, version, NoLease()) as indexer:
        for kind, made in records.items():
            indexer.add(made, [kind])
        indexer.finish()
    generations.publish(list(wanted.values()), document_id(name), GENERATION)


def document_id(name: str) -> str:
    return f"benchmark-{name}"
