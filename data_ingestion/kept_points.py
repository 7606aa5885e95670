"""The points of a generation as a file beside its blocks: what Qdrant holds of a document can be put back for nothing.

pdf-metadata/{document_id}/{generation}/points.jsonl.gz

A line a batch, as it was written to the stores: `stores`, `embedder`, `language`, `records` (what `Record` has, the
embedding text by what stands before the text) and `dense`, their vectors as little-endian 32-bit floats in base64. The
last line has `described`, what points get with the flip, and `points`, how many there are in each store; without it the
file is no whole one. Sparse vectors are not kept: they cost no model, and come from the texts.
"""

import base64
import json
import threading
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from embeddings.base import Vector
from foundation.packed_json import pack
from foundation.store_names import StoreName
from vector_stores.base import Record
from vector_stores.points import embedding_source, embedding_text

POINTS_FILE = "points.jsonl.gz"
#: In zlib's terms: gzip's header, and all the memory it may use.
_GZIP_BITS, _MEMORY_LEVEL = 31, 9
#: What becomes of half a surrogate pair: it is written, and read back.
_HALVES = "surrogatepass"


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """Records for the same stores, with the vectors of one model."""

    stores: tuple[StoreName, ...]
    embedder: str
    language: str
    records: tuple[Record, ...]
    dense: tuple[Vector, ...]


@dataclass(frozen=True, slots=True)
class KeptEnd:
    """What the whole document adds."""

    described: dict[str, Any]
    points: dict[StoreName, int]


class PointsSpool:
    """Writes the file while the document is indexed, so that memory doesn't grow with it. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / POINTS_FILE
        self._file: IO[bytes] = self.path.open("wb")
        self._lock = threading.Lock()

    def add(self, batch: KeptBatch) -> None:
        dense = b"".join(array("f", vector).tobytes() for vector in batch.dense)
        texts = {
            "stores": batch.stores,
            "embedder": batch.embedder,
            "language": batch.language,
            "records": [_record(record) for record in batch.records],
        }
        # Nothing recurs in vectors: searching them for it takes three times as long, and makes the file larger.
        packed = _packed(pack(texts, _HALVES)[:-1] + b',"dense":"')
        packed += _packed(base64.b64encode(dense), zlib.Z_HUFFMAN_ONLY) + _packed(b'"}\n')
        self._write(packed)

    def finish(self, described: Mapping[str, Any], points: Mapping[StoreName, int]) -> None:
        self._write(_packed(pack({"described": dict(described), "points": dict(points)}, _HALVES) + b"\n"))
        self._file.close()

    def close(self) -> None:
        """Let go of the file; a document that came to nothing needs no end."""
        self._file.close()

    def _write(self, packed: bytes) -> None:
        with self._lock:
            self._file.write(packed)


def read_points(lines: Iterable[bytes]) -> Iterator[KeptBatch | KeptEnd]:
    """What a file's (unpacked) lines say, in order. Raises ValueError for what `PointsSpool` doesn't write."""
    try:
        for line in lines:
            found = json.loads(line.decode("utf-8", _HALVES))
            yield _end(found) if "described" in found else _batch(found)
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"not a file of kept points: {type(error).__name__}") from error


def _record(record: Record) -> dict[str, Any]:
    return {
        "index": record.index,
        "text": record.text,
        "metadata": record.metadata,
        "started_sections": record.started_sections,
        **embedding_source(record),
    }


def _packed(content: bytes, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """A gzip file of its own: one after the other they are one file."""
    made = zlib.compressobj(1, zlib.DEFLATED, _GZIP_BITS, _MEMORY_LEVEL, strategy)
    return made.compress(content) + made.flush()


def _end(found: dict[str, Any]) -> KeptEnd:
    return KeptEnd(found["described"], found["points"])


def _batch(found: dict[str, Any]) -> KeptBatch:
    records = tuple(
        Record(
            index=record["index"],
            text=record["text"],
            embedding_text=embedding_text(record["text"], record),
            metadata=record["metadata"],
            started_sections=tuple(record["started_sections"]),
        )
        for record in found["records"]
    )
    numbers = array("f", base64.b64decode(found["dense"]))
    return KeptBatch(
        tuple(found["stores"]), found["embedder"], found["language"], records, tuple(_rows(numbers, len(records)))
    )


def _rows(numbers: "array[float]", count: int) -> Iterator[Vector]:
    if not count or len(numbers) % count:
        raise ValueError("vectors of different lengths")
    size = len(numbers) // count
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]
