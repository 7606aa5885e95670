"""What only a Qdrant server shows: make test-qdrant QDRANT_URL=http://...

The rest of that suite are the tests that run against the development server as well.
"""

import os
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest
from qdrant_client import QdrantClient, models

from foundation.store_names import StoreName
from tests.support.stores import app_config, ingest, open_stores, record
from vector_stores.base import VectorStore
from vector_stores.collection import DENSE
from vector_stores.packed_points import UPSERT_BYTES
from vector_stores.search import Searcher

QDRANT_URL = os.environ.get("QDRANT_URL")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "services.md"
MEGABYTE = 1 << 20
pytestmark = [
    pytest.mark.skipif(not QDRANT_URL, reason="no QDRANT_URL: make test-qdrant QDRANT_URL=http://..."),
    pytest.mark.timeout(600),
]
Stores = Mapping[StoreName, VectorStore]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with open_stores(tmp_path / "qdrant") as opened:
        yield opened
        drop(opened)


def drop(stores: Stores) -> None:
    for store in stores.values():
        store.connection.run(lambda client, store=store: client.delete_collection(store.physical_collection))  # type: ignore[misc]


def points_of(store: VectorStore) -> list[tuple[str, Any, Any]]:
    found = store.connection.run(
        lambda client: client.scroll(store.physical_collection, limit=1_000, with_payload=True, with_vectors=True)[0]
    )
    return sorted((str(point.id), point.payload, point.vector) for point in found)


def test_the_pair_of_client_and_server_is_one_that_the_docs_name() -> None:
    server = httpx.get(str(QDRANT_URL)).json()["version"]
    pairs = re.findall(r"^\| ([\d.]+)[^|]* \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert (version("qdrant-client"), server) in pairs


@pytest.mark.parametrize(
    ("name", "kind"), [("scalar", models.ScalarQuantization), ("binary", models.BinaryQuantization)]
)
def test_a_collection_is_laid_out_as_the_settings_say_and_searched(tmp_path: Path, name: str, kind: type) -> None:
    settings: dict[str, Any] = {"qdrant_shards": 2, "qdrant_vectors_on_disk": True, "qdrant_quantization": name}
    with open_stores(tmp_path / "qdrant", **settings) as stores:
        ingest(stores, "000001-a", [record(0, "Owls hunt at night."), record(1, "Foxes dig their dens.")])
        store = stores["semantic"]
        config = store.connection.run(lambda client: client.get_collection(store.physical_collection)).config
        assert config.params.shard_number == 2
        assert isinstance(config.params.vectors, dict)
        assert config.params.vectors[DENSE].on_disk
        assert isinstance(config.quantization_config, kind)
        [best, *_] = Searcher(store, app_config()).search("Where do owls hunt?")
        assert best.text == "Owls hunt at night."
        drop(stores)


def test_a_request_of_more_than_32_megabytes_is_refused_and_none_of_ours_is_that_large(stores: Stores) -> None:
    """The bound that upserts are cut by is half of the server's."""
    ingest(stores, "000001-a", [record(0, "Owls hunt at night.")])
    body = b'{"points": [' + b" " * (33 * MEGABYTE) + b"]}"
    url = f"{QDRANT_URL}/collections/{stores['pages'].physical_collection}/points"
    refused = httpx.put(url, content=body, headers={"Content-Type": "application/json"}, timeout=60)
    assert (refused.status_code, "larger than allowed" in refused.text) == (400, True), refused.text

    word = "All vessels keep clear of the northern pier. "
    pages = [record(number, word * (MEGABYTE // len(word))) for number in range(40)]
    assert len(pages) * MEGABYTE > 2 * UPSERT_BYTES
    ingest({"pages": stores["pages"]}, "000002-b", pages)
    counted = stores["pages"].connection.run(
        lambda client: client.count(stores["pages"].physical_collection, exact=True)
    )
    assert counted.count == len(pages)


def test_a_snapshot_brings_back_what_was_lost(stores: Stores) -> None:
    """As docs/data.md says: quicker than refilling from S3 where there is much."""
    records = [record(number, f"Vessel {number} keeps clear of the pier.") for number in range(50)]
    ingest(stores, "000001-a", records)
    store = stores["semantic"]
    name, before = store.physical_collection, points_of(store)

    def lose_and_recover(client: QdrantClient) -> None:
        snapshot = client.create_snapshot(name, wait=True)
        assert snapshot
        kept = httpx.get(f"{QDRANT_URL}/collections/{name}/snapshots/{snapshot.name}", timeout=60).content
        client.delete_collection(name)
        upload = f"{QDRANT_URL}/collections/{name}/snapshots/upload?priority=snapshot&wait=true"
        httpx.post(upload, files={"snapshot": (snapshot.name, kept)}, timeout=120).raise_for_status()

    store.connection.run(lose_and_recover)
    assert points_of(store) == before
    assert Searcher(store, app_config()).search("Vessel 7")[0].text == records[7].text
