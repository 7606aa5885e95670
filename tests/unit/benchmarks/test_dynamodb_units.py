"""DynamoDB's units of a call are those of its manual."""

from typing import Any

import pytest

from benchmarks.dynamodb_units import Units, item_bytes, units_of

KEY = {"id": {"S": "a"}}
SMALL, FIVE_KB = {"id": {"S": "a"}}, {"id": {"S": "x" * 5_000}}
PUT, DELETE = {"PutRequest": {"Item": FIVE_KB}}, {"DeleteRequest": {"Key": KEY}}


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({}, 0),
        ({"name": {"S": "é"}}, 4 + 2),
        ({"n": {"N": "-12.5"}}, 1 + 4),
        ({"b": {"B": b"12345"}}, 1 + 5),
        ({"b": {"B": "AAAA"}}, 1 + 3),
        ({"yes": {"BOOL": True}}, 3 + 1),
        ({"l": {"L": [{"S": "ab"}, {"NULL": True}]}}, 1 + 3 + (1 + 2) + (1 + 1)),
        ({"m": {"M": {"k": {"S": "v"}}}}, 1 + 3 + (1 + 1 + 1)),
        ({"s": {"SS": ["a", "bc"]}}, 1 + 3),
    ],
)
def test_an_item_is_its_names_and_values(item: dict[str, Any], size: int) -> None:
    assert item_bytes(item) == size


@pytest.mark.parametrize(
    ("operation", "request_body", "answer", "units"),
    [
        ("PutItem", {"Item": SMALL}, {}, Units(write=1)),
        ("PutItem", {"Item": FIVE_KB}, {}, Units(write=5)),
        ("UpdateItem", {"Key": KEY, "ExpressionAttributeValues": {":v": {"S": "x" * 2_000}}}, {}, Units(write=2)),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": SMALL}}, {"Update": {"Key": KEY}}]}, {},
         Units(write=4)),
        ("BatchWriteItem", {"RequestItems": {"t": [PUT, DELETE]}}, {}, Units(write=6)),
        ("GetItem", {"Key": KEY}, {"Item": FIVE_KB}, Units(read=1)),
        ("GetItem", {"Key": KEY, "ConsistentRead": True}, {"Item": FIVE_KB}, Units(read=2)),
        ("GetItem", {"Key": KEY}, {}, Units(read=0.5)),
        ("Query", {}, {"Items": [SMALL, SMALL]}, Units(read=0.5)),
        ("BatchGetItem", {"RequestItems": {"t": {"Keys": [KEY] * 3, "ConsistentRead": True}}},
         {"Responses": {"t": [FIVE_KB, SMALL]}}, Units(read=2 + 1 + 1)),
        ("DescribeTable", {}, {}, Units()),
    ],
)  # fmt: skip
def test_units(operation: str, request_body: dict[str, Any], answer: dict[str, Any], units: Units) -> None:
    assert units_of(operation, request_body, answer) == units
