"""Writes the questions: AppConfig's prompts as the system message, the document fenced as data in the user's."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from data_ingestion.enrichment.plan import Part
from data_ingestion.enrichment.ports import DocumentBrief
from data_ingestion.enrichment.schema import DocumentAnswer, PageAnswer, SectionAnswer, document_answer
from document_structure.section_texts import HeadingPath
from document_structure.section_tree import joined_path
from foundation.app_config import AppConfig
from foundation.tokens import truncate
from model_api.fence import clean, fence
from model_api.request import AnswerT, ChatRequest

#: What an answer may take at first; one that is cut off may take more.
PAGE_OUTPUT_TOKENS = 300
SECTION_OUTPUT_TOKENS = 800
#: Enough of the first page to see the title and who published it.
FIRST_PAGE_TOKENS = 800
#: What a page is about shows in less than this; a page of more is a table or a mistake.
PAGE_INPUT_CHARACTERS = 12_000


@dataclass(frozen=True, slots=True)
class Digest:
    """What stands for a part of a document when the whole is described."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompts:
    """Questions about one document. What two documents have in common word for word is asked alike, thus only once."""

    config: AppConfig
    model: str
    brief: DocumentBrief

    def page(self, text: str, path: HeadingPath) -> ChatRequest[PageAnswer]:
        """What is this page about, and where does it belong?"""
        fenced = fence(
            clean(text)[:PAGE_INPUT_CHARACTERS], title=self.brief.facts.title, heading_path=joined_path(path)
        )
        return self._request(self.config.page_prompt, fenced, PageAnswer, PAGE_OUTPUT_TOKENS)

    def section(self, part: Part) -> ChatRequest[SectionAnswer]:
        """What does this part say?"""
        fenced = fence(part.text, title=self.brief.facts.title)
        return self._request(self.config.section_prompt, fenced, SectionAnswer, SECTION_OUTPUT_TOKENS)

    def digests(self, digests: Sequence[Digest]) -> ChatRequest[SectionAnswer]:
        """What do these neighbouring parts say together?"""
        fenced = fence(join_digests(digests), title=self.brief.facts.title)
        return self._request(self.config.section_prompt, fenced, SectionAnswer, SECTION_OUTPUT_TOKENS)

    def document(self, text: str, first_page_text: str) -> ChatRequest[DocumentAnswer]:
        """What is this document? `text` is all of it, or the digests of its parts."""
        fenced = fence(
            text,
            file=self.brief.filename,
            title_in_file=self.brief.facts.title,
            author_in_file=self.brief.facts.author,
            first_page=truncate(first_page_text, FIRST_PAGE_TOKENS),
        )
        answer_type = document_answer(self.config.categories)
        return self._request(self.document_system, fenced, answer_type, self.config.llm_max_output_tokens)

    @property
    def document_system(self) -> str:
        """The system message of `document`."""
        if not self.config.categories:
            return self.config.metadata_prompt
        return f"{self.config.metadata_prompt}\n\nCategories: {'; '.join(self.config.categories)}"

    @property
    def sha256(self) -> str:
        """Of the prompts that decide the metadata: it changes when they do."""
        return hashlib.sha256(f"{self.document_system}\0{self.config.section_prompt}".encode()).hexdigest()

    def _request(self, system: str, user: str, answer_type: type[AnswerT], output_tokens: int) -> ChatRequest[AnswerT]:
        return ChatRequest(self.model, system, user, answer_type, self.config.llm_temperature, output_tokens)


def join_digests(digests: Sequence[Digest]) -> str:
    return "\n\n".join(f"## {digest.title}\n{digest.text}" for digest in digests)
