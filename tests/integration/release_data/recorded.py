"""What stands in the recorded data, and how tests compare what is stored with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from qdrant_client import QdrantClient

from composition.parts import Parts
from config import Settings
from tests.support.release_data import DataSet
from tests.support.release_scenarios import TIDES_KEY
from vector_stores.base import VectorStore

PREFIX = "source-pdfs/"
HANDBOOK, NOTICE = "harbour-handbook.pdf", "notice-to-mariners.pdf"
QUESTION = "How long does it take to close the floodgate?"
_OFFLINE = {
    HANDBOOK: "succeeded",
    NOTICE: "succeeded",
    TIDES_KEY: "succeeded",
    "archive/cancelled.pdf": "cancelled",
    "not-a-document.pdf": "failed",
    "tables/2027.pdf": "succeeded",
    "tables/2028.pdf": "succeeded",
    "withdrawn.pdf": "deleted",
}
_MODEL = {
    HANDBOOK: "succeeded",
    NOTICE: "succeeded",
    TIDES_KEY: "succeeded",
    "not-a-document.pdf": "failed",
    "partly-described.pdf": "degraded",
    "tables/2026.pdf": "succeeded",
    "tables/2027.pdf": "succeeded",
    "unfinished.pdf": "processing",
}
#: How each document of the data sets ended.
STATES = {
    ("v0.1.0", "offline"): _OFFLINE,
    ("v0.1.0", "model"): _MODEL,
    ("v0.2.0", "offline"): {**_OFFLINE, "announced.pdf": "succeeded"},
    ("v0.2.0", "model"): _MODEL,
    ("v1.0.0", "offline"): {**_OFFLINE, "announced.pdf": "succeeded"},
    ("v1.0.0", "model"): _MODEL,
}

#: What recorded collections' names begin with; the other tests' begin with `t`.
_COLLECTIONS = "dnd_"

#: For tests that write to the stack.
writes = pytest.mark.usefixtures("spoiled")


def only(*wanted: tuple[str, str]) -> pytest.MarkDecorator:
    """For tests that one data set is enough for, or that only some have what they need."""
    return pytest.mark.parametrize("data", wanted, indirect=True, ids="-".join)


#: For tests of whole programs: one of the sets in `make test`, the others in `make test-system`.
latest_in_make_test = pytest.mark.parametrize(
    "data",
    [pytest.param(one, marks=() if one == ("v1.0.0", "model") else pytest.mark.system) for one in STATES],
    indirect=True,
    ids="-".join,
)


def states_of(data: DataSet) -> dict[str, str]:
    return STATES[data.version, data.folder.name]


@contextmanager
def open_parts(settings: Settings) -> Iterator[Parts]:
    """Parts that see what other processes wrote meanwhile."""
    parts = Parts(settings)
    try:
        yield parts
    finally:
        parts.close()


def stored(settings: Settings) -> dict[str, Any]:
    """Everything that working on a document would change; not which run has counted it."""
    with open_parts(settings) as parts:
        s3, bucket = parts.aws.s3, parts.artifacts.bucket
        objects = {one["Key"]: one["ETag"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]}
        pages = parts.aws.dynamodb.get_paginator("scan").paginate(TableName=parts.table.name)
        items = {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}
        for item in items.values():
            item.pop("counted_in_run", None)
        return {
            "objects": {key: etag for key, etag in objects.items() if not key.startswith("processing/pdf_process")},
            "items": {key: item for key, item in items.items() if key[0].startswith(("document#", "cost#"))},
            "points": {name: points_of(parts, store) for name, store in parts.stores.items()},
        }


def points_of(parts: Parts, store: VectorStore) -> dict[str, Any]:
    points, _ = parts.qdrant.run(lambda client: client.scroll(store.collection, limit=10_000))
    return {str(point.id): point.payload for point in points}


def lose_points(url: str) -> None:
    """Every collection of recorded data at this server, with its aliases."""
    client = QdrantClient(url=url, check_compatibility=False)
    for collection in client.get_collections().collections:
        if collection.name.startswith(_COLLECTIONS):
            client.delete_collection(collection.name)
    client.close()


def ledger(data: DataSet, partition: str) -> list[dict[str, Any]]:
    """Recorded items whose `pk` begins so, as plain values."""
    plain = TypeDeserializer().deserialize
    items = [{name: plain(value) for name, value in item.items()} for item in data.items()]
    return [item for item in items if item["pk"].startswith(partition)]
