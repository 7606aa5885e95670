"""Ingestion: the stages of one claimed document, in order, overlapping what can overlap."""

import contextvars
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from heapq import merge
from pathlib import Path

from data_ingestion.artifacts import Artifacts
from data_ingestion.document_files import document_file, markdown_of, page_files
from data_ingestion.embedding_account import EmbeddingAccount
from data_ingestion.enrichment.ports import DocumentBrief, Enricher, Enrichment, EnrichmentRun
from data_ingestion.image_uploads import ImageUploads
from data_ingestion.indexer import Indexed, Indexer
from data_ingestion.lease import Lease
from data_ingestion.reading import ReadDocument, read_document
from data_ingestion.records import RecordFactory
from data_ingestion.stages import Stages
from document_structure.chunking import Chunk, chunk_document
from document_structure.section_texts import section_texts
from embeddings.base import Embedder
from foundation.app_config import AppConfig
from foundation.store_names import StoreName
from ledger import Claim
from model_api.usage import Usage
from pdf_reader.document import DocumentFacts
from pdf_reader.sandbox import PdfSandbox
from vector_stores import generations
from vector_stores.base import Record, VectorStore

#: Page files being written at once.
FILES_IN_FLIGHT = 16


@dataclass(frozen=True, slots=True)
class Configured:
    """What follows from AppConfig; `model` is the one that describes; `shape` identifies everything but
    the PDF that shapes the result."""

    app_config: AppConfig
    enricher: Enricher
    model: str
    shape: str
    #: What an earlier version called the same settings.
    older_shapes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tools:
    """What every ingestion of this worker shares. `threads` upload images and wait for models."""

    artifacts: Artifacts
    sandbox: PdfSandbox
    stores: Mapping[StoreName, VectorStore]
    embedder: Embedder
    threads: ThreadPoolExecutor
    max_bad_pages_percent: float


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


class Ingestion:
    """One document. `progress(stage, pages_done, pages_total)` is told how far it is, and may raise to stop it."""

    def __init__(
        self,
        tools: Tools,
        configured: Configured,
        claim: Claim,
        stages: Stages,
        lease: Lease,
        progress: Callable[[str, int, int], None],
    ) -> None:
        self._tools = tools
        self._configured = configured
        self._claim = claim
        self._stages = stages
        self._lease = lease
        self._progress = progress
        self._s3_key = claim.request.s3_key
        self._document_id = claim.request.document_id
        self._description: EnrichmentRun | None = None
        self._embedding = EmbeddingAccount(tools.embedder, configured.app_config.prices)
        self._processed_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def run(self, pdf: Path, content_sha256: str, scratch: Path) -> Ingested:
        """Everything from the downloaded file to stores, images, links and metadata that readers see."""
        tools, stages = self._tools, self._stages
        self._scratch = scratch
        self._generation = f"{self._claim.generation:06d}-{content_sha256[:12]}"
        with stages.timed("open") as found:
            facts = tools.sandbox.open(pdf)
            found["pages"] = facts.page_count
        brief = DocumentBrief(self._s3_key, self._document_id, Path(self._s3_key).name, facts)
        self._description = self._configured.enricher.begin(brief, self._lease)
        uploads = ImageUploads(tools.artifacts.put_image, tools.threads)
        try:
            document = self._read(pdf, facts, content_sha256, scratch, uploads)
            enrichment, indexed = self._describe_and_index(document, content_sha256)
            with stages.timed("upload-images", images=uploads.count):
                uploads.finish()
        except BaseException:
            self._description.abandon()
            uploads.cancel()
            raise
        return self._publish(document, enrichment, indexed, content_sha256)

    @property
    def spent(self) -> dict[str, Usage]:
        """What each model has cost so far, also when the document came to nothing."""
        described = self._description.spent if self._description else Usage()
        return {self._configured.model: described, self._tools.embedder.name: self._embedding.spent}

    def _read(
        self, pdf: Path, facts: DocumentFacts, content_sha256: str, scratch: Path, uploads: ImageUploads
    ) -> ReadDocument:
        assert self._description is not None
        artifacts, pages = self._tools.artifacts, facts.page_count
        self._lease.check("upload-images")
        with self._stages.timed("read", pages=pages) as found:
            document = read_document(
                pdf,
                facts,
                sandbox=self._tools.sandbox,
                app_config=self._configured.app_config,
                scratch=scratch,
                image_key=lambda page, ext: artifacts.image_key(self._s3_key, content_sha256, page, ext),
                uploads=uploads,
                enrichment=self._description,
                lease=self._lease,
                progress=lambda done: self._progress("read", done, pages),
            )
            found.update(links=len(document.links), images=uploads.count)
        document.refuse_too_many_bad_pages(self._tools.max_bad_pages_percent)
        return document

    def _describe_and_index(self, document: ReadDocument, content_sha256: str) -> tuple[Enrichment, Indexed]:
        """Both at once: what is indexed waits for the context of its own page only, never for the whole description."""
        pages = document.facts.page_count
        self._progress("index", pages, pages)
        in_context = contextvars.copy_context().run
        with ThreadPoolExecutor(1, thread_name_prefix="describe") as thread:
            description = thread.submit(in_context, self._describe, document)
            try:
                indexed = self._index(document, content_sha256)
            except BaseException:
                self._abandon()  # so that the description ends soon, too
                raise
            return description.result(), indexed

    def _abandon(self) -> None:
        assert self._description is not None
        self._description.abandon()

    def _describe(self, document: ReadDocument) -> Enrichment:
        assert self._description is not None
        with self._stages.timed("enrich") as found:
            first_page = document.pages[0].text if document.pages else ""
            sections = list(section_texts(document.pages, document.structure))
            enrichment = self._description.finish(sections, first_page)
            found.update(calls=enrichment.usage.calls, cached_calls=enrichment.usage.cached_calls)
        return enrichment

    def _index(self, document: ReadDocument, content_sha256: str) -> Indexed:
        stores = self._stores
        factory = self._records(document, content_sha256)
        chunk_stores: list[StoreName] = [name for name in stores if name != "pages"]
        with (
            self._stages.timed("index") as found,
            Indexer(stores, self._embedding.embedder, self._document_id, self._generation, self._lease) as indexer,
        ):
            pages = factory.of_pages(document.pages, document.structure) if "pages" in stores else iter(())
            chunks = factory.of_chunks(self._chunks(document)) if chunk_stores else iter(())
            # In the order of the pages, which is that in which their contexts come.
            targets: list[Iterator[tuple[Record, list[StoreName]]]] = [
                ((record, ["pages"]) for record in pages),
                ((record, chunk_stores) for record in chunks),
            ]
            for record, names in merge(*targets, key=lambda target: target[0].metadata["page"]):
                indexer.add([record], names)
            indexed = indexer.finish()
            found.update(points=sum(indexed.points.values()), embedded=indexed.embedded, reused=indexed.reused)
        return indexed

    def _publish(
        self, document: ReadDocument, enrichment: Enrichment, indexed: Indexed, content_sha256: str
    ) -> Ingested:
        described = {
            "constrained_category": enrichment.metadata.get("constrained_category"),
            "document_title": enrichment.metadata.get("source_book_title") or self._title(document),
        }
        with self._stages.timed("write-files"):
            self._lease.check("write-files")
            self._write_files(document)
        with self._stages.timed("flip"):
            self._lease.check("flip-stores")
            generations.publish(
                list(self._stores.values()), self._document_id, self._generation, described, indexed.points
            )
        with self._stages.timed("publish"):
            self._lease.check("write-artifacts")
            self._write_artifacts(document, enrichment, content_sha256)
        degraded = (*document.shortcomings(), *enrichment.degraded)
        return Ingested(
            content_sha256,
            document,
            enrichment,
            self.spent,
            indexed.points,
            self._generation,
            degraded,
            self._processed_at,
        )

    @cached_property
    def _stores(self) -> dict[StoreName, VectorStore]:
        """Pinned: a migration that ends while the document is written must not get half of it."""
        return {name: self._tools.stores[name].pinned() for name in self._claim.request.stores}

    def _title(self, document: ReadDocument) -> str:
        return document.facts.title or Path(self._s3_key).stem

    def _records(self, document: ReadDocument, content_sha256: str) -> RecordFactory:
        assert self._description is not None
        artifacts = self._tools.artifacts
        return RecordFactory(
            s3_key=self._s3_key,
            bucket=artifacts.bucket,
            pdf_prefix=artifacts.pdf_prefix,
            document_id=self._document_id,
            content_sha256=content_sha256,
            processed_at=self._processed_at,
            title=self._title(document),
            facts=document.facts,
            text_sources=document.text_sources,
            image_keys=document.image_keys,
            page_context=self._description.page_context,
        )

    def _chunks(self, document: ReadDocument) -> Iterator[Chunk]:
        tuning = self._configured.app_config
        return chunk_document(
            document.pages,
            document.structure,
            max_tokens=tuning.chunk_tokens,
            overlap_tokens=tuning.chunk_overlap_tokens,
        )

    def _write_files(self, document: ReadDocument) -> None:
        """The files of this generation, before it is shown; nobody is led to them until the metadata names it."""
        artifacts, structure = self._tools.artifacts, document.structure
        folder = artifacts.files_folder(self._s3_key, self._generation)
        uploads: deque[Future[None]] = deque()
        for number, value in page_files(document.spool, document.facts, structure):
            uploads.append(self._tools.threads.submit(artifacts.put_file, f"{folder}pages/{number}.json", value))
            if len(uploads) >= FILES_IN_FLIGHT:
                uploads.popleft().result()
                self._lease.check("write-files")
        for upload in uploads:
            upload.result()
        document.spool.close()
        markdown = self._scratch / "document.md"
        with markdown.open("w", encoding="utf-8", errors="replace") as file:
            file.writelines(markdown_of(document.pages, structure))
        artifacts.put_markdown(f"{folder}document.md", markdown)
        described = document_file(document.facts, structure, document.pages, document.notes())
        artifacts.put_file(f"{folder}document.json", described)

    def _write_artifacts(self, document: ReadDocument, enrichment: Enrichment, content_sha256: str) -> None:
        """Links and metadata describe what the stores serve now, so they are written after the flip."""
        artifacts = self._tools.artifacts
        artifacts.put_links(self._s3_key, list(document.links.records()))
        earlier = artifacts.get_metadata(self._s3_key) or {}
        self._lease.check("write-metadata")
        artifacts.put_metadata(
            self._s3_key,
            {
                "document_id": self._document_id,
                "original_filename": Path(self._s3_key).name,
                "s3_pdf_path": artifacts.url(self._s3_key),
                **enrichment.metadata,
                "processing_timestamp": self._processed_at,
                "page_count": document.facts.page_count,
                "content_sha256": content_sha256,
                "generation": self._generation,
                "toc": [asdict(section) for section in document.structure.sections],
                # Of earlier versions, too: deleting the document deletes them all.
                "llm_cache_keys": sorted({*earlier.get("llm_cache_keys", ()), *enrichment.cache_keys}),
            },
        )
        # A store that this claim left alone may still point at images of the version before.
        if set(self._claim.previous.served) <= set(self._claim.request.stores):
            self._lease.check("prune-images")
            artifacts.prune_images(self._s3_key, content_sha256)
        self._lease.check("prune-files")
        artifacts.prune_files(self._s3_key, self._generation)
