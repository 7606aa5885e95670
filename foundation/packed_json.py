"""JSON as bytes, for what is written much of: points, pages, their files."""

import json
from typing import Any

import orjson


def pack(value: Any, errors: str = "strict") -> bytes:
    """JSON without blanks, in UTF-8, a tenth of the time of `json.dumps`; numpy's arrays as lists of numbers.

    Half a surrogate pair has no place in UTF-8: `errors` says what becomes of it, as in `str.encode`. Raises
    UnicodeEncodeError where that is `strict`.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors)
