"""DataProcessor: one document end to end, and the only place that knows the order of the stages.

    plan ─ claim ─ download ─ open ─┬─ read ─ upload images ─┬─ chunk ─ embed ─ write (inactive) ─┬─ flip ─ publish ─ end
                                    └─ ask the model ────────┴────────────────────────────────────┘

Before the flip readers see the old version whole, after it the new one. Dying anywhere leaves an expired claim and
inactive points of a generation that the next attempt prunes.
"""

import contextvars
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import structlog

from config import AppConfig, StoreName
from data_ingestion.artifacts import Artifacts, SourceObject
from data_ingestion.chunking import chunk_document
from data_ingestion.enrichment.model import DocumentBrief, Enricher, Enrichment
from data_ingestion.history import History, outbox_item
from data_ingestion.image_uploads import ImageUploads
from data_ingestion.indexer import Indexer
from data_ingestion.ledger import Claim, ClaimRequest, Claims, Documents, DocumentState, DuplicateWorkError
from data_ingestion.ledger.table import Item
from data_ingestion.lifeline import Lifeline, Unattended
from data_ingestion.pdf.sandbox import PdfSandbox
from data_ingestion.plan import decide
from data_ingestion.reading import ReadDocument, read_document
from data_ingestion.records import RecordFactory
from data_ingestion.results import ProcessingResult, history_entry, refuse_too_many_bad_pages
from data_ingestion.sections import section_texts
from data_ingestion.stages import Stages
from embeddings.base import Embedder
from errors import CancelledByPersonError, CancelledWorkError, FailureCode, IngestionError, PermanentError
from vector_stores import generations
from vector_stores.base import VectorStore

log = structlog.get_logger("data_ingestion")

CacheBehavior = Literal["use", "rebuild"]
#: Images of all documents of this worker share these threads; S3 is slower than the readers.
UPLOAD_THREADS = 16


@dataclass(frozen=True, slots=True)
class Configured:
    """What follows from AppConfig; `shape` identifies everything but the PDF that shapes the result."""

    app_config: AppConfig
    enricher: Enricher
    shape: str


@dataclass(frozen=True, slots=True)
class Limits:
    max_pdf_megabytes: int
    max_bad_pages_percent: float


class DataProcessor:
    """Thread-safe: any number of documents at once. `configured` and `sandbox` are asked for when first needed."""

    def __init__(
        self,
        *,
        artifacts: Artifacts,
        documents: Documents,
        claims: Claims,
        history: History,
        stores: Mapping[StoreName, VectorStore],
        embedder: Embedder,
        sandbox: PdfSandbox,
        configured: Callable[[], Configured],
        limits: Limits,
    ) -> None:
        self._artifacts = artifacts
        self._documents = documents
        self._claims = claims
        self._history = history
        self._stores = stores
        self._embedder = embedder
        self._sandbox = sandbox
        self._configured = configured
        self._limits = limits
        self._threads = ThreadPoolExecutor(UPLOAD_THREADS, thread_name_prefix="upload")

    def close(self) -> None:
        """End the child processes and threads, and write what the history still waits for."""
        self._sandbox.close()
        self._threads.shutdown(cancel_futures=True)
        self._history.flush_if_due(force=True)

    def process_single_source(
        self,
        s3_key: str,
        target_stores: tuple[StoreName, ...] | None = None,
        *,
        cache_behavior: CacheBehavior = "use",
        run_id: str | None = None,
        delivery_id: str | None = None,
        lifeline: Lifeline | None = None,
    ) -> ProcessingResult:
        """Make the stores serve what S3 has under `s3_key` now; do nothing when they already do.

        `target_stores` None means all. `delivery_id` tells two messages about the same document apart. Raises
        PermanentError, TransientError, BusyError or CancelledWorkError; the ledger says the same, and the version that
        was served before is served on.
        """
        lifeline = lifeline or Unattended()
        stores = target_stores or tuple(self._stores)
        configured = self._configured()
        document_id = self._artifacts.document_id(s3_key)
        source = self._artifacts.find_source(s3_key)
        seen = self._documents.get(document_id)
        if source is None and seen and seen["state"] == DocumentState.DELETED:
            return self._skip(s3_key, seen, run_id, "deleted since")
        etag = source.etag if source else ""
        plan = decide(seen, stores=stores, shape=configured.shape, cache_behavior=cache_behavior, etag=etag)
        if seen and not plan.is_needed:
            return self._skip(s3_key, seen, run_id, plan.reason)
        request = ClaimRequest(document_id, s3_key, etag, plan.stores, cache_behavior, run_id, delivery_id)
        try:
            with self._claimed(request, seen, lifeline) as claim:
                result = self._ingest(claim, source, configured, lifeline)
        except DuplicateWorkError:
            return ProcessingResult(s3_key, DocumentState.SKIPPED, "another delivery is doing the same")
        self._history.flush_if_due()
        return result

    def remove_source(self, s3_key: str, *, delivery_id: str | None = None, lifeline: Lifeline | None = None) -> None:
        """Remove everything derived from a source that is gone: points, images, links, metadata, history.

        Does nothing while the object is there: then the removal is older than what was put back.
        """
        lifeline = lifeline or Unattended()
        if self._artifacts.find_source(s3_key):
            log.info("removal ignored", s3_key=s3_key, reason="the object is there again")
            return
        document_id = self._artifacts.document_id(s3_key)
        seen = self._documents.get(document_id)
        request = ClaimRequest(document_id, s3_key, "", tuple(self._stores), "rebuild", None, delivery_id)
        try:
            with self._claimed(request, seen, lifeline) as claim:
                stages = Stages()
                with stages.timed("remove") as found:
                    lifeline.check("remove-points")
                    generations.remove(list(self._stores.values()), document_id)
                    found["objects"] = self._artifacts.delete_derived(s3_key)
                    self._configured().enricher.forget(document_id)
                empty: Item = {"served": {}, "points": {}, "content_sha256": None, "links": 0, "images": 0}
                version = outbox_item(document_id, s3_key, None, claim.generation)
                lifeline.check("end")
                self._claims.end(claim, DocumentState.DELETED, empty, outbox=version)
        except DuplicateWorkError:
            return
        self._history.flush_if_due()

    def record_failure(self, s3_key: str, code: FailureCode, message: str) -> None:
        """Say in the ledger that the document was given up, when nothing else could say it (its retries ran out)."""
        document_id = self._artifacts.document_id(s3_key)
        self._documents.mark_failed(document_id, s3_key, code, message)

    def _skip(self, s3_key: str, seen: Item, run_id: str | None, reason: str) -> ProcessingResult:
        self._claims.skip(seen, run_id)
        log.info("document skipped", s3_key=s3_key, reason=reason)
        self._history.flush_if_due()
        return ProcessingResult(s3_key, DocumentState.SKIPPED, reason, pages=seen.get("pages_total", 0))

    @contextmanager
    def _claimed(self, request: ClaimRequest, seen: Item | None, lifeline: Lifeline) -> Iterator[Claim]:
        """Hold the claim while the block works, and record in the ledger whatever stops it."""
        lifeline.check("claim")
        claim = self._claims.take(request, seen, lifeline.remaining_seconds)
        lifeline.on_beat(lambda seconds: self._claims.renew(claim, seconds))
        try:
            yield claim
        except PermanentError as error:
            self._end_unfinished(claim, DocumentState.FAILED, error.code, str(error))
            raise
        except CancelledByPersonError as error:
            self._end_unfinished(claim, DocumentState.CANCELLED, None, str(error))
            raise
        except CancelledWorkError as error:
            if error.code is None:
                self._end_unfinished(claim, DocumentState.QUEUED, None, str(error))
            raise
        except IngestionError as error:
            self._end_unfinished(claim, DocumentState.QUEUED, error.code, str(error))
            raise
        except Exception as error:
            self._end_unfinished(claim, DocumentState.QUEUED, FailureCode.INTERNAL, f"{type(error).__name__}: {error}")
            raise

    def _end_unfinished(
        self, claim: Claim, state: DocumentState, code: FailureCode | None, message: str
    ) -> None:
        """Give the claim up without a result. That this fails too must not hide the first failure."""
        result: Item = {"message": message[:1_000], **({"code": code} if code else {})}
        outbox = None
        if state is DocumentState.FAILED:
            entry = history_entry({**claim.previous, "state": state}, "", self._claims.now())
            outbox = outbox_item(claim.request.document_id, claim.request.s3_key, entry, claim.generation)
        try:
            self._claims.end(claim, state, result, outbox=outbox)
        except (CancelledWorkError, IngestionError) as error:
            log.warning("ledger not told", s3_key=claim.request.s3_key, state=str(state), reason=str(error))

    def _ingest(
        self, claim: Claim, source: SourceObject | None, configured: Configured, lifeline: Lifeline
    ) -> ProcessingResult:
        request = claim.request
        if source is None:
            raise PermanentError(FailureCode.SOURCE_MISSING, f"there is no object {request.s3_key}")
        if source.size > self._limits.max_pdf_megabytes << 20:
            limit = self._limits.max_pdf_megabytes
            raise PermanentError(FailureCode.TOO_LARGE, f"{source.size >> 20} MB are more than the limit of {limit} MB")
        stages = Stages()
        with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
            scratch = Path(folder)
            pdf = scratch / "source.pdf"
            with stages.timed("download", bytes=source.size):
                sha256 = self._artifacts.download_source(source, pdf)
            plan = decide(
                claim.previous or None, stores=request.stores, shape=configured.shape,
                cache_behavior=request.cache_behavior, content_sha256=sha256,
            )  # fmt: skip
            if not plan.is_needed:
                return self._end_unchanged(claim)
            with stages.timed("open") as found:
                facts = self._sandbox.open(pdf)
                found["pages"] = facts.page_count
            brief = DocumentBrief(request.s3_key, request.document_id, Path(request.s3_key).name, facts)
            enrichment = configured.enricher.begin(brief, lifeline)
            document = self._read(claim, pdf, scratch, sha256, brief, enrichment, configured, stages, lifeline)
        return self._publish(claim, source, sha256, document, enrichment, brief, configured, stages, lifeline)
