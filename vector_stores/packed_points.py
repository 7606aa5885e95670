"""Points as JSON for Qdrant, packed once and cut into requests that a server takes, by number and by size.

qdrant-client's own models would check each number of each vector twice and pack it once for each store.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from embeddings.base import Vector
from embeddings.sparse import SparseVector
from foundation.packed_json import pack
from vector_stores.collection import DENSE, SPARSE

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

#: More points than this in one request make it no quicker.
UPSERT_POINTS = 256
#: Half of what a server takes by default (`service.max_request_size_mb`: 32), for proxies in front of it take less.
UPSERT_BYTES = 16 << 20


def pack_vectors(dense: Vector, sparse: SparseVector) -> bytes:
    """The vectors of a point, to be put into points of several stores; numbers with the digits of 32-bit floats."""
    import numpy as np  # a tenth of a second

    values = np.asarray(sparse.values, np.float32)
    return pack({DENSE: np.asarray(dense, np.float32), SPARSE: {"indices": sparse.indices, "values": values}})


def pack_point(point_id: str, payload: dict[str, Any], packed_vectors: bytes) -> bytes:
    """A point with what `pack_vectors` made."""
    return b'{"id":%s,"vector":%s,"payload":%s}' % (pack(point_id), packed_vectors, pack(payload))


def upsert_batches(
    points: Iterable[bytes], max_points: int = UPSERT_POINTS, max_bytes: int = UPSERT_BYTES
) -> Iterator[list[bytes]]:
    """The points in order, at most `max_points` and `max_bytes` at once; one that is larger goes alone."""
    batch: list[bytes] = []
    size_bytes = 0
    for point in points:
        if batch and (len(batch) == max_points or size_bytes + len(point) > max_bytes):
            yield batch
            batch, size_bytes = [], 0
        batch.append(point)
        size_bytes += len(point)
    if batch:
        yield batch


def upsert(client: "QdrantClient", collection: str, batch: list[bytes], ordering: "models.WriteOrdering") -> None:
    """Store packed points, and wait until they are. Raises what the client raises."""
    body: Any = b'{"points":[%s]}' % b",".join(batch)  # the client sends as it is what isn't a model of its own
    client.http.points_api.upsert_points(collection, wait=True, ordering=ordering, point_insert_operations=body)
