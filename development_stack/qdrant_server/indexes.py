"""Payload indexes: JSON to the engine's settings."""

from typing import Any

import qdrant_edge as engine

from development_stack.qdrant_server.errors import NotSpokenError
from development_stack.qdrant_server.fields import boolean, format_error, integer, known_fields, text

_TYPES = {
    "keyword": engine.PayloadSchemaType.Keyword,
    "integer": engine.PayloadSchemaType.Integer,
    "float": engine.PayloadSchemaType.Float,
    "geo": engine.PayloadSchemaType.Geo,
    "text": engine.PayloadSchemaType.Text,
    "bool": engine.PayloadSchemaType.Bool,
    "datetime": engine.PayloadSchemaType.Datetime,
    "uuid": engine.PayloadSchemaType.Uuid,
}
_PARAMS = {
    "keyword": engine.KeywordIndexParams,
    "integer": engine.IntegerIndexParams,
    "float": engine.FloatIndexParams,
    "geo": engine.GeoIndexParams,
    "text": engine.TextIndexParams,
    "bool": engine.BoolIndexParams,
    "datetime": engine.DatetimeIndexParams,
    "uuid": engine.UuidIndexParams,
}
#: Flags of the index types; those of speed and place alone are taken and not passed on.
_PLACEMENT = ("on_disk", "memory", "enable_hnsw", "is_tenant", "is_principal")
_FLAGS = {
    "integer": ("lookup", "range"),
    "keyword": ("prefix",),
    "text": ("lowercase", "ascii_folding", "phrase_matching"),
}
_LENGTHS = {"text": ("min_token_len", "max_token_len")}
_TOKENIZERS = ("prefix", "whitespace", "word", "multilingual")


def index_schema(value: Any) -> Any:
    """The engine's settings of an index that is given as a type or as an object with one. Raises RefusalError."""
    if isinstance(value, str):
        return _TYPES[_type(value)]
    if not isinstance(value, dict) or "type" not in value:
        raise format_error("field_schema must be a type or an object with a `type`")
    kind = _type(value["type"])
    flags, lengths = _FLAGS.get(kind, ()), _LENGTHS.get(kind, ())
    others = ("tokenizer",) if kind == "text" else ()
    given = known_fields(
        value,
        "field_schema",
        ("type", *_PLACEMENT, *flags, *lengths, *others),
        unspoken=("stopwords", "stemmer", "scoring", "nested"),
    )
    params: dict[str, Any] = {name: boolean(given[name], f"field_schema.{name}") for name in flags if name in given}
    params |= {name: integer(given[name], f"field_schema.{name}") for name in lengths if name in given}
    if "tokenizer" in given:
        params["tokenizer"] = _tokenizer(given["tokenizer"])
    return _PARAMS[kind](**params)


def type_name(kind: engine.PayloadSchemaType) -> str:
    """The type of an index, as Qdrant's API calls it."""
    return next(name for name, value in _TYPES.items() if value == kind)


def _type(value: Any) -> str:
    if text(value, "field_schema") not in _TYPES:
        raise format_error(f"unknown variant `{value}` of field_schema, expected one of {', '.join(_TYPES)}")
    return str(value)


def _tokenizer(value: Any) -> Any:
    if value not in _TOKENIZERS:
        raise NotSpokenError(f"Not implemented: this development server does not speak the tokenizer `{value}`")
    return getattr(engine.TokenizerType, value.capitalize())
