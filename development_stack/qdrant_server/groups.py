"""Searches whose results are grouped by a field of the payload (https://qdrant.tech/documentation/concepts/search)."""

from collections.abc import Mapping
from typing import Any

from development_stack.qdrant_server.collection import PointCollection
from development_stack.qdrant_server.fields import integer, known_fields, text
from development_stack.qdrant_server.points import payload_selector, vector_selector
from development_stack.qdrant_server.queries import limit_of

_OWN = ("group_by", "group_size", "limit", "with_payload", "with_vector")
_SEARCH = ("prefetch", "query", "using", "filter", "params", "score_threshold")
#: Each look at more results asks for so many times as many.
_GROWTH = 8
_DEFAULT_GROUPS = 10
_DEFAULT_GROUP_SIZE = 3


def query_groups(collection: PointCollection, body: Any) -> dict[str, Any]:
    """The `limit` groups with the best points, and up to `group_size` points of each. Raises RefusalError.

    Looks at more results until the groups are full or there are no more.
    """
    unspoken = ("with_lookup", "lookup_from", "shard_key")
    given = known_fields(body, "body", (*_OWN, *_SEARCH), required=("group_by",), unspoken=unspoken)
    key = text(given["group_by"], "group_by")
    limit = limit_of(given, _DEFAULT_GROUPS)
    size = integer(given.get("group_size", _DEFAULT_GROUP_SIZE), "group_size", least=1)
    payload_selector(given.get("with_payload"), default=False)
    vector_selector(given.get("with_vector"), collection.schema)
    search = {name: given[name] for name in _SEARCH if name in given}
    wanted = limit * size
    while True:
        [points] = collection.query([{**search, "limit": wanted, "with_payload": [key]}])
        groups = _grouped(points, key, limit, size)
        if len(points) < wanted or (len(groups) == limit and all(len(hits) == size for hits in groups.values())):
            break
        wanted *= _GROWTH
    whole = _whole_points(collection, given, [point["id"] for hits in groups.values() for point in hits])
    return {
        "groups": [
            {"id": value, "hits": [_hit(point, whole) for point in hits if point["id"] in whole]}
            for value, hits in groups.items()
        ]
    }


def _grouped(points: list[dict[str, Any]], key: str, limit: int, size: int) -> dict[str | int, list[dict[str, Any]]]:
    """Best group first. A point whose field holds several values is in the group of each."""
    groups: dict[str | int, list[dict[str, Any]]] = {}
    for point in points:
        for value in dict.fromkeys(_values(point["payload"], key)):
            if value in groups or len(groups) < limit:
                hits = groups.setdefault(value, [])
                if len(hits) < size:
                    hits.append(point)
    return groups


def _values(payload: Any, path: str) -> list[str | int]:
    found = [payload]
    for part in path.split("."):
        name = part.removesuffix("[]")
        found = [one[name] for one in found if isinstance(one, Mapping) and name in one]
        found = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [one for one in found if isinstance(one, str | int) and not isinstance(one, bool)]


def _whole_points(collection: PointCollection, given: Mapping[str, Any], ids: list[Any]) -> dict[Any, dict[str, Any]]:
    """What is asked for of each point."""
    asked = {"with_payload": given.get("with_payload", False), "with_vector": given.get("with_vector", False)}
    return {point["id"]: point for point in collection.retrieve({"ids": ids, **asked})}


def _hit(point: Mapping[str, Any], whole: Mapping[Any, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: point[name] for name in ("id", "version", "score")} | dict(whole[point["id"]])
