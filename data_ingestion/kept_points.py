"""The points of a generation as a file beside its blocks: what Qdrant holds of a document can be put back for nothing.

pdf-metadata/{document_id}/{generation}/points.jsonl.gz

A line a batch, as it was written to the stores: `stores`, `embedder`, `language`, `records` (what `Record` has) and
`dense`, their vectors as little-endian 32-bit floats in base64. The last line has `described`, what points get with the
flip, and `points`, how many there are in each store; without it the file is no whole one. Sparse vectors are not kept:
they cost no model, and come from the texts.
"""

import base64
import gzip
import json
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from embeddings.base import Vector
from foundation.store_names import StoreName
from vector_stores.base import Record

POINTS_FILE = "points.jsonl.gz"
#: Vectors hardly compress; the texts around them do at any level.
_GZIP_LEVEL = 1


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """Records for the same stores, with the vectors of one embedder."""

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
        self._file = gzip.GzipFile(self.path, "wb", compresslevel=_GZIP_LEVEL)
        self._lock = threading.Lock()

    def add(self, batch: KeptBatch) -> None:
        dense = array("f", (number for vector in batch.dense for number in vector))
        self._write(
            {
                "stores": batch.stores,
                "embedder": batch.embedder,
                "language": batch.language,
                "records": [asdict(record) for record in batch.records],
                "dense": base64.b64encode(dense.tobytes()).decode("ascii"),
            }
        )

    def finish(self, described: Mapping[str, Any], points: Mapping[StoreName, int]) -> None:
        self._write({"described": dict(described), "points": dict(points)})
        self._file.close()

    def close(self) -> None:
        """Let go of the file; a document that came to nothing needs no end."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        written = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
        with self._lock:
            self._file.write(written)


def read_points(lines: Iterable[bytes]) -> Iterator[KeptBatch | KeptEnd]:
    """What a file's (unpacked) lines say, in order. Raises ValueError for what `PointsSpool` doesn't write."""
    try:
        for line in lines:
            found = json.loads(line.decode("utf-8", "surrogatepass"))
            yield _end(found) if "described" in found else _batch(found)
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"not a file of kept points: {type(error).__name__}") from error


def _end(found: dict[str, Any]) -> KeptEnd:
    return KeptEnd(found["described"], found["points"])


def _batch(found: dict[str, Any]) -> KeptBatch:
    records = tuple(
        Record(**{**record, "started_sections": tuple(record["started_sections"])}) for record in found["records"]
    )
    numbers = array("f", base64.b64decode(found["dense"])).tolist()
    return KeptBatch(
        tuple(found["stores"]), found["embedder"], found["language"], records, tuple(_rows(numbers, len(records)))
    )


def _rows(numbers: Sequence[float], count: int) -> Iterator[Vector]:
    if not count or len(numbers) % count:
        raise ValueError("vectors of different lengths")
    size = len(numbers) // count
    for start in range(0, len(numbers), size):
        yield list(numbers[start : start + size])
