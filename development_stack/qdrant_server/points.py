"""Points, vectors and what is asked of them: JSON to the engine's objects and back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import qdrant_edge as engine

from development_stack.qdrant_server.errors import BadRequestError, InvalidError, NotSpokenError
from development_stack.qdrant_server.fields import format_error, integer, is_integer, items, known_fields, number, text
from development_stack.qdrant_server.schema import DEFAULT_VECTOR, VectorSchema

#: A text or an image instead of a vector: a server with inference makes a vector of it.
_INFERENCE = frozenset({"text", "image", "object", "model"})
_LARGEST_ID = 2**64 - 1
PointId = int | UUID | str


def point_id(value: Any) -> int | str:
    """An unsigned integer, or a UUID in its usual form. Raises BadRequestError."""
    if is_integer(value) and 0 <= value <= _LARGEST_ID:
        return int(value)
    if isinstance(value, str):
        try:
            return str(UUID(value))
        except ValueError:
            pass
    raise format_error(f"value {value!r} is not a valid point ID, an unsigned integer or a UUID is one")


def point_ids(value: Any, where: str = "points") -> list[PointId]:
    return [point_id(one) for one in items(value, where)]


def points_of(body: Mapping[str, Any], schema: VectorSchema) -> list[engine.Point]:
    """The points of an upsert, which come one by one (`points`) or field by field (`batch`)."""
    if "batch" in body:
        return _batch(body["batch"], schema)
    made = []
    for value in items(body.get("points"), "points"):
        given = known_fields(value, "points", ("id", "vector", "payload"), required=("id", "vector"))
        vector = vectors_of(given["vector"], schema)
        made.append(engine.Point(point_id(given["id"]), vector, payload_of(given.get("payload", {}))))
    return made


def _batch(value: Any, schema: VectorSchema) -> list[engine.Point]:
    given = known_fields(value, "batch", ("ids", "vectors", "payloads"), required=("ids", "vectors"))
    ids = point_ids(given["ids"], "batch.ids")
    vectors = given["vectors"]
    if isinstance(vectors, Mapping):
        columns = {name: items(column, f"batch.vectors.{name}") for name, column in vectors.items()}
        if any(len(column) != len(ids) for column in columns.values()):
            raise InvalidError("Validation error in JSON body: [batch: as many vectors as ids are needed]")
        rows: list[Any] = [{name: column[index] for name, column in columns.items()} for index in range(len(ids))]
        rows = [{name: vector for name, vector in row.items() if vector is not None} for row in rows]
    else:
        rows = items(vectors, "batch.vectors")
    payloads = items(given.get("payloads", [{}] * len(ids)), "batch.payloads")
    if not len(ids) == len(rows) == len(payloads):
        raise InvalidError("Validation error in JSON body: [batch: as many vectors and payloads as ids are needed]")
    return [
        engine.Point(one, vectors_of(row, schema), payload_of(payload or {}))
        for one, row, payload in zip(ids, rows, payloads, strict=True)
    ]


def point_vectors_of(value: Any, schema: VectorSchema) -> list[engine.PointVectors]:
    """The points of an update of vectors."""
    made = []
    for one in items(value, "points"):
        given = known_fields(one, "points", ("id", "vector"), required=("id", "vector"))
        made.append(engine.PointVectors(point_id(given["id"]), vectors_of(given["vector"], schema)))
    return made


def payload_of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise format_error("invalid type: payload must be an object")
    return value


def vectors_of(value: Any, schema: VectorSchema) -> Any:
    """A point's vector or vectors by name.

    Names and dimensions are checked here: the engine logs an update before it refuses it, and would carry out the
    part of it that it can when it recovers.
    """
    if isinstance(value, list):
        return vector_of(value, DEFAULT_VECTOR, schema)
    if not isinstance(value, Mapping):
        raise format_error("invalid type: vector must be a list of numbers or vectors by name")
    if value.keys() <= _INFERENCE and value and not value.keys() & schema.names:
        raise _inference()
    return {name: vector_of(one, name, schema) for name, one in value.items()}


def vector_of(value: Any, name: str, schema: VectorSchema) -> Any:
    """One vector, for the name given. Raises BadRequestError as Qdrant does for a name or a dimension that is wrong."""
    if name in schema.sparse:
        return _sparse(value, name)
    if name not in schema.dense:
        raise BadRequestError(f"Wrong input: Not existing vector name error: {name}")
    if isinstance(value, Mapping):
        if value.keys() & _INFERENCE:
            raise _inference()
        raise BadRequestError(f"Wrong input: Vector `{name}` is dense, a sparse one was given")
    rows = items(value, f"vector `{name}`")
    is_multi = bool(rows) and isinstance(rows[0], list)
    if is_multi and name not in schema.multi:
        raise BadRequestError(f"Wrong input: Conversion between multi and regular vectors failed: `{name}`")
    for row in rows if is_multi else [rows]:
        if len(row) != schema.dense[name]:
            raise BadRequestError(
                f"Wrong input: Vector dimension error: expected dim: {schema.dense[name]}, got {len(row)}"
            )
    return value


def _sparse(value: Any, name: str) -> engine.SparseVector:
    if isinstance(value, Mapping) and value.keys() & _INFERENCE:
        raise _inference()
    if not isinstance(value, Mapping):
        raise BadRequestError(f"Wrong input: Vector `{name}` is sparse, a dense one was given")
    given = known_fields(value, f"vector `{name}`", ("indices", "values"), required=("indices", "values"))
    indices, values = items(given["indices"], "indices"), items(given["values"], "values")
    if len(indices) != len(values):
        raise InvalidError(f"Validation error in JSON body: [{name}.values: must be the same length as indices]")
    if len(set(indices)) != len(indices):
        raise InvalidError(f"Validation error in JSON body: [{name}.indices: must be unique]")
    return engine.SparseVector(
        [integer(index, f"{name}.indices") for index in indices], [number(one, f"{name}.values") for one in values]
    )


def _inference() -> NotSpokenError:
    return NotSpokenError("Not implemented: this development server makes no vectors of texts or images (inference)")


# What is asked for


def payload_selector(value: Any, *, default: bool) -> Any:
    """`with_payload`: yes, no, some fields, or all but some."""
    if value is None or isinstance(value, bool):
        return default if value is None else value
    if isinstance(value, list):
        return engine.PayloadSelector.Include([text(key, "with_payload") for key in value])
    given = known_fields(value, "with_payload", ("include", "exclude"))
    if len(given) != 1:
        raise format_error("with_payload must have one of include, exclude")
    make = engine.PayloadSelector.Include if "include" in given else engine.PayloadSelector.Exclude
    return make([text(key, "with_payload") for [keys] in [given.values()] for key in items(keys, "with_payload")])


def vector_selector(value: Any, schema: VectorSchema) -> Any:
    """`with_vector`: yes, no, or some by name."""
    if value is None or isinstance(value, bool):
        return bool(value)
    names = [text(name, "with_vector") for name in items(value, "with_vector")]
    for name in names:
        if name not in schema.names:
            raise BadRequestError(f"Wrong input: Not existing vector name error: {name}")
    return names


# What is answered


def record(found: engine.Record | engine.ScoredPoint, *, payload: bool, vector: bool) -> dict[str, Any]:
    """A point without a score."""
    answer: dict[str, Any] = {"id": id_of(found.id)}
    if payload:
        answer["payload"] = found.payload or {}
    if vector:
        answer["vector"] = vectors_as_json(found.vector)
    if found.order_value is not None:
        answer["order_value"] = found.order_value
    return answer


def scored_point(found: engine.ScoredPoint, *, payload: bool, vector: bool) -> dict[str, Any]:
    answer = {"id": id_of(found.id), "version": found.version, "score": found.score}
    return answer | {
        name: value for name, value in record(found, payload=payload, vector=vector).items() if name != "id"
    }


def id_of(value: int | UUID | str) -> int | str:
    return value if isinstance(value, int) else str(value)


def vectors_as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: vectors_as_json(one) for name, one in value.items()}
    if isinstance(value, engine.SparseVector):
        return {"indices": value.indices, "values": value.values}
    return value
