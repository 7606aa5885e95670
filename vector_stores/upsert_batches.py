"""Cuts the points of an upsert into requests that a server takes, by number and by size."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qdrant_client import models

#: More points than this in one request make it no quicker.
UPSERT_POINTS = 256
#: Half of what a server takes by default (`service.max_request_size_mb`: 32), for proxies in front of it take less.
UPSERT_BYTES = 16 << 20
#: A float of a vector as JSON, with its comma: sign, 17 digits, point, exponent. A sparse index: ten digits.
_FLOAT_BYTES, _INDEX_BYTES = 25, 11
#: Names, id and brackets.
_POINT_BYTES = 256


def upsert_batches(
    points: "Sequence[models.PointStruct]", max_points: int = UPSERT_POINTS, max_bytes: int = UPSERT_BYTES
) -> "Iterator[list[models.PointStruct]]":
    """The points in order, at most `max_points` and `max_bytes` of JSON at once; one that is larger goes alone."""
    batch: list[models.PointStruct] = []
    size_bytes = 0
    for point in points:
        point_bytes = most_bytes(point)
        if batch and (len(batch) == max_points or size_bytes + point_bytes > max_bytes):
            yield batch
            batch, size_bytes = [], 0
        batch.append(point)
        size_bytes += point_bytes
    if batch:
        yield batch


def most_bytes(point: "models.PointStruct") -> int:
    """An upper bound of a point's size as JSON, without writing its vectors, which takes longer than all the rest."""
    from qdrant_client import models

    size_bytes = _POINT_BYTES + len(json.dumps(point.payload))  # in ASCII: every escape is longer than its UTF-8
    for vector in point.vector.values() if isinstance(point.vector, dict) else ():
        if isinstance(vector, models.SparseVector):
            size_bytes += len(vector.indices) * (_FLOAT_BYTES + _INDEX_BYTES)
        elif isinstance(vector, list):
            size_bytes += len(vector) * _FLOAT_BYTES
    return size_bytes
