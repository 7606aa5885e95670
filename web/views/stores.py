"""The stores: numbers, and points to look at."""

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from answers.answering import describe_hit
from foundation.errors import IngestionError, TransientError
from foundation.store_names import StoreName
from vector_stores.filters import SearchFilter
from web.inputs import Input, read_query
from web.panel import panel
from web.problems import away

blueprint = Blueprint("stores", __name__)


#: Documents that a part of a name stands for.
MAX_NAMED = 200


class PointsQuery(Input):
    """`source` is an S3 key, `q` a part of one, `offset` is a point's id as `next_offset` gave it."""

    store: StoreName = "semantic"
    limit: int = Field(default=10, ge=1, le=50)
    offset: str | None = Field(default=None, pattern="^[0-9a-f-]{36}$")
    source: str | None = Field(default=None, max_length=1_024)
    q: str = Field(default="", max_length=200)
    first_page: int | None = Field(default=None, ge=1, le=1_000_000)
    last_page: int | None = Field(default=None, ge=1, le=1_000_000)


@blueprint.get("/api/admin/collections")
def collections() -> ResponseReturnValue:
    """Numbers of each store; one that can't be asked says why, and doesn't hide the others."""
    return jsonify(stores=[_stats(name) for name in panel().stores])


@blueprint.get("/api/admin/points")
def points() -> ResponseReturnValue:
    """Some points of a store, in the order of their ids."""
    query = read_query(PointsQuery)
    named = _documents_named(query.q) if query.q else None
    if named is not None and not named:
        return jsonify(store=query.store, points=[], next_offset=None)
    wanted = SearchFilter(
        source=query.source, document_ids=named, first_page=query.first_page, last_page=query.last_page
    )
    sample = panel().stores[query.store].sample(query.limit, query.offset, wanted)
    return jsonify(
        store=query.store,
        points=[{**describe_hit(hit), "metadata": hit.metadata} for hit in sample.hits],
        next_offset=sample.next_offset,
    )


def _documents_named(part: str) -> tuple[str, ...]:
    """Documents with this in their key, the first MAX_NAMED by name."""
    wanted = part.casefold()
    found = sorted(
        (entry.s3_key, entry.document_id)
        for entry in panel().catalogue.snapshot().documents.values()
        if wanted in entry.s3_key.casefold()
    )
    return tuple(document_id for _, document_id in found[:MAX_NAMED])


def _stats(name: StoreName) -> dict[str, Any]:
    try:
        return panel().stores[name].stats().as_json()
    except TransientError as error:
        return {"store": name, "problem": away(error)}
    except IngestionError as error:
        return {"store": name, "problem": str(error)}
