"""Answers from the documents: passages are found, put to the model under a token budget, cited and checked.

question ─ search ─ select passages ─┬─ none ──────────► "not in the documents", what was searched; nothing is paid
                                     ├─ no model ──────► sentences of the passages, quoted
                                     └─ ask, streamed ─► text … ─ terms that the documents link ─ each sentence checked
                                                         against the passages ─ tokens and dollars
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from answers import conversation, extractive_reader
from answers.answer_parts import Asked, Done, Found, Inspection, Terms, Text
from answers.chat_model import ChatModel, Delta, Finish, Question
from answers.checked_answer import CheckedAnswer
from answers.checking import check
from answers.citation_marks import marks_in
from answers.marked_text import corrected
from answers.model_check import ModelCheck
from answers.passages import Budget, Passage, Selection, cut, select
from answers.prompt import citation, context, messages, texts_of
from answers.searched import Searched, searched
from answers.terms import LinkedTerm, terms_in
from foundation.app_config import AppConfig
from foundation.store_names import StoreName
from foundation.tokens import count_tokens, truncate
from model_api.prices import dollars, find_price, priced
from model_api.usage import Usage
from pdf_reader.link_record import LinkRecord
from vector_stores.filters import SearchFilter
from vector_stores.points import Hit

__all__ = ["Answers", "Asked", "Done", "Found", "Inspection", "Terms", "Text", "describe_hit", "describe_source"]

#: Passages of one answer come from few documents; the links of more are not read.
MAX_LINKED_DOCUMENTS = 5
NOT_FOUND = "Nothing in the documents answers this."
NO_MODEL = "No model is set up (OPENAI_API_KEY or OPENAI_BASE_URL), so these are sentences of the passages themselves."


class Search(Protocol):
    def search(
        self, query: str, limit: int | None = None, wanted: SearchFilter | None = None, *, explain: bool = False
    ) -> list[Hit]: ...


class Answers:
    """Thread-safe. `model` None: sentences of passages are the answer. `model_name` counts unless AppConfig names one.

    `links` reads a document's links by its S3 key; `passages_by_id` gives what a store serves of some ids;
    `record_cost` adds to the day's costs; `model_check` looks at answers once more, where AppConfig says so.
    """

    def __init__(
        self,
        *,
        model: ChatModel | None,
        model_name: str,
        app_config: Callable[[], AppConfig],
        searcher: Callable[[StoreName], Search],
        passages_by_id: Callable[[StoreName, Sequence[str], SearchFilter], Sequence[Hit]],
        links: Callable[[str], Iterable[LinkRecord]],
        record_cost: Callable[[str, dict[str, float]], None],
        model_check: ModelCheck | None = None,
    ) -> None:
        self._model = model
        self._default_model_name = model_name
        self._app_config = app_config
        self._searcher = searcher
        self._passages_by_id = passages_by_id
        self._links = links
        self._record_cost = record_cost
        self._model_check = model_check

    @property
    def has_model(self) -> bool:
        """Whether questions can be answered, or only passages shown."""
        return self._model is not None

    def answer(self, asked: Asked) -> Iterator[Found | Text | Terms | Done]:
        """Found first, Done last. Raises TransientError when the store or the model is away."""
        config = self._app_config()
        found = self._find(asked, config)
        yield found
        looked_through = self._searched(asked, found)
        if not found.selection.passages:
            message = f"{NOT_FOUND} {looked_through.sentence()}"
            yield Done("not_found", message, searched=looked_through)
            return
        if self._model is None:
            quoted = extractive_reader.read(asked.search_text, found.selection.passages)
            if quoted.text:
                yield Text(quoted.text)
            yield Done("no_model", NO_MODEL, answer=quoted, searched=looked_through)
            return
        question = Question(
            self._model_name(config),
            _messages(asked, config, found.selection),
            config.llm_max_output_tokens,
            config.llm_temperature,
        )
        parts: list[str] = []
        finish = Finish(None, None, False)
        try:
            for part in self._model.stream(question):
                if isinstance(part, Delta):
                    parts.append(part.text)
                    yield Text(part.text)
                else:
                    finish = part
        finally:
            # Also when the asker leaves in the middle: what came until then was paid for.
            done = self._account(question, "".join(parts), finish, config)
        yield Terms(self._terms("".join(parts), found.selection.passages))
        answer, usage = self._checked("".join(parts), asked, found.selection.passages, config)
        yield replace(
            done,
            tokens_in=done.tokens_in + usage.tokens_in,
            tokens_out=done.tokens_out + usage.tokens_out,
            cost_usd=None if done.cost_usd is None else done.cost_usd + usage.cost_usd,
            answer=answer,
            searched=looked_through,
        )

    def _checked(
        self, text: str, asked: Asked, passages: Sequence[Passage], config: AppConfig
    ) -> tuple[CheckedAnswer, Usage]:
        """By words and numbers, then by the model; what that cost is added to the day's."""
        answer = check(text, asked.search_text, passages)
        if self._model_check is None or not config.check_answers_with_model:
            return answer, Usage()
        model = self._model_name(config)
        judged, usage = self._model_check.check(answer, passages, model)
        usage = priced(usage, find_price(config.prices, model))
        if usage.calls:
            told = {"tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out, "cost_usd": usage.cost_usd}
            self._record_cost(model, {**told, "answer_checks": 1})
        if judged is not answer:
            judged = replace(judged, text=corrected(text, judged.sentences, marks_in(text, passages)))
        return judged, usage

    @staticmethod
    def _searched(asked: Asked, found: Found) -> Searched:
        selection = found.selection
        hits = [*(passage.hit for passage in selection.passages), *selection.left_out, *selection.unrelated]
        return searched(asked.search_text, found.store, asked.wanted, hits)

    def inspect(self, asked: Asked) -> Inspection:
        """What would be retrieved and sent, without sending it."""
        config = self._app_config()
        found = self._find(asked, config)
        sent = _messages(asked, config, found.selection)
        passages = sum(map(count_tokens, texts_of(found.selection.passages)))
        tokens = {
            "system_prompt": count_tokens(config.system_prompt),
            "passages": passages,
            "fences": count_tokens(context(found.selection.passages)) - passages,
            "question": count_tokens(asked.question),
            "total": sum(count_tokens(message["content"]) for message in sent),
        }
        model = self._model_name(config)
        return Inspection(found.store, found.selection, sent, tokens, model, self._model is not None)

    def _find(self, asked: Asked, config: AppConfig) -> Found:
        """A follow-up is searched for alone and with the question before, and keeps the passages of the turn before."""
        store = asked.store or config.vector_store_type
        search = self._searcher(store).search
        hits = search(asked.search_text, None, asked.wanted, explain=True)
        per_passage, total = config.context_max_tokens_per_result, config.context_max_total_tokens
        earlier: Sequence[Hit] = ()
        if asked.earlier:
            hits = conversation.alternating(hits, search(asked.question, None, asked.wanted, explain=True))
            sources = asked.earlier[-1].sources[: conversation.MAX_SOURCES]
            earlier = self._passages_by_id(store, sources, asked.wanted) if sources else ()
        selection = select(
            asked.search_text,
            hits,
            Budget(per_passage, total - total // conversation.EARLIER_SHARE if earlier else total),
            min_similarity=config.retrieval_min_similarity,
            weak_similarity=config.retrieval_weak_similarity,
            count=count_tokens,
            truncate=truncate,
        )
        if earlier:
            shortened = partial(_shortened, max_tokens=per_passage)
            selection = conversation.with_earlier(selection, earlier, total - selection.tokens, cut=shortened)
        return Found(store, selection)

    def _terms(self, answer: str, passages: Sequence[Passage]) -> list[LinkedTerm]:
        sources = list(dict.fromkeys(str(passage.hit.metadata["source"]) for passage in passages))
        return terms_in(answer, {source: self._links(source) for source in sources[:MAX_LINKED_DOCUMENTS]})

    def _account(self, question: Question, answer: str, finish: Finish, config: AppConfig) -> Done:
        """Tokens and dollars, told by the server or else counted here; added to the day's costs."""
        tokens_in, tokens_out = finish.tokens_in, finish.tokens_out
        if tokens_in is None or tokens_out is None:
            tokens_in = sum(count_tokens(message["content"]) for message in question.messages) if answer else 0
            tokens_out = count_tokens(answer)
        price = find_price(config.prices, question.model)
        cost = dollars(price, tokens_in, tokens_out) if price else None
        if tokens_in or tokens_out:
            usage = {"tokens_in": tokens_in, "tokens_out": tokens_out, "cost_usd": cost or 0.0, "questions": 1}
            self._record_cost(question.model, usage)
        return Done(None, "", question.model, tokens_in, tokens_out, cost, finish.is_cut)

    def _model_name(self, config: AppConfig) -> str:
        return config.llm_model or self._default_model_name


def _messages(asked: Asked, config: AppConfig, selection: Selection) -> list[dict[str, str]]:
    turns = conversation.fit(asked.earlier, count_tokens, truncate)
    return messages(config.system_prompt, asked.question, selection.passages, turns)


def _shortened(hit: Hit, number: int, *, max_tokens: int) -> Passage:
    return cut(hit, number, max_tokens, count=count_tokens, truncate=truncate)


def describe_source(passage: Passage) -> dict[str, Any]:
    """A passage as chips and lists show it."""
    return {"number": passage.number, **describe_hit(passage.hit), "tokens": passage.tokens, "is_cut": passage.is_cut}


def describe_hit(hit: Hit) -> dict[str, Any]:
    """A found passage as JSON."""
    metadata = hit.metadata
    return {
        "id": hit.id,
        "citation": citation(metadata),
        "s3_key": metadata.get("source"),
        "document_id": metadata.get("document_id"),
        "filename": metadata.get("filename"),
        "page": metadata.get("page"),
        "page_label": metadata.get("page_label"),
        "pages_spanned": metadata.get("pages_spanned", [metadata.get("page")]),
        "heading_path": metadata.get("heading_path", ""),
        "image_url": metadata.get("image_url"),
        "score": round(hit.score, 4),
        "dense_score": round(hit.dense_score, 4),
        "sparse_score": round(hit.sparse_score, 4),
        "text": hit.text,
    }
