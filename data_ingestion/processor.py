"""DataProcessor: one document end to end, held together by its claim.

    plan ─ claim ─ download ─┬─ read ─ upload images ─┬─ chunk ─ embed ─ write (inactive) ─ flip ─ publish ─ end
                             └─ ask the model ────────┘

This module plans, claims, and ends in the ledger whatever way the work went; `attempt.py` is what the work is done
with, `ingestion.py` the work itself. Before the flip readers see the old version whole, after it the new one. Dying
anywhere leaves an expired claim and inactive points of a generation that the next attempt prunes.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial

import structlog

from data_ingestion.artifacts import SourceObject
from data_ingestion.attempt import Attempt, Configured, HeldDocument, SourceFile, Tools
from data_ingestion.document_ledger import DocumentLedger
from data_ingestion.document_metadata import DocumentMetadata
from data_ingestion.ending import Ending, ending_of
from data_ingestion.ingestion import Ingested, ingest
from data_ingestion.lease import Lease, NoLease
from data_ingestion.plan import decide
from data_ingestion.results import (
    ProcessingResult,
    document_result,
    removed_result,
    spending,
    unchanged_result,
)
from data_ingestion.stages import Stages
from data_ingestion.temporary_folder import document_folder
from foundation.errors import CancelledByPersonError, CancelledWorkError, FailureCode, IngestionError, PermanentError
from foundation.store_names import StoreName
from ledger import Claim, ClaimRequest, DocumentRecord, DocumentState, DuplicateWorkError
from ledger.deaths import read_deaths
from ledger.history_entry import HistoryEntry
from ledger.records import CacheBehavior
from model_api.usage import Usage
from vector_stores import generations

log = structlog.get_logger("data_ingestion")


class DataProcessor:
    """Thread-safe: any number of documents at once.

    `configured` gives what AppConfig says now. `on_waste` gets what an attempt that came to nothing has spent.
    """

    def __init__(
        self,
        *,
        tools: Tools,
        ledger: DocumentLedger,
        configured: Callable[[], Configured],
        default_stores: tuple[StoreName, ...],
        max_pdf_megabytes: int,
        on_waste: Callable[[Usage], None],
    ) -> None:
        self._tools = tools
        self._artifacts = tools.artifacts
        self._documents = ledger.documents
        self._claims = ledger.claims
        self._runs = ledger.runs
        self._history = ledger.history
        self._configured = configured
        self._default_stores = default_stores
        self._max_pdf_megabytes = max_pdf_megabytes
        self._on_waste = on_waste

    def process_single_source(
        self,
        s3_key: str,
        target_stores: tuple[StoreName, ...] | None = None,
        *,
        cache_behavior: CacheBehavior = "use",
        run_id: str | None = None,
        delivery_id: str | None = None,
        lease: Lease | None = None,
    ) -> ProcessingResult:
        """Make the stores serve what S3 has under `s3_key` now; do nothing when they already do.

        `target_stores` None means the configured ones. `delivery_id` tells two messages about one document apart.
        Raises PermanentError, TransientError, BusyError or CancelledWorkError. The ledger then says the same, and the
        version that was served before is served on.
        """
        lease = lease or NoLease()
        configured = self._configured()
        document_id = self._artifacts.document_id(s3_key)
        source = self._artifacts.find_source(s3_key)
        etag = source.etag if source else ""
        seen, is_alone = self._look(document_id, etag, lease)
        if source is None and seen and seen.state is DocumentState.DELETED:
            return self._skip(s3_key, seen, run_id, "deleted since")
        stores = target_stores or self._default_stores
        plan = decide(seen, stores=stores, shapes=configured.shapes, cache_behavior=cache_behavior, etag=etag)
        if seen and not plan.is_needed and not _was_left(seen):
            return self._skip(s3_key, seen, run_id, plan.reason)
        request = ClaimRequest(document_id, s3_key, etag, plan.stores, cache_behavior, run_id, delivery_id, is_alone)
        try:
            with self._claimed(request, seen, lease) as claim:
                log.info("document claimed", s3_key=s3_key, attempt=claim.attempt, reason=plan.reason)
                if run_id and (reason := self._runs.why_stopped(run_id)):
                    raise CancelledByPersonError(reason)
                result = self._process(claim, source, configured, lease)
        except DuplicateWorkError:
            return self._leave_to_other(request)
        self._history.flush_soon()
        return result

    def remove_source(self, s3_key: str, *, delivery_id: str | None = None, lease: Lease | None = None) -> bool:
        """Remove everything derived from a source that is gone: points, images, links, metadata, answers, history.

        Does nothing, and returns False, while the object is there (then the removal is older than what was put back)
        or when it has been done before, or nothing was ever made of it.
        """
        lease = lease or NoLease()
        document_id = self._artifacts.document_id(s3_key)
        seen, is_alone = self._look(document_id, "", lease)
        # Nothing is known of a document that was erased: the events of that must not leave a trace of their own.
        is_gone = seen.state is DocumentState.DELETED if seen else self._artifacts.get_stored_metadata(s3_key) is None
        if self._artifacts.find_source(s3_key) or is_gone:
            log.info("removal not needed", s3_key=s3_key)
            return False
        request = ClaimRequest(
            document_id, s3_key, "", tuple(self._tools.stores), "rebuild", None, delivery_id, is_alone
        )
        try:
            with self._claimed(request, seen, lease) as claim:
                with Stages().timed("remove", s3_key=s3_key) as found:
                    lease.check("remove-points")
                    generations.remove(list(self._tools.stores.values()), document_id)
                    # The metadata lists the stored answers; it goes last, so that a second try finds them still.
                    metadata = self._artifacts.get_metadata(s3_key) or DocumentMetadata()
                    lease.check("remove-objects")
                    self._artifacts.delete_answers(list(metadata.answer_keys))
                    found["objects"] = self._artifacts.delete_derived(s3_key)
                outbox = self._history.outbox_item(document_id, s3_key, None, claim.generation)
                lease.check("end")
                self._claims.end(claim, DocumentState.DELETED, removed_result(), outbox=outbox)
        except DuplicateWorkError:
            return False
        self._history.flush_soon()
        return True

    def record_failure(self, s3_key: str, code: FailureCode, message: str) -> None:
        """Say that the document was given up, when the queue decided so: its retries ran out."""
        self._claims.give_up(self._artifacts.document_id(s3_key), s3_key, code, message)

    def _look(self, document_id: str, etag: str, lease: Lease) -> tuple[DocumentRecord | None, bool]:
        """What the ledger says, and whether the document is alone in this worker from now on: a worker has died of it,
        or of another one beside it."""
        seen = self._documents.get(document_id)
        if not read_deaths(seen, etag, time.time()).is_suspect:
            return seen, False
        lease.isolate()
        return self._documents.get(document_id), True

    def _skip(self, s3_key: str, seen: DocumentRecord, run_id: str | None, reason: str) -> ProcessingResult:
        self._claims.skip(seen.document_id, run_id)
        log.info("document skipped", s3_key=s3_key, reason=reason)
        self._history.flush_soon()
        return ProcessingResult(s3_key, DocumentState.SKIPPED, reason, pages=seen.pages_total)

    def _leave_to_other(self, request: ClaimRequest) -> ProcessingResult:
        held = self._documents.get(request.document_id)
        if held is None or request.run_id != held.run_id:  # of its own run the other one counts it
            self._claims.skip(request.document_id, request.run_id)
        return ProcessingResult(request.s3_key, DocumentState.SKIPPED, "another delivery is doing the same")

    @contextmanager
    def _claimed(self, request: ClaimRequest, seen: DocumentRecord | None, lease: Lease) -> Iterator[Claim]:
        """Hold the claim while the block works, and record in the ledger whatever stops it."""
        lease.check("claim")
        claim = self._claims.take(request, seen, lease.remaining_seconds)
        lease.on_beat(lambda seconds: self._claims.renew(claim, seconds))
        try:
            yield claim
        except Exception as error:
            self._end_unfinished(claim, ending_of(error))
            raise

    def _end_unfinished(self, claim: Claim, ending: Ending) -> None:
        """Give the claim up without a result. When this fails too, the first failure is still the one to tell."""
        result = ending.result
        outbox = None
        if ending.state is DocumentState.FAILED:
            entry = HistoryEntry.of(claim.previous.with_result(ending.state, result))
            outbox = self._history.outbox_item(claim.request.document_id, claim.request.s3_key, entry, claim.generation)
        try:
            self._claims.end(claim, ending.state, result, outbox=outbox, spending=claim.spent)
            self._history.flush_soon()
        except (CancelledWorkError, IngestionError) as error:
            log.warning("ledger not told", s3_key=claim.request.s3_key, state=str(ending.state), reason=str(error))

    def _process(
        self, claim: Claim, source: SourceObject | None, configured: Configured, lease: Lease
    ) -> ProcessingResult:
        request = claim.request
        if source is None:
            raise PermanentError(FailureCode.SOURCE_MISSING, f"there is no object {request.s3_key}")
        if source.size > self._max_pdf_megabytes << 20:
            limit = f"{source.size >> 20} MB is more than the limit of {self._max_pdf_megabytes} MB"
            raise PermanentError(FailureCode.TOO_LARGE, limit)
        for store in request.stores:  # before anything is paid for
            self._tools.stores[store].check_fit()
        stages = Stages()
        with document_folder() as folder:
            pdf = folder / "source.pdf"
            with stages.timed("download", bytes=source.size):
                sha256 = self._artifacts.download_source(source, pdf)
            plan = decide(
                claim.previous,
                stores=request.stores,
                shapes=configured.shapes,
                cache_behavior=request.cache_behavior,
                content_sha256=sha256,
            )
            if not plan.is_needed:
                return self._end_unchanged(claim)
            held = HeldDocument(claim, lease, partial(self._claims.progress, claim))
            attempt = Attempt.begin(self._tools, configured, held, SourceFile(pdf, sha256, folder), stages)
            try:
                ingested = ingest(attempt)
            except BaseException:
                claim.spent = spending(attempt.spent)
                self._on_waste(sum(attempt.spent.values(), Usage()))
                raise
        return self._end(claim, source, configured, ingested, stages, lease)

    def _end(
        self,
        claim: Claim,
        source: SourceObject,
        configured: Configured,
        ingested: Ingested,
        stages: Stages,
        lease: Lease,
    ) -> ProcessingResult:
        state = DocumentState.DEGRADED if ingested.degraded else DocumentState.SUCCEEDED
        document = document_result(claim, ingested, configured.shape, source.last_modified, stages)
        history = HistoryEntry.of(claim.previous.with_result(state, document))
        outbox = self._history.outbox_item(claim.request.document_id, claim.request.s3_key, history, claim.generation)
        lease.check("end")
        self._claims.end(claim, state, document, outbox=outbox, spending=spending(ingested.spent))
        result = ProcessingResult(
            claim.request.s3_key, state, "", document.pages_total, document.links, document.images, ingested.points,
            ingested.usage, ingested.degraded, stages.seconds,
        )  # fmt: skip
        log.info(
            "document done", s3_key=result.s3_key, state=str(state), pages=result.pages, points=result.points,
            degraded=list(result.degraded), embedding_tokens=document.embedding_tokens,
            **{f"llm_{name}": value for name, value in asdict(ingested.enrichment.usage).items()},
        )  # fmt: skip
        return result

    def _end_unchanged(self, claim: Claim) -> ProcessingResult:
        """The same bytes under a new ETag: what was said of them holds, whatever became of the attempts since."""
        state = DocumentState.DEGRADED if claim.previous.degraded else DocumentState.SUCCEEDED
        self._claims.end(claim, state, unchanged_result(claim.previous), is_unchanged=True)
        log.info("document skipped", s3_key=claim.request.s3_key, reason="same content")
        return ProcessingResult(claim.request.s3_key, DocumentState.SKIPPED, "same content")


def _was_left(seen: DocumentRecord) -> bool:
    """Its worker died over other bytes: the ledger says `processing` until somebody ends that claim."""
    return seen.claim is not None and seen.claim.expires_at < time.time()
