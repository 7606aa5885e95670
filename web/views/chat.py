"""Questions: an answer as it is written, and what would be retrieved for one."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from answers.answering import Asked, Done, Found, Terms, Text, describe_hit, describe_source
from foundation.store_names import StoreName
from web.events import Event
from web.inputs import Input, read_query
from web.markdown import to_html
from web.panel import panel

blueprint = Blueprint("chat", __name__)

#: How often the answer is rendered while it comes; the eye sees no more.
RENDER_SECONDS = 0.12


class ChatQuery(Input):
    """A question. `source` limits it to one document's S3 key."""

    q: str = Field(min_length=1, max_length=2_000, pattern=r"\S")
    store: StoreName | None = None
    source: str | None = Field(default=None, max_length=1_024)

    def asked(self) -> Asked:
        return Asked(self.q.strip(), self.store, self.source)


@blueprint.get("/api/chat")
def chat() -> ResponseReturnValue:
    """Events: `metadata` (sources), `text` (`{delta, html}`, html being the whole), `links`, `done`, `error`."""
    query = read_query(ChatQuery)
    parts = panel()
    parts.gate.count_question()
    return parts.answering.stream(as_events(parts.answers.answer(query.asked())))


@blueprint.get("/api/admin/inspect-context")
def inspect_context() -> ResponseReturnValue:
    """What a question would find: every hit with its scores, what goes to the model, and the exact messages."""
    found = panel().answers.inspect(read_query(ChatQuery).asked())
    return jsonify(
        store=found.store,
        passages=[describe_source(passage) for passage in found.selection.passages],
        unrelated=[describe_hit(hit) for hit in found.selection.unrelated],
        left_out=[describe_hit(hit) for hit in found.selection.left_out],
        tokens=found.tokens,
        messages=found.messages,
        model=found.model,
        has_model=found.has_model,
    )


def as_events(parts: Iterator[Found | Text | Terms | Done]) -> Iterator[Event]:
    """What the browser is sent of an answer; text is held back a moment, so that it is rendered less often."""
    whole, pending = "", ""
    rendered_at = float("-inf")
    for part in parts:
        if isinstance(part, Text):
            whole, pending = whole + part.delta, pending + part.delta
            if time.monotonic() - rendered_at < RENDER_SECONDS:
                continue
        if pending:
            yield Event("text", {"delta": pending, "html": to_html(whole)})
            pending, rendered_at = "", time.monotonic()
        if isinstance(part, Found):
            yield Event("metadata", _metadata(part))
        elif isinstance(part, Terms):
            yield Event("links", part.terms)
        elif isinstance(part, Done):
            yield Event("done", asdict(part))


def _metadata(found: Found) -> dict[str, Any]:
    selection = found.selection
    return {
        "store": found.store,
        "sources": [describe_source(passage) for passage in selection.passages],
        "context_tokens": selection.tokens,
        "unrelated": len(selection.unrelated),
        "left_out": len(selection.left_out),
    }
