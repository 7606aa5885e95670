"""What goes into describing a document and what comes out: plain data and the two ports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from data_ingestion.document_metadata import Description
from data_ingestion.lease import Lease
from document_structure.section_texts import SectionText
from model_api.usage import Usage
from pdf_reader.document import DocumentFacts, Page


@dataclass(frozen=True, slots=True)
class DocumentBrief:
    """What is known of a document before its pages are read."""

    s3_key: str
    document_id: str
    filename: str
    facts: DocumentFacts


@dataclass(frozen=True, slots=True)
class Enrichment:
    """A document described.

    `degraded` says in a person's words what could not be had. `cache_keys` are the S3 keys of the stored answers that
    this rests on; deleting the document deletes them.
    """

    description: Description
    usage: Usage
    degraded: tuple[str, ...] = ()
    cache_keys: tuple[str, ...] = ()


class EnrichmentRun(Protocol):
    """One document being described, while it is still being read."""

    @property
    def spent(self) -> Usage:
        """What it has cost so far: what to book when the document fails. Afterwards it is `Enrichment.usage`."""

    def add_page(self, page: Page) -> None:
        """Take the next page, in page order. May block when more pages come in than a model can take.

        Raises what `finish` raises.
        """

    def page_context(self, page: int) -> str:
        """What goes before the page's texts for embedding; waits for the answer. Empty when there is none.

        For a thread of its own, once the page was added. Raises what `finish` raises.
        """

    def finish(self, sections: Sequence[SectionText], first_page_text: str) -> Enrichment:
        """Describe the whole document, once its last page has been added.

        Raises errors.TransientError when the model can't be reached at all, errors.CancelledWorkError when the work
        is no longer ours. A single answer that can't be had is no error: `Enrichment.degraded` tells it.
        """

    def abandon(self) -> None:
        """Ask nothing more: the document was given up elsewhere. Harmless after `finish`."""


class Enricher(Protocol):
    """Describes documents, many at once. Thread-safe."""

    def begin(self, brief: DocumentBrief, lease: Lease) -> EnrichmentRun: ...
