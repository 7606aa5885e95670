"""What the conformance tests run against: the development server, and the server that QDRANT_URL names, if it does."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from qdrant_client import QdrantClient, models

from development_stack import qdrant
from tests.support.qdrant import folder_in_memory

DENSE, SPARSE = "text-dense", "text-sparse"
#: A sparse dimension that all points have.
COMMON = 4_000_000_000
_GIVEN_URL = os.environ.get("QDRANT_URL")


@pytest.fixture(scope="session", params=["development server", *(["QDRANT_URL"] if _GIVEN_URL else [])])
def qdrant_url(request: pytest.FixtureRequest) -> Iterator[str]:
    given = _GIVEN_URL if request.param == "QDRANT_URL" else None
    running = qdrant.start(folder_in_memory(), url=given, binary=None)
    yield running.url
    running.close()


@dataclass(frozen=True, slots=True)
class Collection:
    """A client and a collection of the test's own, with payload indexes on `meta.…`."""

    client: QdrantClient
    name: str

    def count(self, *must: models.Condition) -> int:
        return self.client.count(self.name, models.Filter(must=list(must)), exact=True).count


@pytest.fixture
def client(qdrant_url: str) -> Iterator[QdrantClient]:
    made = QdrantClient(url=qdrant_url, api_key=os.environ.get("QDRANT_API_KEY"))
    before = {found.name for found in made.get_collections().collections}
    yield made
    for found in made.get_collections().collections:
        if found.name not in before:
            made.delete_collection(found.name)
    made.close()


@pytest.fixture
def collection(client: QdrantClient) -> Collection:
    name = f"test-{uuid.uuid4().hex}"
    create_collection(client, name)
    return Collection(client, name)


def create_collection(client: QdrantClient, name: str) -> None:
    client.create_collection(
        name,
        vectors_config={DENSE: models.VectorParams(size=4, distance=models.Distance.COSINE, on_disk=True)},
        sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        metadata={"embedding_model": "a model"},
    )
    for field, schema in {"meta.kind": "keyword", "meta.active": "bool", "meta.page": "integer"}.items():
        client.create_payload_index(name, field, field_schema=models.PayloadSchemaType(schema))


def point(number: int, **meta: object) -> models.PointStruct:
    """Point `number` is nearer to [1, 0, 0, 0] the smaller it is, and has the sparse dimensions `number` and COMMON."""
    return models.PointStruct(
        id=number,
        vector={
            DENSE: [1.0, number / 10, 0.0, 0.0],
            SPARSE: models.SparseVector(indices=[number, COMMON], values=[1.0, 0.5]),
        },
        payload={"text": f"text {number}", "meta": {"kind": "ab"[number % 2], "active": True, "page": number, **meta}},
    )


def matches(field: str, value: bool | int | str) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchValue(value=value))


def eventually(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
