"""Describes a document by asking a model: parts side by side, then the whole from what was said of the parts.

Nothing that goes wrong with one answer stops a document: `degraded` says what is missing, and where the document's own
description is, counting (`extractive.py`) fills the gap under its own name.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from data_ingestion.document_metadata import Description, SectionSummary
from data_ingestion.enrichment.conversation import OVER_BUDGET, Conversation
from data_ingestion.enrichment.estimate import PAGE_ANSWER_TOKENS, SECTION_ANSWER_TOKENS, TYPICAL_PAGE_TOKENS
from data_ingestion.enrichment.extractive_enricher import describe
from data_ingestion.enrichment.merge import merge
from data_ingestion.enrichment.pages import PageQuestions
from data_ingestion.enrichment.plan import SECTION_SCOPE_TOKENS, Part, plan_parts
from data_ingestion.enrichment.ports import DocumentBrief, Enrichment
from data_ingestion.enrichment.prompts import Digest, Prompts, join_digests
from data_ingestion.enrichment.schema import DocumentAnswer, SectionAnswer
from data_ingestion.lease import Lease
from document_structure.section_texts import SectionText
from document_structure.section_tree import joined_path
from foundation.app_config import AppConfig, ModelPrice
from foundation.tokens import count_tokens, truncate
from model_api.client import LlmClient
from model_api.prices import Allowance, dollars, find_price, priced
from model_api.request import AnswerError, ChatRequest
from model_api.usage import Usage
from pdf_reader.document import Page

Scope = Literal["document", "section", "page"]

#: A text that is too long for the model is halved down to this.
MIN_PART_TOKENS = 500
#: Each makes about 20 of one; what is still too long then is cut.
MAX_CONDENSING_ROUNDS = 4
#: Surely no text has more characters to a token: so long a document is more than one part, uncounted.
MAX_CHARACTERS_PER_TOKEN = 12


class LlmEnricher:
    """`ENRICHMENT=llm`. One `LlmClient` serves all of a worker's documents."""

    def __init__(
        self, client: LlmClient, config: AppConfig, *, model: str, scope: Scope, max_cost_usd: float | None = None
    ) -> None:
        self._client = client
        self._config = config
        self._model = model
        self._scope = scope
        self._max_cost_usd = max_cost_usd

    def begin(self, brief: DocumentBrief, lease: Lease) -> "LlmRun":
        allowance = Allowance(find_price(self._config.prices, self._model), self._max_cost_usd)
        conversation = Conversation(self._client, allowance, lease)
        return LlmRun(Prompts(self._config, self._model, brief), conversation, self._scope)


class LlmRun:
    """One document. Page questions start with `add_page`, all others with `finish`."""

    def __init__(self, prompts: Prompts, conversation: Conversation, scope: Scope) -> None:
        self._prompts = prompts
        self._conversation = conversation
        self._degraded: list[str] = []
        self._pages = PageQuestions(prompts, conversation)
        self._asks_sections = scope == "section"
        self._asks_pages = scope == "page"
        pages = prompts.brief.facts.page_count
        if self._asks_pages and not conversation.affords(pages * TYPICAL_PAGE_TOKENS, pages * PAGE_ANSWER_TOKENS):
            self._asks_pages = False
            self._degraded.append(f"no page contexts: {OVER_BUDGET}")

    def add_page(self, page: Page) -> None:
        if not self._asks_pages:
            return
        try:
            self._pages.ask(page)
        except BaseException:
            self.abandon()
            raise

    def page_context(self, page: int) -> str:
        return self._pages.context(page)

    def finish(self, sections: Sequence[SectionText], first_page_text: str) -> Enrichment:
        try:
            summaries = self._section_summaries(sections) if self._asks_sections else None
            answer = self._document_answer(
                sections,
                self._pages.digests if summaries is None else lambda: _digests_of(summaries),
                first_page_text,
                self._config.enrichment_input_tokens,
            )
            self._note_unanswered_pages()
        except BaseException:
            self.abandon()
            raise
        description = self._description(answer, sections, first_page_text)
        return Enrichment(
            description=description if summaries is None else replace(description, sections=tuple(summaries)),
            usage=self.spent,
            degraded=tuple(self._degraded),
            cache_keys=tuple(sorted(self._conversation.account.cache_keys)),
        )

    def abandon(self) -> None:
        """Drop what is still open: the document was given up."""
        self._conversation.hang_up()

    @property
    def spent(self) -> Usage:
        return priced(self._conversation.account.spent, self._price)

    @property
    def _config(self) -> AppConfig:
        return self._prompts.config

    @property
    def _price(self) -> ModelPrice | None:
        return find_price(self._config.prices, self._prompts.model)

    def _note_unanswered_pages(self) -> None:
        outcomes = self._pages.outcomes()
        failed = [(page, page, outcome) for page, outcome in outcomes.items() if isinstance(outcome, AnswerError)]
        self._note("page contexts", failed, len(outcomes))

    def _section_summaries(self, sections: Sequence[SectionText]) -> list[SectionSummary]:
        """One for every part that the model said something of."""
        parts = plan_parts(sections, min(SECTION_SCOPE_TOKENS, self._config.enrichment_input_tokens))
        return [
            SectionSummary(joined_path(part.path), part.first_page, part.last_page, summary)
            for part, summary in zip(parts, self._summaries(parts), strict=True)
            if summary
        ]

    def _document_answer(
        self,
        sections: Sequence[SectionText],
        make_digests: Callable[[], list[Digest]],
        first_page_text: str,
        max_tokens: int,
    ) -> DocumentAnswer | None:
        """Ask about the document's own text if it fits, else about digests of it; None when there is no answer.

        Digests are made only when they are needed: making them may wait for answers.
        """
        is_surely_long = sum(len(section.text) for section in sections) > max_tokens * MAX_CHARACTERS_PER_TOKEN
        digests = make_digests() if is_surely_long else []
        parts: Sequence[Part] = () if digests else plan_parts(sections, max_tokens)
        if len(parts) == 1:
            text = parts[0].text
        else:
            digests = digests or make_digests()
            if not digests:
                summaries = self._summaries(parts)
                digests = [Digest(part.title, said) for part, said in zip(parts, summaries, strict=True) if said]
            text = self._condense(digests, max_tokens)
        if not text:
            return None
        [outcome] = self._conversation.answers(
            [self._conversation.ask(partial(self._prompts.document, text, first_page_text))]
        )
        if not isinstance(outcome, AnswerError):
            return outcome.value
        if outcome.too_long and max_tokens >= 2 * MIN_PART_TOKENS:
            return self._document_answer(sections, make_digests, first_page_text, max_tokens // 2)
        self._degraded.append(f"the description is counted, not written: {outcome.reason}")
        return None

    def _summaries(self, parts: Sequence[Part]) -> list[str | None]:
        """One summary a part, side by side; None where there is none, which is noted."""
        tokens_in = sum(part.tokens for part in parts)
        if not self._conversation.affords(tokens_in, len(parts) * SECTION_ANSWER_TOKENS):
            self._degraded.append(f"no section summaries: {OVER_BUDGET}")
            return [None] * len(parts)
        asked = [self._conversation.ask(partial(self._section_question, parts, place)) for place in range(len(parts))]
        outcomes = self._conversation.answers(asked)
        summaries: list[str | None] = []
        failed: list[tuple[int, int, AnswerError]] = []
        for part, outcome in zip(parts, outcomes, strict=True):
            if not isinstance(outcome, AnswerError):
                summaries.append(outcome.value.summary)
            elif outcome.too_long and part.tokens >= 2 * MIN_PART_TOKENS:
                halves = plan_parts([SectionText((), part.first_page, part.last_page, part.text)], part.tokens // 2 + 1)
                summaries.append(" ".join(filter(None, self._summaries(halves))) or None)
            else:
                summaries.append(None)
                failed.append((part.first_page, part.last_page, outcome))
        self._note("section summaries", failed, len(parts))
        return summaries

    def _section_question(self, parts: Sequence[Part], place: int) -> ChatRequest[SectionAnswer]:
        return self._prompts.section(parts[place])

    def _condense(self, digests: list[Digest], max_tokens: int) -> str:
        """Digests, and digests of digests until they fit into one question."""
        for _ in range(MAX_CONDENSING_ROUNDS):
            # All at once: counting one by one, each time the interpreter is let go of, takes a quarter of a second.
            if count_tokens(text := join_digests(digests)) <= max_tokens:
                return text
            groups = _groups([count_tokens(digest.title) + count_tokens(digest.text) for digest in digests], max_tokens)
            if len(groups) <= 1:
                break
            members = [digests[start:end] for start, end in groups]
            asked = [self._conversation.ask(partial(self._prompts.digests, group)) for group in members]
            digests = [
                # Without an answer the beginning has to do.
                Digest(
                    f"{group[0].title} to {group[-1].title}" if len(group) > 1 else group[0].title,
                    outcome.value.summary
                    if not isinstance(outcome, AnswerError)
                    else truncate(join_digests(group), max_tokens // len(groups)),
                )
                for group, outcome in zip(members, self._conversation.answers(asked), strict=True)
            ]
        return truncate(join_digests(digests), max_tokens)

    def _note(self, what: str, failed: Sequence[tuple[int, int, AnswerError]], total: int) -> None:
        """Add to `degraded`, one entry a reason, with the pages."""
        by_reason: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for first_page, last_page, error in failed:
            by_reason[error.reason].append((first_page, last_page))
        for reason, pages in by_reason.items():
            self._degraded.append(f"{len(pages)} of {total} {what} missing (pages {_page_ranges(pages)}): {reason}")

    def _description(
        self, answer: DocumentAnswer | None, sections: Sequence[SectionText], first_page_text: str
    ) -> Description:
        if answer is None:
            return describe(self._prompts.brief, sections, first_page_text)
        description = merge(answer, self._prompts.brief, sections, first_page_text)
        made_with = self._conversation.account.first_spent
        provenance = replace(
            description.provenance,
            model=self._prompts.model,
            prompt_sha256=self._prompts.sha256,
            tokens_in=made_with.tokens_in,
            tokens_out=made_with.tokens_out,
            cost_usd=dollars(self._price, made_with.tokens_in, made_with.tokens_out) if self._price else None,
        )
        return replace(description, provenance=provenance)


def _digests_of(summaries: Sequence[SectionSummary]) -> list[Digest]:
    return [Digest(f"{one.heading_path}, pages {one.first_page}-{one.last_page}", one.summary) for one in summaries]


def _groups(sizes: Sequence[int], max_size: int) -> list[tuple[int, int]]:
    """Neighbours (start, end) whose sizes add up to at most `max_size`; a larger one is a group of its own."""
    groups: list[tuple[int, int]] = []
    used = 0
    for index, size in enumerate(sizes):
        if groups and used + size <= max_size:
            groups[-1] = (groups[-1][0], index + 1)
            used += size
        else:
            groups.append((index, index + 1))
            used = size
    return groups


def _page_ranges(pages: Sequence[tuple[int, int]]) -> str:
    """`3, 5-9`: sorted, neighbours joined."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(pages):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in joined)
