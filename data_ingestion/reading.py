"""What is kept of a document when all its pages have gone by."""

from collections.abc import Callable
from dataclasses import dataclass

from data_ingestion.document_export import PageSpool
from data_ingestion.link_records import LinkCollector
from document_structure import Structure, StructureAnalyser
from document_structure.chunking import PageText
from foundation.errors import FailureCode, PermanentError
from foundation.spool import Spool
from pdf_reader.document import DocumentFacts, Page, PageOutcome

#: How many pages a reason names before it says "and n more".
_PAGES_NAMED = 5
#: How many notes are kept of a document.
_MAX_NOTES = 20


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """Counts, and on disk the texts (`pages`) and the blocks (`spool`). Pages are named by their number, from 1.

    `losses` and `page_notes` map a sentence to the pages that it is true of.
    """

    facts: DocumentFacts
    structure: Structure
    links: LinkCollector
    spool: PageSpool
    pages: Spool[PageText]
    has_text: bool
    text_sources: dict[int, str]
    image_keys: dict[int, str]
    outcomes: dict[PageOutcome, list[int]]
    losses: dict[str, list[int]]
    page_notes: dict[str, list[int]]
    hidden_characters: int

    @property
    def bad_pages(self) -> list[int]:
        return sorted(number for outcome, numbers in self.outcomes.items() if outcome.is_bad for number in numbers)

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
        # An image may be lost when later pages have been read.
        reasons += [f"{_name(sorted(numbers))}: {loss}" for loss, numbers in self.losses.items()]
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


class DocumentBuilder:
    """Takes pages in order, and makes the document of them."""

    def __init__(self, facts: DocumentFacts, category_of_color: Callable[[str | None], str | None]) -> None:
        self._facts = facts
        self._links = LinkCollector(category_of_color)
        self._spool = PageSpool()
        self._analyser = StructureAnalyser(facts)
        self._pages = PageText.spool()
        self._has_text = False
        self._text_sources: dict[int, str] = {}
        self._image_keys: dict[int, str] = {}
        self._outcomes: dict[PageOutcome, list[int]] = {}
        self._losses: dict[str, list[int]] = {}
        self._page_notes: dict[str, list[int]] = {}
        self._hidden_characters = 0

    def add(self, page: Page, image_key: str | None) -> None:
        """`image_key` is where the page's image will be, if it has one."""
        self._pages.append(PageText.of(page).counted())
        self._has_text = self._has_text or bool(page.text.strip())
        self._spool.add(page)
        self._links.add(page)
        self._analyser.add(page)
        self._text_sources[page.number] = page.text_source
        if image_key:
            self._image_keys[page.number] = image_key
        self._outcomes.setdefault(page.outcome, []).append(page.number)
        self._hidden_characters += len(page.hidden_text)
        for loss in page.losses:
            self._losses.setdefault(loss, []).append(page.number)
        for note in page.notes:
            self._page_notes.setdefault(note, []).append(page.number)

    def lose_image(self, page: int, loss: str) -> None:
        """The image that a page was to have isn't there, for this reason."""
        self._image_keys.pop(page, None)
        self._losses.setdefault(loss, []).append(page)
        self._spool.add_loss(page, loss)

    def finish(self) -> ReadDocument:
        """Once, after the last page."""
        return ReadDocument(
            facts=self._facts,
            structure=self._analyser.finish(),
            links=self._links,
            spool=self._spool,
            pages=self._pages,
            has_text=self._has_text,
            text_sources=self._text_sources,
            image_keys=self._image_keys,
            outcomes=self._outcomes,
            losses=self._losses,
            page_notes=self._page_notes,
            hidden_characters=self._hidden_characters,
        )


_WORDS = {
    PageOutcome.TIMEOUT: "reading took too long",
    PageOutcome.CRASHED: "the PDF reader crashed",
    PageOutcome.TOO_COMPLEX: "too much on it to read",
}


def _name(numbers: list[int]) -> str:
    named = ", ".join(str(number) for number in numbers[:_PAGES_NAMED])
    more = f" and {len(numbers) - _PAGES_NAMED} more" if len(numbers) > _PAGES_NAMED else ""
    return f"page{'s' if len(numbers) > 1 else ''} {named}{more}"
