"""How many points go into one request."""

import pytest
from qdrant_client import models

from vector_stores.upsert_batches import UPSERT_BYTES, UPSERT_POINTS, most_bytes, upsert_batches


def point(number: int, text: str = "", dimensions: int = 2, value: float = 0.1) -> models.PointStruct:
    sparse = models.SparseVector(indices=[4_294_967_295] * 3, values=[value] * 3)
    vector: models.VectorStruct = {"text-dense": [value] * dimensions, "text-sparse": sparse}
    return models.PointStruct(id=number, payload={"text": text}, vector=vector)


def test_points_stay_in_order_and_none_is_lost() -> None:
    points = [point(number, "x" * (number % 7) * 1_000) for number in range(100)]
    batches = list(upsert_batches(points, max_points=30, max_bytes=20_000))
    assert [one.id for batch in batches for one in batch] == list(range(100))
    assert all(len(batch) <= 30 and sum(map(most_bytes, batch)) <= 20_000 for batch in batches)


def test_small_points_are_cut_by_their_number() -> None:
    sizes = [len(batch) for batch in upsert_batches([point(number) for number in range(UPSERT_POINTS + 1)])]
    assert sizes == [UPSERT_POINTS, 1]


def test_large_pages_are_cut_by_their_bytes() -> None:
    """256 pages of a million characters would be eight times what a server takes."""
    points = [point(number, "x" * 1_000_000) for number in range(40)]
    requests = [sum(len(one.model_dump_json()) for one in batch) for batch in upsert_batches(points)]
    assert len(requests) == 3
    assert max(requests) <= UPSERT_BYTES


def test_a_point_that_is_larger_than_a_request_goes_alone() -> None:
    sizes = [len(batch) for batch in upsert_batches([point(1), point(2, "x" * 5_000), point(3)], max_bytes=2_000)]
    assert sizes == [1, 1, 1]


@pytest.mark.parametrize("text", ["plain", "ümlaut\n\t\x01", "漢字" * 50, "\U0001f600"])
@pytest.mark.parametrize("value", [0.1, -1.2345678901234567e-300, 1.0])
def test_the_bound_is_never_too_small(text: str, value: float) -> None:
    one = point(2**63, text, dimensions=1_536, value=value)
    assert len(one.model_dump_json().encode()) <= most_bytes(one)
