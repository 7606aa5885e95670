"""The `haystack` store: the chunks of `semantic` in the payload that Haystack's `QdrantDocumentStore` reads.

Open it there with `index=` the collection, `embedding_dim=` the model's dimensions, `use_sparse_embeddings=True` and
`sparse_idf=True`. A generation that is being written is there already, so filter by `meta.active == true`. Sparse
queries are what fastembed makes as `Qdrant/bm25`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from foundation.store_names import StoreName
from vector_stores.base import VectorStore


class HaystackQdrantStore(VectorStore):
    """Serves programs built with Haystack."""

    name: ClassVar[StoreName] = "haystack"
    text_field: ClassVar[str] = "content"
    metadata_field: ClassVar[str] = "meta"

    def payload(self, name: str, text: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Haystack makes the point's id from `id` the way `points.point_id` does."""
        return {"id": name, "content": text, "meta": metadata}
