"""Search and questions."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import structlog
from flask import Response, request
from pydantic import Field

from answers.answering import Asked, Done, Found, Terms, Text
from answers.conversation import MAX_SOURCES, MAX_TURNS, Turn
from answers.passages import Passage as SelectedPassage
from answers.passages import is_answered, is_related
from answers.places import label_of
from answers.prompt import citation
from answers.reader_links import reader_path
from answers.snippets import page_of, snippets_of
from answers.table_rows import matched_row
from answers.terms import LinkedTerm
from foundation.errors import TransientError
from foundation.store_names import StoreName
from vector_stores.filters import SearchFilter
from vector_stores.points import Hit
from web.api import PREFIX
from web.api.operations import EVENT_STREAM, JSON, READ, Call, Model, operation
from web.api.passages import AskAnswer, FoundPassage, Row, SearchAnswer, Snippet, SourcePassage, Term
from web.api.problems import ApiProblem, bad_request
from web.events import Event
from web.inputs import UUID, QuestionText
from web.problems import away

MAX_RESULTS = 50

log = structlog.get_logger("api")


class Limits(Model):
    """What a search is limited to; the key's prefix limits it as well."""

    store: StoreName | None = Field(default=None, description="AppConfig's choice by default.")
    document_id: str | None = Field(default=None, pattern="^[0-9a-f]{64}$", description="The document's id.")
    prefix: str | None = Field(
        default=None, max_length=1_024, description="What S3 keys begin with, the source prefix included."
    )
    category: str | None = Field(default=None, max_length=200, description="The category.")
    language: str | None = Field(default=None, max_length=20, description="ISO 639-1.")

    def wanted(self, call: Call) -> SearchFilter:
        """With the key's prefix. A narrower one may be asked for. Raises ApiProblem."""
        prefix = self.prefix if self.prefix is not None else call.prefix
        if not prefix.startswith(call.prefix):
            raise bad_request("prefix", f"this key sees what begins with {call.prefix}")
        return SearchFilter(
            document_id=self.document_id,
            source_prefix=prefix or None,
            category=self.category,
            language=self.language,
        )


class SearchBody(Limits):
    """A question or a few words."""

    query: QuestionText = Field(min_length=1, max_length=4_000, description="A question or a few words.")
    limit: int = Field(default=10, ge=1, le=MAX_RESULTS, description="At most so many results.")


class EarlierTurn(Model):
    """What was asked and answered before. `sources` are ids of passages, as the answer had them."""

    question: str = Field(min_length=1, max_length=2_000, description="What was asked.")
    answer: str = Field(max_length=20_000, description="What was answered.")
    sources: list[str] = Field(
        default_factory=list, max_length=MAX_SOURCES, description="Ids of the passages that it rested on."
    )


class AskBody(Limits):
    """A question; `earlier` are the turns that it follows up, oldest first."""

    question: QuestionText = Field(min_length=1, max_length=4_000, description="What is asked.")
    earlier: list[EarlierTurn] = Field(
        default_factory=list, max_length=MAX_TURNS, description="The turns before, oldest first."
    )


@operation("POST", "/search", tag="Search", scopes=READ, body=SearchBody, answer=SearchAnswer, problems=("conflict",))
def search(call: Call) -> SearchAnswer:
    """Search passages by meaning and by words.

    Searching costs no more than the query's embedding. A table's row that matches is given cell by cell.
    """
    body: SearchBody = call.body
    config = call.panel.app_config.current()
    store = body.store or config.vector_store_type
    hits = call.panel.searcher(store).search(body.query, body.limit, body.wanted(call), explain=True)
    answered = is_answered(body.query, hits, config.retrieval_weak_similarity)
    results = [
        _found(call, body.query, hit, answered and is_related(body.query, hit, config.retrieval_min_similarity))
        for hit in hits
    ]
    results.sort(key=lambda result: result.is_weak)
    return SearchAnswer(store=store, is_answered=answered, results=results)


@operation(
    "POST", "/ask", tag="Search", scopes=READ, body=AskBody, limit="questions", problems=("conflict",),
    answers={JSON: AskAnswer, EVENT_STREAM: None},
    notes={
        EVENT_STREAM: "Events: `sources` (as in the JSON), `text` (`{delta}`), `done` (the JSON answer), and"
        " `problem` (problem details) when it breaks off."
    },
)  # fmt: skip
def ask(call: Call) -> AskAnswer | Response:
    """Answer a question from the documents.

    With `Accept: text/event-stream` the answer comes as it is written. Asking changes nothing but costs what the model
    costs, also when you close the connection half-way. Without a model the passages are the answer.
    """
    body: AskBody = call.body
    turns = tuple(Turn(turn.question, turn.answer, tuple(_point_ids(turn.sources))) for turn in body.earlier)
    asked = Asked(body.question, body.store, body.wanted(call), turns)
    parts = call.panel.answers.answer(asked)
    # The status tells of a store that is away, before anything is streamed.
    found = next(parts)
    assert isinstance(found, Found)
    if call.accepts == JSON:
        with _place(call):
            *_, (_, answer) = _progress(call, asked, found, parts)
        assert isinstance(answer, AskAnswer)
        return answer
    return call.panel.answering.stream(_events(call, asked, found, parts))


@contextmanager
def _place(call: Call) -> Iterator[None]:
    """One of the places for answers that are written at once. Raises ApiProblem(503)."""
    if not call.panel.answering.take():
        raise ApiProblem("unavailable", "Too many answers are being written.", headers={"Retry-After": "5"})
    try:
        yield
    finally:
        call.panel.answering.give_back()


def _progress(call: Call, asked: Asked, found: Found, parts: Iterator[Any]) -> Iterator[tuple[str, Any]]:
    """Name and data of each event, the whole answer last."""
    sources = [_source(call, asked.search_text, passage) for passage in found.selection.passages]
    yield "sources", [source.model_dump(mode="json") for source in sources]
    terms: list[Term] = []
    words: list[str] = []
    for part in parts:
        if isinstance(part, Text):
            words.append(part.delta)
            yield "text", {"delta": part.delta}
        elif isinstance(part, Terms):
            terms = [_term(term) for term in part.terms]
        elif isinstance(part, Done):
            done = part.to_json()
            yield "done", AskAnswer(
                answer=done["text"] or "".join(words), store=found.store, sources=sources, terms=terms,
                sentences=done["sentences"], searched=done["searched"],
                **{name: done[name] for name in _OF_DONE},
            )  # fmt: skip


_OF_DONE = ("reason", "message", "model", "tokens_in", "tokens_out", "cost_usd", "is_cut", "is_refusal")


def _events(call: Call, asked: Asked, found: Found, parts: Iterator[Any]) -> Iterator[Event]:
    try:
        for name, data in _progress(call, asked, found, parts):
            yield Event(name, data.model_dump(mode="json") if isinstance(data, Model) else data)
    except TransientError as error:
        log.warning("answer broken off", reason=str(error), request_id=call.request_id)
        yield Event("problem", ApiProblem("unavailable", away(error)).as_json(call.request_id))
    except Exception:
        log.exception("answer failed", request_id=call.request_id)
        detail = "Something is wrong here. The server's log has the details."
        yield Event("problem", ApiProblem("internal", detail).as_json(call.request_id))
    finally:
        # The asker may have left: the model is asked no further, and what came until then is accounted for.
        with suppress(AttributeError):
            parts.close()  # type: ignore[attr-defined]


def _found(call: Call, query: str, hit: Hit, is_strong: bool) -> FoundPassage:
    snippets = [Snippet(**snippet.as_json()) for snippet in snippets_of(query, hit)]
    row = matched_row(query, hit)
    shown_row = Row(**row.as_json()) if row else None
    return FoundPassage(**_passage(call, query, hit), is_weak=not is_strong, snippets=snippets, row=shown_row)


def _source(call: Call, query: str, passage: SelectedPassage) -> SourcePassage:
    shown = {**_passage(call, query, passage.hit), "text": passage.text}
    return SourcePassage(
        **shown, number=passage.number, citation=citation(passage.hit.metadata), is_cut=passage.is_cut
    )  # fmt: skip


def _passage(call: Call, query: str, hit: Hit) -> dict[str, Any]:
    metadata = hit.metadata
    page = page_of(query, hit)
    document_id = str(metadata.get("document_id"))
    passage = hit.id if "chunk_index" in metadata else None
    return {
        "id": hit.id,
        "document_id": document_id,
        "s3_key": str(metadata.get("source")),
        "filename": str(metadata.get("filename")),
        "title": str(metadata.get("document_title") or metadata.get("filename")),
        "page": page,
        "page_label": label_of(page, metadata),
        "pages": list(metadata.get("pages_spanned") or [metadata.get("page") or page]),
        "heading_path": str(metadata.get("heading_path") or ""),
        "score": round(hit.score, 4),
        "text": hit.text,
        "url": panel_url(call, reader_path(document_id, page, query, passage)),
        "page_url": f"{PREFIX}/documents/{document_id}/pages/{page}",
    }


def panel_url(call: Call, path: str) -> str:
    """An address of the panel that people open."""
    return f"{(call.panel.settings.public_url or request.host_url).rstrip('/')}{path}"


def _term(term: LinkedTerm) -> Term:
    return Term(text=term.text, s3_key=term.source, category=term.category, page=term.page, target_url=term.url)


def _point_ids(sources: list[str]) -> list[str]:
    wrong = [source for source in sources if not re.fullmatch(UUID, source)]
    if wrong:
        raise bad_request("earlier.sources", "ids of passages are expected")
    return sources
