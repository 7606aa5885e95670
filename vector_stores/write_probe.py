"""Whether a store takes writes: one point is written and deleted, by the same way that documents' points go.

A store may answer reads and refuse this: a full disk, a read-only key, a write lock.
"""

from embeddings.bm25 import DEFAULT_LANGUAGE
from vector_stores.base import VectorStore
from vector_stores.points import EmbeddedRecord, Record

#: No document has this id. Should the deletion fail, one point stays that no search sees and the next probe overwrites.
DOCUMENT_ID = "write-probe"
GENERATION = "000000"
_TEXT = "write probe"


def write_one_point(store: VectorStore) -> None:
    """Raises errors.TransientError, or DeploymentError, as a document's writes would."""
    store.ensure()
    record = Record(0, _TEXT, _TEXT, {"source": "", "document_id": DOCUMENT_ID, "page": 0})
    place = store.home.place
    dense = [1.0, *[0.0] * (place.embedder.dimensions - 1)]
    sparse = place.sparse.encode_passage(_TEXT, DEFAULT_LANGUAGE)
    store.write(DOCUMENT_ID, GENERATION, [EmbeddedRecord(record, dense, sparse, DEFAULT_LANGUAGE)])
    store.delete_generations(DOCUMENT_ID, [GENERATION])
