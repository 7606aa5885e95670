"""Questions: an answer as it is written, and what would be retrieved for one."""

import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from answers.answering import Asked, Done, Found, Terms, Text, describe_hit, describe_source
from answers.citation_marks import marks_in
from answers.cited_passages import CitedPassages
from answers.conversation import MAX_SOURCES, MAX_TURNS, Turn
from answers.marked_text import with_passages, with_slots
from answers.passages import Passage
from answers.places import label_of
from answers.snippets import page_of
from foundation.store_names import StoreName
from vector_stores.filters import SearchFilter
from vector_stores.points import Hit
from web.events import Event
from web.inputs import UUID, Input, QuestionText, read_json, read_query
from web.markdown import to_html
from web.panel import panel
from web.views.search import reader_url

blueprint = Blueprint("chat", __name__)

#: How often the answer is rendered while it comes; the eye sees no more.
RENDER_SECONDS = 0.12
PointId = Annotated[str, Field(pattern=UUID)]


class ChatQuery(Input):
    """A question. `source` limits it to one document's S3 key, `document` to one document's id."""

    q: QuestionText
    store: StoreName | None = None
    source: str | None = Field(default=None, max_length=1_024)
    document: str = Field(default="", pattern="^([0-9a-f]{64})?$")
    category: str = Field(default="", max_length=200)
    language: str = Field(default="", max_length=20)

    def asked(self, earlier: tuple[Turn, ...] = ()) -> Asked:
        wanted = SearchFilter(
            source=self.source,
            document_id=self.document or None,
            category=self.category or None,
            language=self.language or None,
        )
        return Asked(self.q, self.store, wanted, earlier)


class TurnBody(Input):
    """What was asked and answered before. `sources` are ids of passages, as `metadata` gave them."""

    question: str = Field(min_length=1, max_length=2_000)
    answer: str = Field(max_length=20_000)
    sources: list[PointId] = Field(default_factory=list, max_length=MAX_SOURCES)


class FollowUp(ChatQuery):
    """A question with the turns before it, oldest first."""

    earlier: list[TurnBody] = Field(default_factory=list, max_length=MAX_TURNS)

    def turns(self) -> tuple[Turn, ...]:
        return tuple(Turn(turn.question, turn.answer, tuple(turn.sources)) for turn in self.earlier)


@blueprint.get("/api/chat")
def chat() -> ResponseReturnValue:
    """Events: `metadata` (sources), `text` (`{delta, html}`, html being the whole), `links`, `done`, `error`.

    In a text's `html` a slot (`answers.marked_text`) with a passage's number stands for each citation. `done` says of
    each sentence what supports it, and has the whole once more, with slots for that.
    """
    return _answered(read_query(ChatQuery).asked())


@blueprint.post("/api/chat")
def follow_up() -> ResponseReturnValue:
    """The same of a question that follows others up: the turns before go to the model, within bounds, as data."""
    body = read_json(FollowUp)
    return _answered(body.asked(body.turns()))


def _answered(asked: Asked) -> ResponseReturnValue:
    parts = panel()
    parts.gate.count_question()
    return parts.answering.stream(as_events(parts.answers.answer(asked), asked.search_text))


class SourceBody(Input):
    s3_key: str = Field(max_length=1_024)
    page: int = Field(ge=1, le=1_000_000)
    id: str = Field(max_length=100)


class FeedbackBody(Input):
    """What a person says of an answer; `word` may be empty."""

    question: str = Field(min_length=1, max_length=2_000)
    answer: str = Field(max_length=50_000)
    verdict: Literal["good", "bad"]
    word: str = Field(default="", max_length=500)
    sources: list[SourceBody] = Field(default_factory=list, max_length=200)


@blueprint.post("/api/feedback")
def feedback() -> ResponseReturnValue:
    """Keep what a person says of an answer."""
    panel().feedback.keep(read_json(FeedbackBody).model_dump())
    return jsonify(kept=True), HTTPStatus.CREATED


@blueprint.get("/api/admin/inspect-context")
def inspect_context() -> ResponseReturnValue:
    """What a question would find: every hit with its scores, what goes to the model, and the exact messages."""
    asked = read_query(ChatQuery).asked()
    found = panel().answers.inspect(asked)

    def placed(hit: Hit, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, **_opened(asked.question, hit)}

    return jsonify(
        store=found.store,
        passages=[placed(passage.hit, describe_source(passage)) for passage in found.selection.passages],
        unrelated=[placed(hit, describe_hit(hit)) for hit in found.selection.unrelated],
        left_out=[placed(hit, describe_hit(hit)) for hit in found.selection.left_out],
        tokens=found.tokens,
        messages=found.messages,
        model=found.model,
        has_model=found.has_model,
    )


def as_events(parts: Iterator[Found | Text | Terms | Done], question: str = "") -> Iterator[Event]:
    """What the browser is sent of an answer; text is held back a moment, so that it is rendered less often."""
    whole, pending = "", ""
    rendered_at = float("-inf")
    passages: Sequence[Passage] = ()
    cited = CitedPassages(passages)
    for part in parts:
        if isinstance(part, Text):
            whole, pending = whole + part.delta, pending + part.delta
            if time.monotonic() - rendered_at < RENDER_SECONDS:
                continue
        if pending:
            yield Event("text", {"delta": pending, "html": to_html(with_passages(whole, cited.of(whole)))})
            pending, rendered_at = "", time.monotonic()
        if isinstance(part, Found):
            passages = part.selection.passages
            cited = CitedPassages(passages)
            yield Event("metadata", _metadata(part, question))
        elif isinstance(part, Terms):
            yield Event("links", [term.as_json() for term in part.terms])
        elif isinstance(part, Done):
            yield Event("done", part.to_json() | {"html": _with_slots(whole, part, passages)})


def _with_slots(answer: str, done: Done, passages: Sequence[Passage]) -> str:
    """The whole, with a slot (`answers.marked_text`) behind each sentence for its citations and verdict."""
    return to_html(with_slots(answer, done.answer.sentences, marks_in(answer, passages)))


def _opened(question: str, hit: Hit) -> dict[str, Any]:
    """The page that a passage opens at, which is the one that it is named by: its best sentence's."""
    page = page_of(question, hit)
    return {"page": page, "page_label": label_of(page, hit.metadata), "url": reader_url(question, hit, page)}


def _metadata(found: Found, question: str) -> dict[str, Any]:
    selection = found.selection
    return {
        "store": found.store,
        "sources": [{**describe_source(passage), **_opened(question, passage.hit)} for passage in selection.passages],
        "context_tokens": selection.tokens,
        "unrelated": len(selection.unrelated),
        "left_out": len(selection.left_out),
    }
