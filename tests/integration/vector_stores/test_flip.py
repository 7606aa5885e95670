"""A flip shows every point that was written, or says so; writes have one order on every replica."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient, models
from qdrant_client.http.api.points_api import SyncPointsApi

from foundation.errors import TransientError
from foundation.store_names import StoreName
from tests.support.stores import document_id, index, ingest, open_stores, record
from vector_stores import generations
from vector_stores.base import VectorStore

Stores = Mapping[StoreName, VectorStore]
RECORDS = [record(0, "Owls hunt at night.", "Animals", "Owls"), record(1, "Foxes hunt at dusk.", "Animals", "Foxes")]
WRITTEN: Mapping[StoreName, int] = {"pages": 2, "semantic": 2, "haystack": 2}


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with open_stores(tmp_path / "qdrant") as opened:
        yield opened


def test_points_that_were_lost_before_the_flip_are_missed(stores: Stores) -> None:
    """The old version goes on serving."""
    ingest(stores, "000001-a", RECORDS)
    index(stores, "000002-b", RECORDS)
    lossy = stores["semantic"]
    lost = [point.id for point in lossy.scroll(lossy.filter(generations=["000002-b"]), [])][:1]
    lossy.connection.run(lambda client: client.delete(lossy.physical_collection, lost, wait=True))

    with pytest.raises(TransientError, match="semantic shows 1 of 2 points"):
        generations.publish(list(stores.values()), document_id(), "000002-b", written=WRITTEN)
    assert [store.generations(document_id(), active=True) for store in stores.values()] == [{"000001-a"}] * 3


def test_a_flip_that_met_no_points_is_noticed(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    index(stores, "000001-a", RECORDS)
    monkeypatch.setattr(VectorStore, "flip", lambda *_, **__: None)
    with pytest.raises(TransientError, match="shows 0 of 2 points"):
        generations.publish(list(stores.values()), document_id(), "000001-a")


def test_writes_are_ordered_by_the_shards_leader(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[tuple[str, Any]] = set()
    for owner, name in (
        (SyncPointsApi, "upsert_points"), (QdrantClient, "batch_update_points"), (QdrantClient, "delete"),
    ):  # fmt: skip
        call = getattr(owner, name)

        def noted(*args: Any, call: Any = call, name: str = name, **more: Any) -> Any:
            seen.add((name, more.get("ordering")))
            return call(*args, **more)

        monkeypatch.setattr(owner, name, noted)
    ingest(stores, "000001-a", RECORDS)
    ingest(stores, "000002-b", RECORDS)
    strong = models.WriteOrdering.STRONG
    assert seen == {("upsert_points", strong), ("batch_update_points", strong), ("delete", strong)}
