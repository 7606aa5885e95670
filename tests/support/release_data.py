"""What an earlier version stored, put into services that run, so that tests begin where that version ended.

    tests/data/v0.1.0/files/{sha256[:12]}-{name}      bytes of the S3 objects of all data sets
    tests/data/v0.1.0/{data set}/data_set.json        version, commit, when it was recorded, names that ids depend on
                                 settings.env         the settings, with ${placeholders} for what a machine decides
                                 objects.json         S3: key, content type, file
                                 ledger.jsonl         DynamoDB: one item a line, in DynamoDB's own JSON
                                 messages.json        SQS: what waits in the queue, and the dead letters
                                 collections.json     Qdrant: vectors, payload indexes and alias of each collection
                                 points/*.jsonl.gz    one point a line: id, payload, dense and sparse vector

`make_release_data.py` records it. Nothing here depends on the project's own code: services are spoken to by boto3 and
by the interface of qdrant-client, so that it goes on to work when that code changes.
"""

import gzip
import hashlib
import json
import string
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qdrant_client import models

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from qdrant_client import QdrantClient

#: The data of every version that has any.
FOLDER = Path(__file__).resolve().parents[1] / "data"
#: Limits of SendMessageBatch and BatchWriteItem.
_MESSAGE_BATCH, _ITEM_BATCH = 10, 25
_POINT_BATCH = 256


@dataclass(frozen=True, slots=True)
class DataSet:
    """One recorded data set. Documents' ids are made of the bucket's name, so that it is loaded under that name only.

    `can_ocr`: whether tesseract was on the PATH, which is part of how a document was made.
    `api_token`: a key of the API that the version made, if it did.
    """

    folder: Path
    version: str
    commit: str
    recorded_at: str
    bucket: str
    can_ocr: bool
    api_token: str = ""

    @classmethod
    def open(cls, version: str, name: str) -> "DataSet":
        """`version` is a tag: `v0.1.0`."""
        folder = FOLDER / version / name
        return cls(folder=folder, **json.loads((folder / "data_set.json").read_text(encoding="utf-8")))

    def settings(self, **places: str) -> dict[str, str]:
        """The settings as an environment. Raises KeyError when a placeholder has no place."""
        lines = (self.folder / "settings.env").read_text(encoding="utf-8").splitlines()
        pairs = (line.split("=", 1) for line in lines)
        return {name: string.Template(value).substitute(places) for name, value in pairs}

    def objects(self) -> dict[str, tuple[str, bytes]]:
        """S3 key → content type and bytes."""
        index = self._json("objects.json")
        files = self.folder.parent / "files"
        return {one["key"]: (one["content_type"], (files / one["file"]).read_bytes()) for one in index}

    def items(self) -> list[dict[str, Any]]:
        """The ledger's items, in DynamoDB's JSON."""
        return [json.loads(line) for line in (self.folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines()]

    def messages(self) -> dict[str, list[dict[str, Any]]]:
        """`queue` and `dead_letters`: messages with `body` and `attributes`, all of them strings."""
        found: dict[str, list[dict[str, Any]]] = self._json("messages.json")
        return found

    def collections(self) -> list[dict[str, Any]]:
        """Each with `name`, `alias`, `dense`, `sparse`, `metadata` and `payload_indexes` (field → type)."""
        found: list[dict[str, Any]] = self._json("collections.json")
        return found

    def points(self, collection: str) -> list[dict[str, Any]]:
        """`id`, `payload`, `dense` (name → numbers) and `sparse` (name → indices and values) of every point."""
        with gzip.open(self.folder / "points" / f"{collection}.jsonl.gz", "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


def load_objects(data_set: DataSet, s3: "S3Client") -> None:
    """Let the bucket hold these objects and no others. No event tells of it. What has the right bytes stays."""
    bucket = data_set.bucket
    notifications = s3.get_bucket_notification_configuration(Bucket=bucket)
    kept: Any = {name: value for name, value in notifications.items() if name != "ResponseMetadata"}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    wanted = data_set.objects()
    etags = {key: f'"{hashlib.md5(body).hexdigest()}"' for key, (_, body) in wanted.items()}
    right = set()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        found = {one["Key"]: one["ETag"] for one in page.get("Contents", ())}
        page_right = {key for key, etag in found.items() if etags.get(key) == etag}
        right |= page_right
        if wrong := [{"Key": key} for key in found if key not in page_right]:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": wrong})  # type: ignore[typeddict-item]
    for key, (content_type, body) in wanted.items():
        if key not in right:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=kept)


def load_ledger(data_set: DataSet, dynamodb: "DynamoDBClient", table: str) -> None:
    """Put the items into the table, which is taken to be empty."""
    for batch in _batches(data_set.items(), _ITEM_BATCH):
        waiting: Any = {table: [{"PutRequest": {"Item": item}} for item in batch]}
        while waiting:
            waiting = dynamodb.batch_write_item(RequestItems=waiting).get("UnprocessedItems")


def load_messages(data_set: DataSet, sqs: "SQSClient", queue_url: str, dead_letters_url: str) -> None:
    """Send what waited, and the dead letters."""
    messages = data_set.messages()
    for url, found in ((queue_url, messages["queue"]), (dead_letters_url, messages["dead_letters"])):
        for batch in _batches(found, _MESSAGE_BATCH):
            entries: Any = [_entry(number, message) for number, message in enumerate(batch)]
            refused = sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
            assert not refused, refused


def load_points(data_set: DataSet, qdrant: "QdrantClient") -> None:
    """Make the collections, their payload indexes and aliases, and fill them.

    `qdrant` is a client of a server, or anything with its interface. Collections of these names must not be there.
    """
    for collection in data_set.collections():
        name = collection["name"]
        qdrant.create_collection(
            name,
            vectors_config={
                vector: models.VectorParams(size=kind["size"], distance=models.Distance(kind["distance"]))
                for vector, kind in collection["dense"].items()
            },
            sparse_vectors_config={
                vector: models.SparseVectorParams(modifier=kind["modifier"] and models.Modifier(kind["modifier"]))
                for vector, kind in collection["sparse"].items()
            },
            metadata=collection["metadata"],
        )
        for field, kind in collection["payload_indexes"].items():
            qdrant.create_payload_index(name, field, field_schema=models.PayloadSchemaType(kind))
        for batch in _batches(data_set.points(name), _POINT_BATCH):
            qdrant.upsert(name, [_point(point) for point in batch], wait=True)
        create = models.CreateAlias(collection_name=name, alias_name=collection["alias"])
        qdrant.update_collection_aliases([models.CreateAliasOperation(create_alias=create)])


def load(
    data_set: DataSet,
    *,
    s3: "S3Client",
    sqs: "SQSClient",
    dynamodb: "DynamoDBClient",
    qdrant: "QdrantClient",
    settings: dict[str, str],
) -> None:
    """All of it, into the bucket, table and queues that `settings` name; only the bucket may hold anything."""
    load_objects(data_set, s3)
    load_ledger(data_set, dynamodb, settings["STATUS_TABLE_NAME"])
    load_messages(data_set, sqs, settings["SQS_QUEUE_URL"], settings["SQS_DLQ_URL"])
    load_points(data_set, qdrant)


def _entry(number: int, message: dict[str, Any]) -> dict[str, Any]:
    attributes = {
        name: {"DataType": "String", "StringValue": value} for name, value in message["attributes"].items()
    }  # fmt: skip
    return {"Id": str(number), "MessageBody": message["body"], "MessageAttributes": attributes}


def _point(point: dict[str, Any]) -> models.PointStruct:
    sparse = {name: models.SparseVector(**one) for name, one in point["sparse"].items()}
    return models.PointStruct(id=point["id"], payload=point["payload"], vector={**point["dense"], **sparse})


def _batches(found: list[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(found)
    while batch := list(islice(rest, size)):
        yield batch
