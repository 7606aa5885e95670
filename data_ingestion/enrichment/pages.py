"""The questions about single pages, asked while later pages are still being read."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from data_ingestion.enrichment.conversation import Conversation, outcome_of
from data_ingestion.enrichment.prompts import Digest, Prompts
from data_ingestion.enrichment.schema import PageAnswer
from document_structure.section_texts import HeadingPath
from document_structure.section_tree import joined_path
from foundation.spool import Spool
from model_api.request import Answer, AnswerError, ChatRequest
from pdf_reader.document import OutlineEntry, Page

#: A page of fewer characters has nothing that a sentence could say better.
MIN_PAGE_CHARACTERS = 40
#: Pages at the end, as a share of all, that are not waited for when the whole of a long document is described: their
#: own first words stand for them. So the question about the whole takes no longer than the last pages' own.
UNAWAITED_SHARE = 1 / 12
FIRST_WORDS_CHARACTERS = 300


class PageQuestions:
    """Those of one document, in page order. Texts wait on disk until their turn comes: reading outruns models."""

    def __init__(self, prompts: Prompts, conversation: Conversation) -> None:
        self._prompts = prompts
        self._conversation = conversation
        self._texts: Spool[str] = Spool()
        #: Page → where it is among the texts.
        self._places: dict[int, int] = {}
        #: Page → the titles that it stands below.
        self._paths: dict[int, HeadingPath] = {}
        #: Page → its answer to come, then what was said.
        self._said: dict[int, Future[Answer[PageAnswer]] | str | AnswerError] = {}
        self._outline_paths = OutlinePaths(prompts.brief.facts.outline)
        pages = prompts.brief.facts.page_count
        self._last_awaited = pages - int(pages * UNAWAITED_SHARE)

    def ask(self, page: Page) -> None:
        """Ask about the next page. Its heading path is that of the PDF's own outline: pages are still being read."""
        if len(page.text.strip()) < MIN_PAGE_CHARACTERS:
            return
        number = page.number
        self._places[number] = len(self._texts)
        self._texts.append(page.text)
        self._paths[number] = self._outline_paths.at(number)
        answer = self._conversation.ask(lambda: self._question(number))
        self._said[number] = answer
        answer.add_done_callback(lambda done: self._settle(number, done))

    def context(self, page: int) -> str:
        """What the page is about; waits for the answer. Empty when there is none."""
        if page not in self._said:
            return ""
        [outcome] = self._outcomes([page])
        return "" if isinstance(outcome, AnswerError) else outcome

    def outcomes(self) -> Mapping[int, str | AnswerError]:
        """What was said by page; waits for all of them."""
        return dict(zip(self._said, self._outcomes(list(self._said)), strict=True))

    def digests(self) -> list[Digest]:
        """What the pages are about, as far as they have an answer; waits for all but the last. Empty without any."""
        awaited = [page for page in self._said if page <= self._last_awaited]
        said = [
            Digest(self._title(page), outcome)
            for page, outcome in zip(awaited, self._outcomes(awaited), strict=True)
            if not isinstance(outcome, AnswerError)
        ]
        rest = [page for page in self._said if page > self._last_awaited]
        return said and said + [Digest(self._title(page), self._first_words(page)) for page in rest]

    def _question(self, page: int) -> ChatRequest[PageAnswer]:
        return self._prompts.page(self._text(page), self._paths[page])

    def _title(self, page: int) -> str:
        return joined_path((*self._paths[page], f"page {page}"))

    def _first_words(self, page: int) -> str:
        return self._text(page).strip()[:FIRST_WORDS_CHARACTERS]

    def _text(self, page: int) -> str:
        return self._texts[self._places[page]]

    def _settle(self, page: int, answer: "Future[Answer[PageAnswer]]") -> None:
        """Keep no more than what was said: a future and an answer take ten times as much memory."""
        if not answer.cancelled() and isinstance(answer.exception(), AnswerError | None):
            self._said[page] = _said(outcome_of(answer))

    def _outcomes(self, pages: Sequence[int]) -> list[str | AnswerError]:
        said = {page: self._said[page] for page in pages}
        open_ones = {page: answer for page, answer in said.items() if isinstance(answer, Future)}
        answers = self._conversation.answers(list(open_ones.values()))
        come = {page: _said(answer) for page, answer in zip(open_ones, answers, strict=True)}
        return [come[page] if isinstance(answer, Future) else answer for page, answer in said.items()]


def _said(outcome: Answer[PageAnswer] | AnswerError) -> str | AnswerError:
    return outcome if isinstance(outcome, AnswerError) else outcome.value.context


class OutlinePaths:
    """Heading paths by the PDF's own outline, for pages in rising order: each entry is looked at once."""

    def __init__(self, outline: Sequence[OutlineEntry]) -> None:
        self._outline = outline
        self._seen = 0
        self._path: list[OutlineEntry] = []

    def at(self, page: int) -> HeadingPath:
        """As of the first entry on `page`, or else of the last one before it. No page comes before an earlier one."""
        while self._seen < len(self._outline):
            entry = self._outline[self._seen]
            if entry.page > page or self._has_begun(entry, page):
                break
            self._path = [*(above for above in self._path if above.level < entry.level), entry]
            self._seen += 1
        return tuple(entry.title for entry in self._path)

    def _has_begun(self, entry: OutlineEntry, page: int) -> bool:
        """Whether another entry on the page came before, other than as one of those above this one."""
        last = self._path[-1] if self._path else None
        return entry.page == page and last is not None and last.page == page and last.level >= entry.level
