"""Search for people: results with snippets and their places in the reader, and what can be filtered by."""

from typing import Any

from flask import Blueprint, jsonify, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from answers.passages import is_answered, is_related
from answers.places import label_of
from answers.snippets import page_of, snippets_of
from foundation.store_names import StoreName
from vector_stores.filters import SearchFilter
from vector_stores.points import Hit
from web.entry import Entry
from web.highlights import Box, highlight_on
from web.inputs import Input, QuestionText, read_query
from web.panel import panel

blueprint = Blueprint("search", __name__)

MAX_RESULTS = 50
#: Documents that a name is completed to.
MAX_NAMES = 12


class SearchQuery(Input):
    """`document` is a document's id, `category` and `language` as the stores have them; empty ones don't limit."""

    q: QuestionText
    store: StoreName | None = None
    document: str = Field(default="", pattern="^([0-9a-f]{64})?$")
    category: str = Field(default="", max_length=200)
    language: str = Field(default="", max_length=20)
    limit: int = Field(default=10, ge=1, le=MAX_RESULTS)

    def wanted(self) -> SearchFilter:
        return SearchFilter(
            document_id=self.document or None, category=self.category or None, language=self.language or None
        )


class NamesQuery(Input):
    q: str = Field(default="", max_length=200)


@blueprint.get("/api/search")
def search() -> ResponseReturnValue:
    """The best passages, best first. Those that hardly have to do with the question are `is_weak` and come last: all of
    them, where none answers it (`is_answered`)."""
    query = read_query(SearchQuery)
    parts = panel()
    config = parts.app_config.current()
    store = query.store or config.vector_store_type
    asked = query.q
    hits = parts.searcher(store).search(asked, query.limit, query.wanted(), explain=True)
    answered = is_answered(asked, hits, config.retrieval_weak_similarity)
    results = [
        describe(asked, hit, is_weak=not (answered and is_related(asked, hit, config.retrieval_min_similarity)))
        for hit in hits
    ]
    results.sort(key=lambda result: result["is_weak"])
    return jsonify(store=store, results=results, is_answered=answered, can_answer=parts.answers.has_model)


@blueprint.get("/api/search/filters")
def filters() -> ResponseReturnValue:
    """Languages and categories that the store in use has documents of; looked up at most once a minute."""
    parts = panel()
    store = parts.stores[parts.app_config.current().vector_store_type]
    return jsonify(languages=store.values("language"), categories=store.values("constrained_category"))


@blueprint.get("/api/search/documents")
def documents() -> ResponseReturnValue:
    """Documents that can be searched and have this in their key, to complete a name with."""
    wanted = read_query(NamesQuery).q.casefold()
    found: list[Entry] = sorted(
        (
            entry
            for entry in panel().catalogue.snapshot().documents.values()
            if entry.stores and (wanted in entry.s3_key.casefold() or wanted == entry.document_id)
        ),
        key=lambda entry: entry.s3_key,
    )
    prefix = panel().artifacts.pdf_prefix
    return jsonify(
        documents=[
            {"document_id": entry.document_id, "name": entry.s3_key.removeprefix(prefix)} for entry in found[:MAX_NAMES]
        ]
    )


def describe(query: str, hit: Hit, *, is_weak: bool = False) -> dict[str, Any]:
    """A result: where it is, what of it matches, and the reader's address for it."""
    metadata = hit.metadata
    page = page_of(query, hit)
    highlight = highlight_on(page, query, hit)
    places = highlight.strong or highlight.passage
    return {
        "id": hit.id,
        "document_id": metadata.get("document_id"),
        "s3_key": metadata.get("source"),
        "filename": metadata.get("filename"),
        "title": metadata.get("document_title") or metadata.get("filename"),
        "page": page,
        "page_label": label_of(page, metadata),
        "heading_path": metadata.get("heading_path", ""),
        "is_weak": is_weak,
        "score": round(hit.score, 4),
        "snippets": [snippet.as_json() for snippet in snippets_of(query, hit)],
        "url": reader_url(query, hit, page),
        "picture_url": _picture_url(hit, page, places) if metadata.get("image_url") else None,
    }


def reader_url(query: str, hit: Hit, page: int) -> str:
    """Where the reader shows this hit with the query's sentences marked. A page of the pages store has no passage."""
    passage = hit.id if "chunk_index" in hit.metadata else None
    return url_for(
        "reader.page", document_id=hit.metadata.get("document_id"), page=page, q=query or None, passage=passage
    )  # fmt: skip


def _picture_url(hit: Hit, page: int, places: tuple[Box, ...]) -> str:
    boxes = ";".join(",".join(f"{value:g}" for value in box) for box in places[:12])
    return url_for(
        "images.page_place",
        document_id=hit.metadata.get("document_id"),
        page=page,
        boxes=boxes,
        v=hit.metadata.get("generation"),
    )
