"""Ingestion: the stages of one attempt, in order, overlapping what can overlap."""

import contextvars
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from heapq import merge

from data_ingestion.attempt import Attempt
from data_ingestion.enrichment.ports import Enrichment
from data_ingestion.image_uploads import ImageUploads
from data_ingestion.indexer import DocumentVersion, Indexed, Indexer
from data_ingestion.kept_points import PointsSpool
from data_ingestion.publishing import write_artifacts, write_files, write_points
from data_ingestion.reading import DocumentBuilder, ReadDocument
from data_ingestion.records import CutChunks, RecordFactory, cut_chunks
from document_structure.chunking import chunk_document
from document_structure.section_texts import SectionText, section_texts
from embeddings.language import declared_language
from foundation.errors import CancelledWorkError
from foundation.store_names import StoreName
from model_api.usage import Usage
from pdf_reader.document import ImageResult, PageImage, ReadOptions
from vector_stores import generations
from vector_stores.base import Record, VectorStore

Stores = Mapping[StoreName, VectorStore]


@dataclass(frozen=True, slots=True)
class Ingested:
    """A document that the stores serve now."""

    content_sha256: str
    document: ReadDocument
    enrichment: Enrichment
    #: By model.
    spent: dict[str, Usage]
    points: dict[StoreName, int]
    generation: str
    degraded: tuple[str, ...]
    processed_at: str

    @property
    def usage(self) -> Usage:
        """Of all models."""
        return sum(self.spent.values(), Usage())


def ingest(attempt: Attempt) -> Ingested:
    """Everything from the opened file to stores, images, links and metadata that readers see.

    Raises PermanentError for what no retry mends, TransientError for what one may, CancelledWorkError as soon as the
    lease or `attempt.held.progress` does. Until the flip readers see the old version whole.
    """
    uploads = ImageUploads(attempt.tools.artifacts.put_image, attempt.tools.threads)
    kept = PointsSpool(attempt.source.folder)
    try:
        document = _read(attempt, uploads)
        # Pinned: a migration that ends while the document is written must not get half of it.
        stores = {name: attempt.tools.stores[name].pinned() for name in attempt.claim.request.stores}
        enrichment, indexed = _describe_and_index(attempt, document, stores, kept)
        with attempt.stages.timed("upload-images", images=uploads.count):
            uploads.finish()
        _publish(attempt, document, enrichment, indexed, list(stores.values()), kept)
    except BaseException:
        kept.close()
        attempt.description.abandon()
        uploads.cancel()
        raise
    return Ingested(
        attempt.source.content_sha256,
        document,
        enrichment,
        attempt.spent,
        indexed.points,
        attempt.generation,
        (*document.shortcomings(), *enrichment.degraded),
        attempt.processed_at,
    )


def _read(attempt: Attempt, uploads: ImageUploads) -> ReadDocument:
    """All pages in order. Images are uploaded and contexts asked for while later pages are still being read.

    A page is asked about when its text is there; its image comes later.
    """
    tools, source, facts = attempt.tools, attempt.source, attempt.facts
    config = attempt.configured.app_config
    options = ReadOptions(
        image_dpi=config.image_dpi,
        image_format=config.image_format,
        image_quality=config.image_quality,
        ocr_languages=config.ocr_languages,
    )
    builder = DocumentBuilder(facts, config.category_of_color)
    attempt.lease.check("upload-images")
    with attempt.stages.timed("read", pages=facts.page_count) as found:
        promised: dict[int, tuple[PageImage, str]] = {}
        for part in tools.sandbox.read_texts_first(
            source.path, facts, options, source.folder, lambda: attempt.lease.check("read-pages")
        ):
            if isinstance(part, ImageResult):
                image, key = promised.pop(part.page)
                if part.loss:
                    builder.lose_image(part.page, part.loss)
                else:
                    uploads.add(image, key)
                continue
            # The model comes first: nothing else of a page is waited for before it is asked about.
            attempt.description.add_page(part)
            image_key = None
            if part.image:
                extension = part.image.path.suffix.removeprefix(".")
                image_key = tools.artifacts.image_key(
                    attempt.s3_key, source.content_sha256, part.number, extension
                )  # fmt: skip
                promised[part.number] = part.image, image_key
            builder.add(part, image_key)
            attempt.held.progress("read", part.number, facts.page_count)
        document = builder.finish()
        found.update(links=len(document.links), images=uploads.count)
    document.refuse_too_many_bad_pages(tools.max_bad_pages_percent)
    return document


def _describe_and_index(
    attempt: Attempt, document: ReadDocument, stores: Stores, kept: PointsSpool
) -> tuple[Enrichment, Indexed]:
    """Both at once: what is indexed waits for the context of its own page only, never for the whole description.

    Meanwhile the document's files are written, which wait for neither, once the chunks are cut.
    """
    pages = attempt.facts.page_count
    attempt.held.progress("index", pages, pages)
    is_over = threading.Event()
    with ThreadPoolExecutor(2, thread_name_prefix="beside") as threads:
        description = threads.submit(contextvars.copy_context().run, _describe, attempt, document)
        try:
            # Before the files: while those are written, the stores already take points.
            chunks = _cut(attempt, document) if stores.keys() - {"pages"} else cut_chunks(())
            files = threads.submit(contextvars.copy_context().run, _write_files, attempt, document, is_over)
            indexed = _index(attempt, document, stores, chunks, kept)
            files.result()
        except BaseException:
            is_over.set()  # so that both end soon, too
            attempt.description.abandon()
            raise
        return description.result(), indexed


def _describe(attempt: Attempt, document: ReadDocument) -> Enrichment:
    with attempt.stages.timed("enrich") as found:
        first_page = document.pages[0].text if document.pages else ""
        sections = SectionText.spool(section_texts(document.pages, document.structure))
        enrichment = attempt.description.finish(sections, first_page)
        found.update(calls=enrichment.usage.calls, cached_calls=enrichment.usage.cached_calls)
    return enrichment


def _write_files(attempt: Attempt, document: ReadDocument, is_over: threading.Event) -> None:
    def check() -> None:
        attempt.lease.check("write-files")
        if is_over.is_set():
            raise CancelledWorkError("the document was not indexed")

    with attempt.stages.timed("write-files"):
        write_files(attempt, document, check)


def _cut(attempt: Attempt, document: ReadDocument) -> CutChunks:
    config = attempt.configured.app_config
    with attempt.stages.timed("cut-chunks") as found:
        chunks = cut_chunks(
            chunk_document(
                document.pages,
                document.structure,
                max_tokens=config.chunk_tokens,
                overlap_tokens=config.chunk_overlap_tokens,
            )
        )
        found["chunks"] = len(chunks)
    return chunks


def _index(attempt: Attempt, document: ReadDocument, stores: Stores, chunks: CutChunks, kept: PointsSpool) -> Indexed:
    factory = RecordFactory(
        s3_key=attempt.s3_key,
        bucket=attempt.tools.artifacts.bucket,
        pdf_prefix=attempt.tools.artifacts.pdf_prefix,
        document_id=attempt.document_id,
        content_sha256=attempt.source.content_sha256,
        processed_at=attempt.processed_at,
        title=attempt.title,
        facts=attempt.facts,
        text_sources=document.text_sources,
        image_keys=document.image_keys,
        page_context=attempt.description.page_context,
    )
    version = DocumentVersion(attempt.document_id, attempt.generation, declared_language(attempt.facts.language))
    chunk_stores: list[StoreName] = [name for name in stores if name != "pages"]
    with (
        attempt.stages.timed("index") as found,
        Indexer(stores, attempt.embedding.embedder, version, attempt.lease, kept.add) as indexer,
    ):
        pages = factory.of_pages(document.pages, document.structure) if "pages" in stores else iter(())
        # In the order of the pages, which is that in which their contexts come.
        targets: list[Iterator[tuple[Record, list[StoreName]]]] = [
            ((record, ["pages"]) for record in pages),
            ((record, chunk_stores) for record in factory.of_chunks(chunks)),
        ]
        for record, names in merge(*targets, key=lambda target: target[0].metadata["page"]):
            indexer.add([record], names)
        indexed = indexer.finish()
        found.update(points=sum(indexed.points.values()), embedded=indexed.embedded, reused=indexed.reused)
    return indexed


def _publish(
    attempt: Attempt,
    document: ReadDocument,
    enrichment: Enrichment,
    indexed: Indexed,
    stores: list[VectorStore],
    kept: PointsSpool,
) -> None:
    described = {
        "constrained_category": enrichment.description.constrained_category,
        "document_title": enrichment.description.title or attempt.title,
    }
    with attempt.stages.timed("keep-points"):
        attempt.lease.check("keep-points")
        kept.finish(described, indexed.points)
        write_points(attempt, kept.path)
    with attempt.stages.timed("flip"):
        attempt.lease.check("flip-stores")
        generations.publish(stores, attempt.document_id, attempt.generation, described, indexed.points)
    with attempt.stages.timed("publish"):
        attempt.lease.check("write-artifacts")
        write_artifacts(attempt, document, enrichment)
