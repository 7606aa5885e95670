"""The `semantic` store: one point a chunk, cut along the document's sections."""

from typing import ClassVar

from foundation.store_names import StoreName
from vector_stores.base import VectorStore


class SemanticStore(VectorStore):
    """Finds the passage that answers a question."""

    name: ClassVar[StoreName] = "semantic"
