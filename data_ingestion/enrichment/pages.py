"""The questions about single pages, asked while later pages are still being read."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from data_ingestion.enrichment.conversation import Conversation
from data_ingestion.enrichment.prompts import Digest, Prompts
from data_ingestion.enrichment.schema import PageAnswer
from document_structure.section_texts import HeadingPath
from model_api.request import Answer, AnswerError
from pdf_reader.document import OutlineEntry, Page

#: A page of fewer characters has nothing that a sentence could say better.
MIN_PAGE_CHARACTERS = 40
#: Pages at the end, as a share of all, that are not waited for when the whole of a long document is described: their
#: own first words stand for them. So the question about the whole takes no longer than the last pages' own.
UNAWAITED_SHARE = 1 / 12
FIRST_WORDS_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class _AskedPage:
    """`first_words` are those of a page that isn't awaited, else empty."""

    title: str
    first_words: str
    answer: "Future[Answer[PageAnswer]]"


class PageQuestions:
    """Those of one document, in page order."""

    def __init__(self, prompts: Prompts, conversation: Conversation) -> None:
        self._prompts = prompts
        self._conversation = conversation
        self._pages: dict[int, _AskedPage] = {}
        pages = prompts.brief.facts.page_count
        self._last_awaited = pages - int(pages * UNAWAITED_SHARE)

    def ask(self, page: Page) -> None:
        """Ask about the next page. Its heading path is that of the PDF's own outline: pages are still being read."""
        text = page.text.strip()
        if len(text) < MIN_PAGE_CHARACTERS:
            return
        path = outline_path(self._prompts.brief.facts.outline, page.number)
        first_words = "" if page.number <= self._last_awaited else text[:FIRST_WORDS_CHARACTERS]
        answer = self._conversation.ask(self._prompts.page(page.text, path))
        self._pages[page.number] = _AskedPage(" > ".join((*path, f"page {page.number}")), first_words, answer)

    def context(self, page: int) -> str:
        """What the page is about; waits for the answer. Empty when there is none."""
        if page not in self._pages:
            return ""
        [outcome] = self._conversation.answers([self._pages[page].answer])
        return "" if isinstance(outcome, AnswerError) else outcome.value.context

    def outcomes(self) -> Mapping[int, Answer[PageAnswer] | AnswerError]:
        """By page; waits for all of them."""
        return dict(zip(self._pages, self._outcomes(list(self._pages.values())), strict=True))

    def digests(self) -> list[Digest]:
        """What the pages are about, as far as they have an answer; waits for all but the last. Empty without any."""
        awaited = [page for page in self._pages.values() if not page.first_words]
        said = [
            Digest(page.title, outcome.value.context)
            for page, outcome in zip(awaited, self._outcomes(awaited), strict=True)
            if not isinstance(outcome, AnswerError)
        ]
        rest = [Digest(page.title, page.first_words) for page in self._pages.values() if page.first_words]
        return said and said + rest

    def _outcomes(self, pages: Sequence[_AskedPage]) -> list[Answer[PageAnswer] | AnswerError]:
        return self._conversation.answers([page.answer for page in pages])


def outline_path(outline: Sequence[OutlineEntry], page: int) -> HeadingPath:
    """The heading path by the PDF's own outline, as of the first entry on `page`, or else of the last one before it."""
    path: list[OutlineEntry] = []
    for entry in outline:
        starts_here = entry.page == page
        if entry.page > page or (starts_here and path and path[-1].page == page and path[-1].level >= entry.level):
            break
        path = [*(above for above in path if above.level < entry.level), entry]
    return tuple(entry.title for entry in path)
