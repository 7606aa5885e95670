"""What becomes of Python's values in DynamoDB, and of DynamoDB's in Python."""

from typing import Any

import pytest

from ledger.item_values import from_item, to_item
from ledger.records import DocumentState


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (7, 7),
        (0.25, 0.25),
        (3.0, 3),
        (("a", 1.5), ["a", 1.5]),
        ({"pages": {"seconds": 0.5}}, {"pages": {"seconds": 0.5}}),
        (DocumentState.QUEUED, "queued"),
        (None, None),
        (True, True),
    ],
)
def test_what_is_written_is_read_as_plain_values(value: Any, read: Any) -> None:
    """DynamoDB has neither floats nor tuples, and a whole number has no fraction when it comes back."""
    assert from_item(to_item({"value": value})) == {"value": read}


@pytest.mark.parametrize("dollars", [0.000001, 0.0000123, 0.1, 123456.789])
def test_no_number_is_written_with_an_exponent(dollars: float) -> None:
    written = to_item({"cost_usd": dollars})
    assert "E" not in written["cost_usd"]["N"]
    assert from_item(written)["cost_usd"] == pytest.approx(dollars, abs=1e-6)


def test_what_is_less_than_a_millionth_is_nothing() -> None:
    assert to_item({"cost_usd": 6e-8}) == {"cost_usd": {"N": "0.0"}}
