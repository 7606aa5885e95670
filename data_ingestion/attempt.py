"""An attempt: one claimed document on one downloaded file, with all that its stages need."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from data_ingestion.artifacts import Artifacts
from data_ingestion.embedding_account import EmbeddingAccount
from data_ingestion.enrichment.ports import DocumentBrief, Enricher, EnrichmentRun
from data_ingestion.lease import Lease
from data_ingestion.stages import Stages
from embeddings.base import Embedder
from foundation.app_config import AppConfig
from foundation.store_names import StoreName
from foundation.timestamps import utc_iso
from ledger import Claim
from model_api.usage import Usage
from pdf_reader.document import DocumentFacts
from pdf_reader.sandbox import PdfSandbox
from vector_stores.base import VectorStore


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

    @property
    def shapes(self) -> frozenset[str]:
        """What was made under one of these needs no work."""
        return self.older_shapes | {self.shape}


@dataclass(frozen=True, slots=True)
class Tools:
    """What every attempt of this worker shares. `threads` upload images and wait for models."""

    artifacts: Artifacts
    sandbox: PdfSandbox
    stores: Mapping[StoreName, VectorStore]
    embedder: Embedder
    threads: ThreadPoolExecutor
    max_bad_pages_percent: float


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The downloaded PDF. `folder` is the attempt's own on disk; it goes when the attempt ends."""

    path: Path
    content_sha256: str
    folder: Path


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document that is this worker's: by its claim in the ledger, and by its message's lease.

    `lease.check` and `progress(stage, pages_done, pages_total)` raise to stop the work.
    """

    claim: Claim
    lease: Lease
    progress: Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """All of it is known before the first page is read, and none of it changes.

    `description` and `embedding` also count what they cost.
    """

    tools: Tools
    configured: Configured
    held: HeldDocument
    source: SourceFile
    facts: DocumentFacts
    description: EnrichmentRun
    embedding: EmbeddingAccount
    stages: Stages
    #: ISO 8601 in UTC.
    processed_at: str

    @classmethod
    def begin(
        cls,
        tools: Tools,
        configured: Configured,
        held: HeldDocument,
        source: SourceFile,
        stages: Stages,
    ) -> Self:
        """Open the file. Nothing is paid for yet. Raises what the sandbox raises of a file that can't be read."""
        with stages.timed("open") as found:
            facts = tools.sandbox.open(source.path)
            found["pages"] = facts.page_count
        request = held.claim.request
        brief = DocumentBrief(request.s3_key, request.document_id, Path(request.s3_key).name, facts)
        return cls(
            tools=tools,
            configured=configured,
            held=held,
            source=source,
            facts=facts,
            description=configured.enricher.begin(brief, held.lease),
            embedding=EmbeddingAccount(tools.embedder, configured.app_config.prices),
            stages=stages,
            processed_at=utc_iso(time.time(), "seconds"),
        )

    @property
    def claim(self) -> Claim:
        return self.held.claim

    @property
    def lease(self) -> Lease:
        return self.held.lease

    @property
    def s3_key(self) -> str:
        return self.claim.request.s3_key

    @property
    def document_id(self) -> str:
        return self.claim.request.document_id

    @property
    def generation(self) -> str:
        return f"{self.claim.generation:06d}-{self.source.content_sha256[:12]}"

    @property
    def title(self) -> str:
        """What the file calls itself; else its name."""
        return self.facts.title or Path(self.s3_key).stem

    @property
    def spent(self) -> dict[str, Usage]:
        """What each model has cost so far, also when the document comes to nothing."""
        return {
            self.configured.model: self.description.spent,
            self.tools.embedder.name: self.embedding.spent,
        }
