"""Qdrant's REST API (https://api.qdrant.tech) as far as this server speaks it: which call does what."""

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.routing import Map, Rule

from development_stack.qdrant_server import description
from development_stack.qdrant_server.catalog import Catalog
from development_stack.qdrant_server.errors import BadRequestError
from development_stack.qdrant_server.fields import items, known_fields
from development_stack.qdrant_server.groups import query_groups

#: The release whose API this server follows; clients compare it with theirs.
API_VERSION = "1.20.0"
#: Parameters of clusters and of waiting: taken everywhere; there is one copy, and every update is waited for.
PARAMETERS = frozenset({"wait", "ordering", "timeout", "consistency", "anonymize", "details_level", "per_collection"})

#: Answers `result` from the catalog, the names in the path, and the body.
Answer = Callable[[Catalog, Mapping[str, str], Any], Any]

_COLLECTION = "/collections/<collection>"
_POINTS = f"{_COLLECTION}/points"


def _update(kind: str) -> Answer:
    return lambda catalog, path, body: catalog.get(path["collection"]).update(kind, body)


def _update_collection(catalog: Catalog, path: Mapping[str, str], body: Any) -> bool:
    collection = catalog.get(path["collection"])
    described, _, _ = collection.info()
    collection.change_description(description.changes(body, described))
    return True


def _create(catalog: Catalog, path: Mapping[str, str], body: Any) -> bool:
    catalog.create(path["collection"], description.creation(body))
    return True


def _change_aliases(catalog: Catalog, path: Mapping[str, str], body: Any) -> bool:
    catalog.change_aliases(body)
    return True


def _query(catalog: Catalog, path: Mapping[str, str], body: Any) -> Any:
    [points] = catalog.get(path["collection"]).query([body])
    return {"points": points}


def _query_batch(catalog: Catalog, path: Mapping[str, str], body: Any) -> Any:
    searches = known_fields(body, "body", ("searches",), required=("searches",))["searches"]
    return [{"points": points} for points in catalog.get(path["collection"]).query(items(searches, "searches"))]


def _aliases_of(catalog: Catalog, path: Mapping[str, str], body: Any) -> Any:
    return {"aliases": catalog.aliases(catalog.get(path["collection"]).name)}


def _telemetry(catalog: Catalog, path: Mapping[str, str], body: Any) -> Any:
    app = {"name": "qdrant", "version": API_VERSION}
    return {"id": "development", "app": app, "collections": {"number_of_collections": len(catalog.names)}}


ROUTES: dict[tuple[str, str], Answer] = {
    ("GET", "/telemetry"): _telemetry,
    ("GET", "/collections"): lambda catalog, path, body: {"collections": [{"name": name} for name in catalog.names]},
    ("GET", "/aliases"): lambda catalog, path, body: {"aliases": catalog.aliases()},
    ("POST", "/collections/aliases"): _change_aliases,
    ("GET", _COLLECTION): lambda catalog, path, body: description.info(catalog.get(path["collection"])),
    ("PUT", _COLLECTION): _create,
    ("PATCH", _COLLECTION): _update_collection,
    ("DELETE", _COLLECTION): lambda catalog, path, body: catalog.delete(path["collection"]),
    ("GET", f"{_COLLECTION}/exists"): lambda catalog, path, body: {"exists": catalog.exists(path["collection"])},
    ("GET", f"{_COLLECTION}/aliases"): _aliases_of,
    ("PUT", f"{_COLLECTION}/index"): lambda catalog, path, body: catalog.get(path["collection"]).create_index(body),
    ("DELETE", f"{_COLLECTION}/index/<field>"): lambda catalog, path, body: catalog.get(
        path["collection"]
    ).delete_index(path["field"]),
    ("POST", f"{_COLLECTION}/facet"): lambda catalog, path, body: catalog.get(path["collection"]).facet(body),
    ("PUT", _POINTS): _update("upsert"),
    ("POST", _POINTS): lambda catalog, path, body: catalog.get(path["collection"]).retrieve(body),
    ("GET", f"{_POINTS}/<point>"): lambda catalog, path, body: catalog.get(path["collection"]).retrieve_one(
        path["point"]
    ),
    ("POST", f"{_POINTS}/delete"): _update("delete"),
    ("POST", f"{_POINTS}/payload"): _update("set_payload"),
    ("PUT", f"{_POINTS}/payload"): _update("overwrite_payload"),
    ("POST", f"{_POINTS}/payload/delete"): _update("delete_payload"),
    ("POST", f"{_POINTS}/payload/clear"): _update("clear_payload"),
    ("PUT", f"{_POINTS}/vectors"): _update("update_vectors"),
    ("POST", f"{_POINTS}/vectors/delete"): _update("delete_vectors"),
    ("POST", f"{_POINTS}/batch"): lambda catalog, path, body: catalog.get(path["collection"]).update_batch(body),
    ("POST", f"{_POINTS}/scroll"): lambda catalog, path, body: catalog.get(path["collection"]).scroll(body),
    ("POST", f"{_POINTS}/count"): lambda catalog, path, body: catalog.get(path["collection"]).count(body),
    ("POST", f"{_POINTS}/query"): _query,
    ("POST", f"{_POINTS}/query/batch"): _query_batch,
    ("POST", f"{_POINTS}/query/groups"): lambda catalog, path, body: query_groups(
        catalog.get(path["collection"]), body
    ),
}

#: Finds the key of ROUTES for a request.
PATHS = Map([Rule(path, methods=[method], endpoint=(method, path)) for method, path in ROUTES])


def check_parameters(given: Mapping[str, str]) -> None:
    """Raises BadRequestError for a parameter of the URL that nobody reads."""
    for name in given:
        if name not in PARAMETERS:
            raise BadRequestError(f"Bad request: this development server does not know the parameter `{name}`")
