"""Values of items as Python has them and as DynamoDB's API does. Pure.

DynamoDB has decimals but no floats, and lists but no tuples.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

#: Dollars to the millionth, seconds to the microsecond. Less would be written with an exponent, which moto can't read.
DECIMALS = 6

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def to_item(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(_to_dynamo(part)) for name, part in value.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _from_dynamo(_deserialize(part)) for name, part in item.items()}


def _to_dynamo(value: Any) -> Any:
    """DynamoDB has decimals but no floats, and lists but no tuples."""
    if isinstance(value, float):
        return Decimal(repr(round(value, DECIMALS)))
    if isinstance(value, Mapping):
        return {str(name): _to_dynamo(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_to_dynamo(part) for part in value]
    return str(value) if isinstance(value, str) else value


def _from_dynamo(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _from_dynamo(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_from_dynamo(part) for part in value]
    return value
