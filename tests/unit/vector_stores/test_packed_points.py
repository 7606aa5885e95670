"""Points are packed as qdrant-client would pack them, and cut into requests."""

import json
from array import array
from typing import Any

import pytest
from qdrant_client import models

from embeddings.sparse import SparseVector
from vector_stores.packed_points import UPSERT_BYTES, UPSERT_POINTS, pack_point, pack_vectors, upsert_batches


def point(number: int, text: str = "") -> bytes:
    return pack_point(str(number), {"text": text}, pack_vectors([0.1], SparseVector([1], [0.5])))


@pytest.mark.parametrize(
    "payload",
    [
        {"text": "plain", "metadata": {"page": 1, "image_url": None, "active": False}},
        {"text": 'quoted "ümlaut"\n\t\x01\u2028', "metadata": {"boxes": [(1, 2.5, 1e-7, 123456789.125)]}},
        {"text": "漢字\U0001f600", "metadata": {}},
    ],
)
def test_a_point_is_what_the_client_would_send(payload: dict[str, Any]) -> None:
    dense, sparse = [0.1, -1.2345678901234567e-30, 1.0], SparseVector([7, 4_294_967_295], [0.25, 1.5])
    theirs = models.PointStruct(
        id="3896d314-1e95-4a3a-b45a-945f9f0b541d",
        payload=payload,
        vector={
            "text-dense": dense,
            "text-sparse": models.SparseVector(indices=sparse.indices, values=sparse.values),
        },
    )

    ours = pack_point("3896d314-1e95-4a3a-b45a-945f9f0b541d", payload, pack_vectors(dense, sparse))

    assert with_short_numbers(json.loads(ours)) == with_short_numbers(json.loads(theirs.model_dump_json()))


def test_vectors_have_no_more_digits_than_qdrant_stores() -> None:
    """What a model answers is 32 bits wide: as 64 bits the same numbers would be written twice as long."""
    answered = array("f", [0.1, -1 / 3, 1e-30, 0.0])
    packed = pack_vectors(answered, SparseVector([7], [1 / 3]))
    assert packed == (b'{"text-dense":[0.1,-0.33333334,1e-30,0.0],"text-sparse":{"indices":[7],"values":[0.33333334]}}')
    assert array("f", json.loads(packed)["text-dense"]) == answered


def with_short_numbers(sent: dict[str, Any]) -> dict[str, Any]:
    """A point as Qdrant stores it: vectors of 32-bit floats."""
    vectors = sent["vector"]
    vectors["text-dense"] = array("f", vectors["text-dense"])
    vectors["text-sparse"]["values"] = array("f", vectors["text-sparse"]["values"])
    return sent


def test_points_stay_in_order_and_none_is_lost() -> None:
    points = [point(number, "x" * (number % 7) * 1_000) for number in range(100)]
    batches = list(upsert_batches(iter(points), max_points=30, max_bytes=20_000))
    assert [one for batch in batches for one in batch] == points
    assert all(len(batch) <= 30 and sum(map(len, batch)) <= 20_000 for batch in batches)
    assert len(batches) > 4, "cut by size as well"


def test_small_points_are_cut_by_their_number() -> None:
    sizes = [len(batch) for batch in upsert_batches([point(number) for number in range(UPSERT_POINTS + 1)])]
    assert sizes == [UPSERT_POINTS, 1]


def test_large_pages_are_cut_by_their_bytes() -> None:
    """256 pages of a million characters would be eight times what a server takes."""
    points = [point(number, "x" * 1_000_000) for number in range(40)]
    requests = [sum(map(len, batch)) for batch in upsert_batches(points)]
    assert len(requests) == 3
    assert max(requests) <= UPSERT_BYTES


def test_a_point_that_is_larger_than_a_request_goes_alone() -> None:
    sizes = [len(batch) for batch in upsert_batches([point(1), point(2, "x" * 5_000), point(3)], max_bytes=2_000)]
    assert sizes == [1, 1, 1]
