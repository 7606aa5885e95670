"""Reads the fields of a JSON object, and refuses by name those that nobody reads."""

from collections.abc import Collection, Mapping
from typing import Any

from development_stack.qdrant_server.errors import BadRequestError, NotSpokenError


def known_fields(
    value: Any, where: str, known: Collection[str], *, required: Collection[str] = (), unspoken: Collection[str] = ()
) -> dict[str, Any]:
    """The fields of an object that are given and not null.

    `unspoken` are fields that Qdrant has and this server has not. Raises BadRequestError for a field that is missing
    or that Qdrant's API has not, NotSpokenError for one of `unspoken`; `where` names the object in both.
    """
    if not isinstance(value, Mapping):
        raise format_error(f"{where} must be an object")
    given = {name: field for name, field in value.items() if field is not None}
    for name in given:
        if name in unspoken:
            raise NotSpokenError(f"Not implemented: this development server does not speak `{name}` in {where}")
        if name not in known:
            raise format_error(f"unknown field `{name}` in {where}, expected one of {', '.join(sorted(known))}")
    for name in required:
        if name not in given:
            raise format_error(f"missing field `{name}` in {where}")
    return given


def is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def integer(value: Any, where: str, *, least: int = 0) -> int:
    """Raises BadRequestError unless `value` is a whole number of at least `least`."""
    if not is_integer(value):
        raise format_error(f"invalid type: {where} must be an integer")
    if value < least:
        raise format_error(f"invalid value {value}: {where} must be {least} or larger")
    return int(value)


def text(value: Any, where: str) -> str:
    """Raises BadRequestError unless `value` is a string."""
    if not isinstance(value, str):
        raise format_error(f"invalid type: {where} must be a string")
    return value


def boolean(value: Any, where: str) -> bool:
    """Raises BadRequestError unless `value` is true or false."""
    if not isinstance(value, bool):
        raise format_error(f"invalid type: {where} must be a boolean")
    return value


def number(value: Any, where: str) -> float:
    """Raises BadRequestError unless `value` is a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise format_error(f"invalid type: {where} must be a number")
    return float(value)


def items(value: Any, where: str) -> list[Any]:
    """Raises BadRequestError unless `value` is a list."""
    if not isinstance(value, list):
        raise format_error(f"invalid type: {where} must be a list")
    return value


def format_error(message: str) -> BadRequestError:
    return BadRequestError(f"Format error in JSON body: {message}")


def payload_like(value: Any, where: str) -> dict[str, Any]:
    """Raises BadRequestError unless `value` is an object."""
    if not isinstance(value, dict):
        raise format_error(f"invalid type: {where} must be an object")
    return value
