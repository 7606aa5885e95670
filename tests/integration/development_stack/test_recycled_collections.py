"""The tests' own server gives a collection that was deleted to the next that makes its like: nothing of it is left."""

import uuid
from collections.abc import Iterator

import pytest
from qdrant_client import QdrantClient, models

from tests.integration.development_stack.conftest import COMMON, SPARSE, create_collection, point
from tests.support.qdrant import qdrant_url

FIELDS = {"meta.kind", "meta.active", "meta.page"}


@pytest.fixture
def server() -> Iterator[QdrantClient]:
    client = QdrantClient(url=qdrant_url(), check_compatibility=False)
    yield client
    client.close()


def fill(client: QdrantClient, name: str) -> list[tuple[object, float]]:
    """Three points; of each the score by a word that all have and one that only the second has."""
    client.upsert(name, [point(number) for number in (1, 2, 3)], wait=True)
    asked = models.SparseVector(indices=[COMMON, 2], values=[1.0, 1.0])
    found = client.query_points(name, query=asked, using=SPARSE, limit=10).points
    return sorted((one.id, round(one.score, 5)) for one in found)


def test_a_collection_that_is_made_again_knows_nothing_of_its_earlier_points(server: QdrantClient) -> None:
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    create_collection(server, first)
    fresh = fill(server, first)
    server.upsert(first, [point(number) for number in range(10, 60)], wait=True)
    server.delete_collection(first)

    create_collection(server, second)

    assert not server.collection_exists(first)
    assert server.count(second).count == 0
    assert server.facet(second, "meta.kind").hits == []
    assert fill(server, second) == fresh
    server.delete_collection(second)


def test_its_indexes_show_when_they_are_asked_for(server: QdrantClient) -> None:
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    create_collection(server, first)
    assert set(server.get_collection(first).payload_schema) == FIELDS
    parameters = server.get_collection(first).config.params
    server.delete_collection(first)

    server.create_collection(
        second,
        vectors_config=parameters.vectors,
        sparse_vectors_config=parameters.sparse_vectors,
        metadata={"embedding_model": "a model"},
    )
    assert server.get_collection(second).payload_schema == {}
    server.create_payload_index(second, "meta.page", field_schema=models.PayloadSchemaType.INTEGER)
    assert set(server.get_collection(second).payload_schema) == {"meta.page"}
    server.delete_collection(second)


def test_a_name_can_be_used_again_by_another_kind_of_collection(server: QdrantClient) -> None:
    name = uuid.uuid4().hex
    for size in (4, 8, 4):
        server.create_collection(name, vectors_config=models.VectorParams(size=size, distance=models.Distance.DOT))
        assert server.get_collection(name).config.params.vectors.size == size  # type: ignore[union-attr]
        server.upsert(name, [models.PointStruct(id=1, vector=[1.0] * size, payload={})], wait=True)
        server.delete_collection(name)
