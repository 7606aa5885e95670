"""What a point is: its identity, its payload, and what a search gives back of it."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from embeddings.base import Vector
from embeddings.sparse import SparseVector
from vector_stores.folders import SOURCE_FOLDERS, folders_of
from vector_stores.packed_points import pack_vectors

#: Haystack makes a point's id from its document's id in this namespace, so that its deletes and updates find ours.
POINT_NAMESPACE = uuid.UUID("3896d314-1e95-4a3a-b45a-945f9f0b541d")
#: Fields of the metadata with a payload index: what searches, flips and deletes filter by.
INDEXED_FIELDS = {
    "source": "keyword",
    SOURCE_FOLDERS: "keyword",
    "document_id": "keyword",
    "generation": "keyword",
    "constrained_category": "keyword",
    "language": "keyword",
    "active": "bool",
    "page": "integer",
    "pages_spanned": "integer",
}
#: `hashlib` keeps the interpreter for less than 2,048 bytes.
_PIECE_BYTES = 2_047


@dataclass(frozen=True, slots=True)
class Record:
    """What becomes one point. `index` is unique in its document and store.

    `text` is the document's own; `embedding_text` is what its vectors stand for (heading path and context as well).
    `metadata` is the payload's, without what the store adds (`stored_metadata`). `started_sections` are the titles of
    sections that start in it, where they are known; only what version 0.1.0 left uses them.
    """

    index: int
    text: str
    embedding_text: str
    metadata: dict[str, Any]
    started_sections: tuple[str, ...] = ()

    @property
    def heading_path(self) -> tuple[str, ...]:
        """The titles of the sections that it stands in, outermost first."""
        titles = (self.metadata.get(f"h{level}") for level in range(1, 7))
        return tuple(str(title) for title in titles if title)


@dataclass(frozen=True)
class EmbeddedRecord:
    """A record, its vectors, and the ISO 639-1 code of the language that the sparse one was made for."""

    record: Record
    dense: Vector
    sparse: SparseVector
    language: str

    @cached_property
    def packed_vectors(self) -> bytes:
        """Both vectors as Qdrant takes them, packed once for all stores."""
        return pack_vectors(self.dense, self.sparse)


@dataclass(frozen=True, slots=True)
class Hit:
    """A found point. `dense_score` (cosine) and `sparse_score` (BM25) are only filled in for searches that explain.

    So is `weak_similarity`, the embedding model's: a cosine below it says nothing. 0 where none was learnt.
    """

    id: str
    score: float
    text: str
    metadata: dict[str, Any]
    dense_score: float = 0.0
    sparse_score: float = 0.0
    weak_similarity: float = 0.0


def point_name(document_id: str, store: str, generation: str, index: int) -> str:
    """What a point is called; its id is the UUIDv5 of this."""
    return f"{document_id}/{store}/{generation}/{index}"


def point_id(name: str) -> str:
    """The id that Qdrant knows a point by."""
    return str(uuid.uuid5(POINT_NAMESPACE, name))


def stored_metadata(record: Record, generation: str, embedder_name: str, language: str) -> dict[str, Any]:
    """A record's metadata with what the store adds. A new point is inactive."""
    return record.metadata | {
        "generation": generation,
        "active": False,
        SOURCE_FOLDERS: folders_of(str(record.metadata.get("source") or "")),
        "language": language,
        "text_sha256": _sha256(record.text),
        "embedding_model": embedder_name,
        "embedding_sha256": embedding_sha256(record.embedding_text, embedder_name),
        **embedding_source(record),
    }


def embedding_source(record: Record) -> dict[str, str]:
    """What it takes, beside the text, to embed the point again with another model: mostly a few words before it."""
    if record.embedding_text.endswith(record.text):
        return {"embedding_prefix": record.embedding_text[: len(record.embedding_text) - len(record.text)]}
    return {"embedding_text": record.embedding_text}


def embedding_text(text: str, metadata: Mapping[str, Any]) -> str:
    """What a stored point's vector stands for."""
    whole: str | None = metadata.get("embedding_text")
    return whole if whole is not None else metadata.get("embedding_prefix", "") + text


def embedding_sha256(embedding_text: str, embedder_name: str) -> str:
    """Identifies a vector: the same for the same text and the same model, whatever the document."""
    return _sha256(f"{embedder_name}\n{embedding_text}")


def _sha256(text: str) -> str:
    content, digest = text.encode("utf-8", "surrogatepass"), hashlib.sha256()
    # Of a longer piece `hashlib` lets go of the interpreter; getting it back takes longer than the digest.
    for start in range(0, len(content), _PIECE_BYTES):
        digest.update(content[start : start + _PIECE_BYTES])
    return digest.hexdigest()
