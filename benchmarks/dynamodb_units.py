"""What DynamoDB would charge for a call, from the call and its answer: emulators don't say, or not the truth.

A write takes a unit for each begun KB of the item, twice that in a transaction; a read half a unit for each begun 4 KB,
twice that when it is consistent. Items are measured as the manual says. Indexes are not counted. An update is charged
for the whole item, of which the call shows a part: such units are the least that it can be.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WRITE_BYTES, READ_BYTES = 1_024, 4_096


@dataclass(frozen=True, slots=True)
class Units:
    """Request units of one call."""

    write: float = 0.0
    read: float = 0.0


def units_of(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> Units:
    """`request` is the body of the call, `answer` its parsed answer; values as DynamoDB types them."""
    match operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return Units(write=_written(request))
        case "BatchWriteItem":
            puts = [one for table in request["RequestItems"].values() for one in table]
            return Units(write=sum(_written(next(iter(one.values()))) for one in puts))
        case "TransactWriteItems":
            parts = [next(iter(one.values())) for one in request["TransactItems"]]
            return Units(write=2 * sum(map(_written, parts)))
        case "GetItem":
            return Units(read=_read(item_bytes(answer.get("Item", {})), request))
        case "Query" | "Scan":
            return Units(read=_read(sum(map(item_bytes, answer.get("Items", []))), request))
        case "BatchGetItem":
            return Units(read=_batch_read(request, answer))
    return Units()


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of an item: names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(size: float) -> int:
    """Of one write of an item of so many bytes."""
    return max(1, math.ceil(size / WRITE_BYTES))


def _written(part: Mapping[str, Any]) -> int:
    seen = (part.get("Item") or {}, part.get("Key") or {}, part.get("ExpressionAttributeValues") or {})
    return write_units(sum(map(item_bytes, seen)))


def _read(size: float, request: Mapping[str, Any]) -> float:
    return max(1, math.ceil(size / READ_BYTES)) * (1.0 if request.get("ConsistentRead") else 0.5)


def _batch_read(request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """Each item is rounded up by itself; asking for one that isn't there costs as much as a small one."""
    total = 0.0
    for table, wanted in request["RequestItems"].items():
        found = [_read(item_bytes(item), wanted) for item in answer.get("Responses", {}).get(table, [])]
        total += sum(found) + (len(wanted["Keys"]) - len(found)) * _read(0, wanted)
    return total


def _value_bytes(value: Mapping[str, Any]) -> int:
    kind, inner = next(iter(value.items()))
    match kind:
        case "S":
            return len(inner.encode())
        case "N":
            return len(inner.strip("-.")) // 2 + 2
        case "B":
            return len(inner) if isinstance(inner, bytes) else len(inner) * 3 // 4
        case "L":
            return 3 + sum(1 + _value_bytes(one) for one in inner)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(one) for name, one in inner.items())
        case "SS" | "NS" | "BS":
            return sum(_value_bytes({kind[0]: one}) for one in inner)
    return 1
