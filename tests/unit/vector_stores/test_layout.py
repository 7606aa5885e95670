"""What the settings of copies, shards and memory make of a new collection."""

from typing import Any

import httpx
import pytest
from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse

from composition.vector_stores import connect
from config import Settings
from tests.support.stores import CountingEmbedder
from vector_stores.client import QdrantConnection
from vector_stores.collection import DENSE, Collection

NEEDED = {
    "aws_s3_bucket_name": "b", "sqs_queue_url": "q", "sqs_dlq_url": "d", "status_table_name": "t",
    "qdrant_url": "http://q", "embedding_provider": "static", "enrichment": "extractive",
}  # fmt: skip


class FakeQdrant:
    """Remembers how a collection was made."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}

    def collection_exists(self, name: str) -> bool:
        return bool(self.made)

    def create_collection(self, name: str, **arguments: Any) -> None:
        self.made = arguments

    def get_aliases(self) -> models.CollectionsAliasesResponse:
        return models.CollectionsAliasesResponse(aliases=[])

    def get_collection(self, name: str) -> models.CollectionInfo:
        if not self.made:
            raise UnexpectedResponse(404, "Not Found", b"", httpx.Headers())
        params = models.CollectionParams(vectors=self.made["vectors_config"])
        config = models.CollectionConfig.model_construct(params=params)
        return models.CollectionInfo.model_construct(config=config, payload_schema={})


def made_with(**settings: Any) -> dict[str, Any]:
    layout = connect(Settings(_env_file=None, **{**NEEDED, **settings})).layout  # type: ignore[call-arg]
    client: Any = FakeQdrant()
    Collection(QdrantConnection(client, layout), "alias", CountingEmbedder(8)).prepare({})
    made: dict[str, Any] = client.made
    return made


def test_without_settings_the_server_decides() -> None:
    made = made_with()
    for option in ("replication_factor", "shard_number", "quantization_config"):
        assert made[option] is None
    assert made["vectors_config"][DENSE].on_disk is None


def test_copies_shards_and_disk_are_asked_for() -> None:
    made = made_with(qdrant_replication_factor=2, qdrant_shards=6, qdrant_vectors_on_disk=True)
    assert (made["replication_factor"], made["shard_number"]) == (2, 6)
    assert made["vectors_config"][DENSE].on_disk


@pytest.mark.parametrize(
    ("name", "kind"), [("scalar", models.ScalarQuantization), ("binary", models.BinaryQuantization)]
)
def test_quantized_vectors_are_asked_for(name: str, kind: type) -> None:
    assert isinstance(made_with(qdrant_quantization=name)["quantization_config"], kind)
