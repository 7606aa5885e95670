"""Which of the passages that were found go to the model, and how much of each. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from embeddings.bm25 import DEFAULT_LANGUAGE, terms
from vector_stores.points import Hit


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as the model gets it. `number` counts from 1; `tokens` are those of `text`, which may be cut."""

    number: int
    hit: Hit
    text: str
    tokens: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """What goes to the model, and what was found but doesn't: because it has nothing to do with the question
    (`unrelated`), or because there was no room (`left_out`)."""

    passages: tuple[Passage, ...] = ()
    unrelated: tuple[Hit, ...] = ()
    left_out: tuple[Hit, ...] = ()

    @property
    def tokens(self) -> int:
        return sum(passage.tokens for passage in self.passages)


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens. A passage is cut to `per_passage`; one that would exceed `total` is left out."""

    per_passage: int
    total: int


@dataclass(frozen=True, slots=True)
class Relevance:
    """Cosines. A passage that reaches `min_similarity` is related to the question without sharing a word. One that
    reaches `weak_similarity` may answer it; 0 is what was learnt for the model."""

    min_similarity: float
    weak_similarity: float = 0.0


def select(
    question: str,
    hits: Sequence[Hit],
    budget: Budget,
    relevance: Relevance,
    *,
    count: Callable[[str], int],
    truncate: Callable[[str, int], str],
) -> Selection:
    """Keep the order of `hits`, best first. A smaller passage after one that didn't fit may still fit.

    Nothing is kept where `is_answered` says that none of them answers.
    """
    if not is_answered(question, hits, relevance.weak_similarity):
        return Selection(unrelated=tuple(hits))
    passages: list[Passage] = []
    unrelated: list[Hit] = []
    left_out: list[Hit] = []
    used = 0
    for hit in hits:
        if not is_related(question, hit, relevance.min_similarity):
            unrelated.append(hit)
            continue
        passage = cut(hit, len(passages) + 1, budget.per_passage, count=count, truncate=truncate)
        if used + passage.tokens > budget.total:
            left_out.append(hit)
            continue
        used += passage.tokens
        passages.append(passage)
    return Selection(tuple(passages), tuple(unrelated), tuple(left_out))


def cut(
    hit: Hit, number: int, max_tokens: int, *, count: Callable[[str], int], truncate: Callable[[str, int], str]
) -> Passage:
    """A hit as a passage of at most `max_tokens`."""
    tokens = count(hit.text)
    if tokens <= max_tokens:
        return Passage(number, hit, hit.text, tokens, is_cut=False)
    return Passage(number, hit, truncate(hit.text, max_tokens), max_tokens, is_cut=True)


def is_answered(question: str, hits: Sequence[Hit], weak_similarity: float = 0.0) -> bool:
    """Whether any of the passages that were found may answer the question; they come from a search that explains.

    One does when its cosine reaches `weak_similarity` (0: what was learnt for the model), or when it and its headings
    have every word of the question that says something. For a model of which nothing was learnt, any passage may.
    """
    for hit in hits:
        least = weak_similarity or hit.weak_similarity
        if least == 0 or hit.dense_score >= least:
            return True
        language = str(hit.metadata.get("language") or DEFAULT_LANGUAGE)
        asked = terms(question, language)
        if asked and asked <= _terms_of(hit, language):
            return True
    return False


def _terms_of(hit: Hit, language: str) -> frozenset[int]:
    return terms(f"{hit.metadata.get('heading_path', '')}\n{hit.text}", language)


def is_related(question: str, hit: Hit, min_similarity: float) -> bool:
    """The passage or its headings share a word with the question that says something, or it means about the same.

    A search by vectors always finds something: this is what tells "not in the documents".
    """
    if hit.dense_score >= min_similarity > 0:
        return True
    language = str(hit.metadata.get("language") or DEFAULT_LANGUAGE)
    return bool(terms(question, language) & _terms_of(hit, language))
