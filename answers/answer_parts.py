"""What is asked, and what an answer consists of while it comes: passages first, then text, terms, and the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from answers import conversation
from answers.checked_answer import NOTHING_SAID, CheckedAnswer
from answers.conversation import Turn
from answers.passages import Selection
from answers.searched import Searched
from answers.terms import LinkedTerm
from foundation.store_names import StoreName
from vector_stores.filters import NO_LIMITS, SearchFilter


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; `store` None: AppConfig's choice. `wanted` limits where answers come from. `earlier` are the turns
    that it follows up, oldest first."""

    question: str
    store: StoreName | None = None
    wanted: SearchFilter = NO_LIMITS
    earlier: tuple[Turn, ...] = ()

    @property
    def search_text(self) -> str:
        """What is searched for, and marked in what is found."""
        return conversation.search_text(self.question, self.earlier)


@dataclass(frozen=True, slots=True)
class Found:
    """`store` was searched; `selection` goes to the model."""

    store: StoreName
    selection: Selection


@dataclass(frozen=True, slots=True)
class Text:
    """More of the answer, in Markdown."""

    delta: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the answer names and the documents link."""

    terms: Sequence[LinkedTerm]


@dataclass(frozen=True, slots=True)
class Done:
    """The end. `reason` says why there is no answer of a model: `not_found`, `no_model`, or None.

    `answer` is the answer sentence by sentence, with what supports each. `searched` says what was looked through.
    """

    reason: str | None = None
    message: str = ""
    model: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    is_cut: bool = False
    answer: CheckedAnswer = NOTHING_SAID
    searched: Searched | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "reason": self.reason,
            "message": self.message,
            "model": self.model,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost_usd": self.cost_usd,
            "is_cut": self.is_cut,
            **self.answer.to_json(),
            "searched": self.searched.to_json() if self.searched else None,
        }


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the model would be sent. Tokens are counted here, not told by a server."""

    store: StoreName
    selection: Selection
    messages: Sequence[dict[str, str]]
    tokens: Mapping[str, int]
    model: str
    has_model: bool
