"""What ingesting documents will take, before anything is spent: calls, tokens and dollars, from counts of pages."""

import math
from dataclasses import dataclass
from typing import Any, Literal, Self

from data_ingestion.enrichment.plan import SECTION_SCOPE_TOKENS
from foundation.app_config import AppConfig
from foundation.tokens import count_tokens
from model_api.prices import dollars, find_price

#: Of a page whose text nobody has read yet: manuals, papers and rule books have 600 to 1,500.
TYPICAL_PAGE_TOKENS = 900
#: What answers were seen to take.
PAGE_ANSWER_TOKENS = 60
SECTION_ANSWER_TOKENS = 120
DOCUMENT_ANSWER_TOKENS = 500
#: Schema, fence, title and heading path around a text.
OVERHEAD_TOKENS = 120
#: Parts end where chapters do, so that they are not full.
PART_FILL = 0.75


@dataclass(frozen=True, slots=True)
class Estimate:
    """Adds up over documents. `unpriced` names the models without a price: their cost is not in `cost_usd`."""

    documents: int = 0
    pages: int = 0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    embedding_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: frozenset[str] = frozenset()

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.documents + other.documents,
            self.pages + other.pages,
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.embedding_tokens + other.embedding_tokens,
            self.cost_usd + other.cost_usd,
            self.unpriced | other.unpriced,
        )

    def as_json(self) -> dict[str, Any]:
        """As estimates of runs and of upgrades show it."""
        return {
            "pages": self.pages,
            "llm_calls": self.calls,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "embedding_tokens": self.embedding_tokens,
            "cost_usd": round(self.cost_usd, 4),
            "models_without_price": sorted(self.unpriced),
        }


@dataclass(frozen=True, slots=True)
class Estimator:
    """What one document of so many pages takes. A model is None where none is paid for."""

    config: AppConfig
    scope: Literal["document", "section", "page"]
    llm_model: str | None
    embedding_model: str | None

    def document(self, pages: int, text_tokens: int | None = None) -> Estimate:
        """`text_tokens` is what the text has if that is known; nothing is in any cache."""
        text_tokens = pages * TYPICAL_PAGE_TOKENS if text_tokens is None else text_tokens
        calls, tokens_in, tokens_out = self._questions(pages, text_tokens) if self.llm_model else (0, 0, 0)
        overlap = self.config.chunk_overlap_tokens / self.config.chunk_tokens
        # Whole pages for one store, chunks for the other two, which share their vectors.
        embedding_tokens = round(text_tokens * (2 + overlap)) if self.embedding_model else 0
        cost, unpriced = 0.0, set()
        for model, used_in, used_out in (
            (self.llm_model, tokens_in, tokens_out),
            (self.embedding_model, embedding_tokens, 0),
        ):
            price = find_price(self.config.prices, model) if model else None
            if price is not None:
                cost += dollars(price, used_in, used_out)
            elif model:
                unpriced.add(model)
        return Estimate(1, pages, calls, tokens_in, tokens_out, embedding_tokens, cost, frozenset(unpriced))

    def _questions(self, pages: int, text_tokens: int) -> tuple[int, int, int]:
        """Calls, tokens in and tokens out, as llm.py asks."""
        config, budget = self.config, self.config.enrichment_input_tokens
        prompt, answer_tokens = config.section_prompt, SECTION_ANSWER_TOKENS
        if self.scope == "page":
            parts, prompt, answer_tokens = pages, config.page_prompt, PAGE_ANSWER_TOKENS
        elif self.scope == "section":
            parts = math.ceil(text_tokens / (min(SECTION_SCOPE_TOKENS, budget) * PART_FILL))
        else:
            parts = math.ceil(text_tokens / (budget * PART_FILL)) if text_tokens > budget else 0
        tokens_in = parts * (count_tokens(prompt) + OVERHEAD_TOKENS) + (text_tokens if parts else 0)
        # The document is described from its own text if that fits, else from what was said of its parts.
        described_by = text_tokens if text_tokens <= budget else min(parts * answer_tokens, budget)
        tokens_in += count_tokens(config.metadata_prompt) + OVERHEAD_TOKENS + described_by
        return parts + 1, tokens_in, parts * answer_tokens + DOCUMENT_ANSWER_TOKENS
