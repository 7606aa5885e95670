"""What one document takes of everything, from what a run of `many_documents.py` has counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from benchmarks.dynamodb_units import write_units

#: S3 asks the higher price for these, and for the rest the lower; deleting is free.
_S3_WRITES = ("PutObject", "CopyObject", "ListObjectsV2", "CreateMultipartUpload", "UploadPart",
              "CompleteMultipartUpload")  # fmt: skip
_S3_FREE = ("DeleteObject", "DeleteObjects", "AbortMultipartUpload")
#: Roughly, of English text; OpenAI counts no other way in its own estimates.
CHARACTERS_A_TOKEN = 4
#: The index of states holds keys: one write when a document's state is first written, two when it changes.
INDEX_WRITES = 3
#: S3 sends the event, which SQS counts as a request.
EVENT_REQUESTS = 1
_FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class DocumentUse:
    """Means over the documents of one run. CPU is in seconds, sizes in bytes; `qdrant_cpu` None: not seen."""

    pages: float
    worker_cpu: float
    qdrant_cpu: float | None
    chat_calls: float
    chat_tokens: float
    embedding_calls: float
    embedding_tokens: float
    s3_puts: float
    s3_gets: float
    #: Objects below the first folder that gets most.
    busiest_folder_puts: float
    write_units: float
    read_units: float
    sqs_requests: float
    stored_bytes: float
    table_bytes: float
    points: float
    vector_bytes: float
    payload_bytes: float

    @classmethod
    def of(cls, run: Mapping[str, Any]) -> Self:
        """From one of the runs in `results/many_documents.json`."""
        aws, left, cpu = run["aws"], run["footprint"], run["cpu"]
        s3 = {name.partition(".")[2]: one["calls"] for name, one in aws.items() if name.startswith("s3.")}
        updates = aws.get("dynamodb.UpdateItem", {"calls": 0, "write_units": 0.0})
        written = sum(one["write_units"] for one in aws.values()) - updates["write_units"]
        written += updates["calls"] * write_units(left["table"]["document_item_bytes"])
        collections = left["collections"].values()
        count = run["documents"]
        return cls(
            pages=run["pages"] / count,
            worker_cpu=(cpu["worker"] + cpu["children"]) / count,
            qdrant_cpu=None if cpu["qdrant_engine"] is None else cpu["qdrant_engine"] / count,
            chat_calls=run["calls"] / count,
            chat_tokens=run["chat_tokens"] / count,
            embedding_calls=run["embedding_calls"] / count,
            embedding_tokens=run["embedded_characters"] / CHARACTERS_A_TOKEN / count,
            s3_puts=sum(calls for name, calls in s3.items() if name in _S3_WRITES) / count,
            s3_gets=sum(calls for name, calls in s3.items() if name not in (*_S3_WRITES, *_S3_FREE)) / count,
            busiest_folder_puts=max(one["count"] for one in left["objects"].values()) / count,
            write_units=written / count + INDEX_WRITES,
            read_units=sum(one["read_units"] for one in aws.values()) / count,
            sqs_requests=sum(one["calls"] for name, one in aws.items() if name.startswith("sqs.")) / count
            + EVENT_REQUESTS,
            stored_bytes=sum(one["bytes"] for one in left["objects"].values()) / count,
            table_bytes=left["table"]["bytes"] / count,
            points=sum(one["points"] for one in collections) / count,
            vector_bytes=sum(one["points"] * one["dimensions"] for one in collections) * _FLOAT_BYTES / count,
            payload_bytes=sum(one["points"] * one["payload_bytes"] for one in collections) / count,
        )
