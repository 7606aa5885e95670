"""Qdrant's filters (https://qdrant.tech/documentation/concepts/filtering) as the engine's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import qdrant_edge as engine

from development_stack.qdrant_server.fields import (
    boolean,
    format_error,
    integer,
    is_integer,
    items,
    known_fields,
    number,
    text,
)
from development_stack.qdrant_server.points import point_id

_CLAUSES = ("must", "should", "must_not", "min_should")
_BOUNDS = ("gt", "gte", "lt", "lte")


def filter_of(value: Any, where: str = "filter") -> engine.Filter | None:
    """None stays None: nothing is filtered. Raises BadRequestError."""
    if value is None:
        return None
    given = known_fields(value, where, _CLAUSES)
    clauses = {name: _conditions(given[name], f"{where}.{name}") for name in _CLAUSES[:3] if name in given}
    min_should = None
    if "min_should" in given:
        parts = ("conditions", "min_count")
        minimum = known_fields(given["min_should"], f"{where}.min_should", parts, required=parts)
        conditions = _conditions(minimum["conditions"], f"{where}.min_should.conditions")
        min_should = engine.MinShould(conditions, integer(minimum["min_count"], "min_count"))
    return engine.Filter(**clauses, min_should=min_should)


def _conditions(value: Any, where: str) -> list[Any]:
    """One condition may stand without a list."""
    return [_condition(one, where) for one in (value if isinstance(value, list) else [value])]


def _condition(value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise format_error(f"{where} must hold conditions")
    given = {name: part for name, part in value.items() if part is not None}
    if "key" in given:
        return _field_condition(given, where)
    for name, make in _CONDITIONS.items():
        if name in given:
            known_fields(given, where, (name,))
            return make(given[name])
    if given.keys() <= set(_CLAUSES):
        return filter_of(given, where)
    raise format_error(f"unknown condition with the fields {', '.join(sorted(given))} in {where}")


def _is_empty(value: Any) -> Any:
    return engine.IsEmptyCondition(_key(value, "is_empty"))


def _is_null(value: Any) -> Any:
    return engine.IsNullCondition(_key(value, "is_null"))


def _key(value: Any, where: str) -> str:
    return text(known_fields(value, where, ("key",), required=("key",))["key"], f"{where}.key")


def _has_id(value: Any) -> Any:
    return engine.HasIdCondition({point_id(one) for one in items(value, "has_id")})


def _has_vector(value: Any) -> Any:
    return engine.HasVectorCondition(text(value, "has_vector"))


def _nested(value: Any) -> Any:
    given = known_fields(value, "nested", ("key", "filter"), required=("key", "filter"))
    only = filter_of(given["filter"], "nested.filter")
    assert only is not None  # a field that is given is not null
    return engine.NestedCondition(text(given["key"], "nested.key"), only)


def _slice(value: Any) -> Any:
    given = known_fields(value, "slice", ("total", "index"), required=("total", "index"))
    return engine.SliceCondition(  # type: ignore[attr-defined]  # not in its .pyi
        integer(given["index"], "slice.index"), integer(given["total"], "slice.total")
    )


_CONDITIONS: dict[str, Callable[[Any], Any]] = {
    "is_empty": _is_empty,
    "is_null": _is_null,
    "has_id": _has_id,
    "has_vector": _has_vector,
    "nested": _nested,
    "slice": _slice,
}


def _match(value: Any) -> Any:
    kinds: dict[str, Callable[[Any], Any]] = {
        "value": _match_value,
        "text": lambda one: engine.MatchText(text(one, "match.text")),
        "text_any": lambda one: engine.MatchTextAny(text(one, "match.text_any")),
        "phrase": lambda one: engine.MatchPhrase(text(one, "match.phrase")),
        "prefix": lambda one: engine.MatchPrefix(text(one, "match.prefix")),
        "substring": lambda one: engine.MatchSubstring(text(one, "match.substring")),
        "any": lambda one: engine.MatchAny(_variants(one, "match.any")),
        "except": lambda one: engine.MatchExcept(_variants(one, "match.except")),
    }
    [(name, wanted)] = _exactly_one(known_fields(value, "match", kinds), "match", tuple(kinds))
    return kinds[name](wanted)


def _match_value(value: Any) -> Any:
    if isinstance(value, bool):
        # The binding reads Python's booleans as the integers 0 and 1, which match no boolean; numpy's it reads as such.
        return engine.MatchValue(np.bool_(value))  # type: ignore[arg-type]
    if isinstance(value, str) or is_integer(value):
        return engine.MatchValue(value)
    raise format_error("match.value must be a string, an integer or a boolean")


def _variants(value: Any, where: str) -> list[Any]:
    values = items(value, where)
    if all(isinstance(one, str) for one in values) or all(is_integer(one) for one in values):
        return values
    raise format_error(f"{where} must hold strings only or integers only")


def _range(value: Any) -> Any:
    given = known_fields(value, "range", _BOUNDS)
    if any(isinstance(bound, str) for bound in given.values()):
        return engine.RangeDateTime(**{name: text(bound, f"range.{name}") for name, bound in given.items()})
    return engine.RangeFloat(**{name: number(bound, f"range.{name}") for name, bound in given.items()})


def _values_count(value: Any) -> Any:
    given = known_fields(value, "values_count", _BOUNDS)
    return engine.ValuesCount(**{name: integer(bound, f"values_count.{name}") for name, bound in given.items()})


def _geo_point(value: Any, where: str) -> Any:
    given = known_fields(value, where, ("lon", "lat"), required=("lon", "lat"))
    return engine.GeoPoint(number(given["lon"], f"{where}.lon"), number(given["lat"], f"{where}.lat"))


def _geo_bounding_box(value: Any) -> Any:
    corners = ("top_left", "bottom_right")
    given = known_fields(value, "geo_bounding_box", corners, required=corners)
    return engine.GeoBoundingBox(*(_geo_point(given[corner], corner) for corner in corners))


def _geo_radius(value: Any) -> Any:
    given = known_fields(value, "geo_radius", ("center", "radius"), required=("center", "radius"))
    return engine.GeoRadius(_geo_point(given["center"], "center"), number(given["radius"], "radius"))


def _geo_polygon(value: Any) -> Any:
    given = known_fields(value, "geo_polygon", ("exterior", "interiors"), required=("exterior",))
    interiors = items(given.get("interiors", []), "interiors")
    return engine.GeoPolygon(_ring(given["exterior"]), [_ring(ring) for ring in interiors])


def _ring(value: Any) -> list[Any]:
    points = known_fields(value, "geo_polygon", ("points",), required=("points",))["points"]
    return [_geo_point(point, "points") for point in items(points, "points")]


_FIELD_CONDITIONS: dict[str, Callable[[Any], Any]] = {
    "match": _match,
    "range": _range,
    "values_count": _values_count,
    "geo_bounding_box": _geo_bounding_box,
    "geo_radius": _geo_radius,
    "geo_polygon": _geo_polygon,
    "is_empty": lambda value: boolean(value, "is_empty"),
    "is_null": lambda value: boolean(value, "is_null"),
}


def _field_condition(given: dict[str, Any], where: str) -> Any:
    kinds = _FIELD_CONDITIONS
    known_fields(given, f"a condition of {where}", ("key", *kinds))
    parts = {name: kinds[name](value) for name, value in given.items() if name != "key"}
    if not parts:
        raise format_error(f"the condition on `{given['key']}` in {where} has none of {', '.join(kinds)}")
    return engine.FieldCondition(text(given["key"], f"{where}.key"), **parts)


def _exactly_one(given: dict[str, Any], where: str, known: tuple[str, ...]) -> list[tuple[str, Any]]:
    if len(given) != 1:
        raise format_error(f"{where} must have one of {', '.join(known)}")
    return list(given.items())
