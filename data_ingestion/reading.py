"""Reads one PDF through the sandbox and hands every page, as it comes, to all who want it while it is there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from data_ingestion.document_files import PageSpool
from data_ingestion.enrichment.ports import EnrichmentRun
from data_ingestion.image_uploads import ImageUploads
from data_ingestion.lease import Lease
from data_ingestion.link_records import LinkCollector
from document_structure import Structure, StructureAnalyser
from document_structure.chunking import PageText
from foundation.app_config import AppConfig
from foundation.errors import FailureCode, PermanentError
from pdf_reader.document import DocumentFacts, Page, PageOutcome, ReadOptions
from pdf_reader.sandbox import PdfSandbox

#: How many pages a reason names before it says "and n more".
_PAGES_NAMED = 5
#: How many notes are kept of a document.
_MAX_NOTES = 20


@dataclass(slots=True)
class ReadDocument:
    """What is kept of a document when all its pages have gone by: texts and counts; `spool` has the blocks on disk."""

    facts: DocumentFacts
    links: LinkCollector
    spool: PageSpool
    pages: list[PageText] = field(default_factory=list)
    text_sources: dict[int, str] = field(default_factory=dict)
    image_keys: dict[int, str] = field(default_factory=dict)
    outcomes: dict[PageOutcome, list[int]] = field(default_factory=dict)
    losses: dict[str, list[int]] = field(default_factory=dict)
    page_notes: dict[str, list[int]] = field(default_factory=dict)
    hidden_characters: int = 0
    structure: Structure = field(init=False)

    @property
    def bad_pages(self) -> list[int]:
        return sorted(number for outcome, numbers in self.outcomes.items() if outcome.is_bad for number in numbers)

    @property
    def has_text(self) -> bool:
        return any(page.text.strip() for page in self.pages)

    def note(self, page: Page) -> None:
        self.pages.append(PageText.of(page))
        self.spool.add(page)
        self.text_sources[page.number] = page.text_source
        self.outcomes.setdefault(page.outcome, []).append(page.number)
        self.hidden_characters += len(page.hidden_text)
        for loss in page.losses:
            self.losses.setdefault(loss, []).append(page.number)
        for note in page.notes:
            self.page_notes.setdefault(note, []).append(page.number)

    def refuse_too_many_bad_pages(self, max_percent: float) -> None:
        """Raise PermanentError when more pages than the budget allows, or all of them, could not be read."""
        bad, total = len(self.bad_pages), self.facts.page_count
        if bad and (bad * 100 > max_percent * total or bad == total):
            reasons = "; ".join(self.shortcomings())
            crashed = len(self.outcomes.get(PageOutcome.CRASHED, ()))
            code = FailureCode.CORRUPT if crashed * 2 > bad else FailureCode.EXTRACTION_TIMEOUT
            raise PermanentError(code, f"{bad} of {total} pages could not be read: {reasons}")

    def shortcomings(self) -> list[str]:
        """Why the document is not whole, in sentences for a person; empty when it is."""
        reasons = [
            f"{_name(numbers)}: {_WORDS[outcome]}" for outcome, numbers in self.outcomes.items() if outcome.is_bad
        ]
        reasons += [f"{_name(numbers)}: {loss}" for loss, numbers in self.losses.items()]
        if not reasons and not self.has_text:
            reasons.append("no text on any page: nothing to search for")
        return reasons

    def notes(self) -> list[str]:
        """What a person may want to know of a document that is otherwise as it should be."""
        notes = ["the file was damaged, and has been repaired"] if self.facts.repaired else []
        if repaired := self.outcomes.get(PageOutcome.REPAIRED):
            notes.append(f"{_name(repaired)}: damaged, may not be whole")
        notes += [f"{_name(numbers)}: {note}" for note, numbers in self.page_notes.items()]
        return notes[:_MAX_NOTES]


_WORDS = {
    PageOutcome.TIMEOUT: "reading took too long",
    PageOutcome.CRASHED: "the PDF reader crashed",
    PageOutcome.TOO_COMPLEX: "too much on it to read",
}


def read_document(
    path: Path,
    facts: DocumentFacts,
    *,
    sandbox: PdfSandbox,
    app_config: AppConfig,
    scratch: Path,
    image_key: Callable[[int, str], str],
    uploads: ImageUploads,
    enrichment: EnrichmentRun,
    lease: Lease,
    progress: Callable[[int], None],
) -> ReadDocument:
    """Read all pages in order. Images are uploaded and contexts asked for while later pages are still being read.

    `image_key` names an image by page and extension; `progress` gets the number of pages done. Raises what the sandbox
    and the uploads raise, and CancelledWorkError as soon as the lease does.
    """
    document = ReadDocument(facts, LinkCollector(app_config.category_of_color), PageSpool(scratch))
    analyser = StructureAnalyser(facts)
    options = ReadOptions(
        image_dpi=app_config.image_dpi,
        image_format=app_config.image_format,
        image_quality=app_config.image_quality,
        ocr_languages=app_config.ocr_languages,
    )
    for page in sandbox.read(path, facts, options, scratch, lambda: lease.check("read-pages")):
        document.note(page)
        document.links.add(page)
        analyser.add(page)
        enrichment.add_page(page, None)
        if page.image:
            key = image_key(page.number, page.image.path.suffix.removeprefix("."))
            document.image_keys[page.number] = key
            uploads.add(page.image, key)
        progress(page.number)
    document.structure = analyser.finish()
    return document


def _name(numbers: list[int]) -> str:
    named = ", ".join(str(number) for number in numbers[:_PAGES_NAMED])
    more = f" and {len(numbers) - _PAGES_NAMED} more" if len(numbers) > _PAGES_NAMED else ""
    return f"page{'s' if len(numbers) > 1 else ''} {named}{more}"
