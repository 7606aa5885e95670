"""JSON as bytes says what `json.dumps` says."""

import json
from typing import Any

import pytest

from foundation.packed_json import pack


@pytest.mark.parametrize(
    "value",
    [
        {"text": 'quoted "ümlaut"\n\t\x01\u2028 漢字\U0001f600', "none": None, "is": [True, False]},
        {"numbers": [0, -1, 1.5, 123456789.125, (1 << 63) - 1, 1 << 70]},
        {"of": ("a", ("b",))},
        {1: "a key that is no text"},
    ],
)
def test_it_is_what_json_writes(value: Any) -> None:
    assert pack(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def test_half_a_surrogate_pair_is_refused_replaced_or_kept() -> None:
    value = {"text": "a \ud800 b"}
    with pytest.raises(UnicodeEncodeError):
        pack(value)
    assert pack(value, "replace") == b'{"text":"a ? b"}'
    assert json.loads(pack(value, "surrogatepass").decode("utf-8", "surrogatepass")) == value
