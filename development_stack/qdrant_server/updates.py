"""What changes points (https://qdrant.tech/documentation/concepts/points): JSON to the engine's operations."""

from collections.abc import Callable
from typing import Any

import qdrant_edge as engine

from development_stack.qdrant_server.errors import InvalidError
from development_stack.qdrant_server.fields import format_error, items, known_fields, text
from development_stack.qdrant_server.filters import filter_of
from development_stack.qdrant_server.points import payload_of, point_ids, point_vectors_of, points_of
from development_stack.qdrant_server.schema import VectorSchema

_Operation = engine.UpdateOperation
_Make = Callable[..., engine.UpdateOperation]
_MODES = {
    "upsert": engine.UpdateMode.Upsert,
    "insert_only": engine.UpdateMode.InsertOnly,
    "update_only": engine.UpdateMode.UpdateOnly,
}
_SHARDS = ("shard_key",)


def operation_of(kind: str, body: Any, schema: VectorSchema) -> engine.UpdateOperation:
    """One update, of a kind in KINDS. Raises RefusalError; then nothing has been done."""
    return KINDS[kind](body, schema)


def batch_of(body: Any, schema: VectorSchema) -> list[engine.UpdateOperation]:
    """The updates of a batch, all read before the first is carried out."""
    given = known_fields(body, "body", ("operations",), required=("operations",))
    read = []
    for one in items(given["operations"], "operations"):
        operation = known_fields(one, "operations", KINDS)
        if len(operation) != 1:
            raise format_error(f"an operation must have one of {', '.join(KINDS)}")
        [(kind, body)] = operation.items()
        read.append(operation_of(kind, body, schema))
    return read


def _upsert(body: Any, schema: VectorSchema) -> engine.UpdateOperation:
    given = known_fields(body, "body", ("points", "batch", "update_filter", "update_mode"), unspoken=_SHARDS)
    if ("points" in given) == ("batch" in given):
        raise format_error("body must have one of points, batch")
    mode = given.get("update_mode", "upsert")
    if mode not in _MODES:
        raise format_error(f"unknown variant `{mode}` of update_mode, expected one of {', '.join(_MODES)}")
    condition = filter_of(given.get("update_filter"), "update_filter")
    return _Operation.upsert_points(points_of(given, schema), condition, _MODES[mode])


def _delete(body: Any, schema: VectorSchema) -> engine.UpdateOperation:
    given = known_fields(body, "body", ("points", "filter"), unspoken=_SHARDS)
    if "points" in given:
        return _Operation.delete_points(point_ids(given["points"]))
    return _Operation.delete_points_by_filter(_required_filter(given))


def _set_payload(body: Any, schema: VectorSchema) -> engine.UpdateOperation:
    return _payload_operation(body, _Operation.set_payload, _Operation.set_payload_by_filter)


def _overwrite_payload(body: Any, schema: VectorSchema) -> engine.UpdateOperation:
    return _payload_operation(body, _Operation.overwrite_payload, _Operation.overwrite_payload_by_filter)


def _payload_operation(body: Any, by_ids: _Make, by_filter: _Make) -> engine.UpdateOperation:
    known = ("payload", "points", "filter", "key")
    given = known_fields(body, "body", known, required=("payload",), unspoken=_SHARDS)
    payload = payload_of(given["payload"])
    key = text(given["key"], "key") if "key" in given else None
    if "points" in given:
        return by_ids(point_ids(given["points"]), payload, key)
    return by_filter(_required_filter(given), payload, key)


def _delete_payload(body: Any, schema: VectorSchema) -> engine.UpdateOperation:
    given = known_fields(body, "body", ("keys", "points", "filter"), required=("keys",), unspoken=_SHARDS)
    keys = [text(key, "keys") for key in items(given["keys"], "keys")]
    if "points" in given:
        return _Operation.delete_payload(point_ids(given["points"]), keys)
    return _Operation.delete_payload_by_filter(_required_filter(given), keys)


def _clear_payload(body: Any, schema: VectorSchema) -> engine.UpdateOperation:
    given = known_fields(body, "body", ("points", "filter"), unspoken=_SHARDS)
    if "points" in given:
        return _Operation.clear_payload(point_ids(given["points"]))
    return _Operation.clear_payload_by_filter(_required_filter(given))


def _update_vectors(body: Any, schema: VectorSchema) -> engine.UpdateOperation:
    given = known_fields(body, "body", ("points", "update_filter"), required=("points",), unspoken=_SHARDS)
    condition = filter_of(given.get("update_filter"), "update_filter")
    return _Operation.update_vectors(point_vectors_of(given["points"], schema), condition)


def _delete_vectors(body: Any, schema: VectorSchema) -> engine.UpdateOperation:
    given = known_fields(body, "body", ("vector", "points", "filter"), required=("vector",), unspoken=_SHARDS)
    names = [text(name, "vector") for name in items(given["vector"], "vector")]
    for name in names:
        if name not in schema.names:
            raise format_error(f"Not existing vector name error: {name}")
    if "points" in given:
        return _Operation.delete_vectors(point_ids(given["points"]), names)
    return _Operation.delete_vectors_by_filter(_required_filter(given), names)


def _required_filter(given: dict[str, Any]) -> engine.Filter:
    if "filter" not in given:
        raise InvalidError("Validation error in JSON body: [points: either points or filter are required]")
    only = filter_of(given["filter"])
    assert only is not None
    return only


#: Kinds of updates, as a batch calls them.
KINDS: dict[str, Callable[[Any, VectorSchema], engine.UpdateOperation]] = {
    "upsert": _upsert,
    "delete": _delete,
    "set_payload": _set_payload,
    "overwrite_payload": _overwrite_payload,
    "delete_payload": _delete_payload,
    "clear_payload": _clear_payload,
    "update_vectors": _update_vectors,
    "delete_vectors": _delete_vectors,
}
