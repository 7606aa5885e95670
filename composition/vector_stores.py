"""The connection to Qdrant and the three stores, from Settings."""

from config import Settings
from embeddings.base import Embedder
from foundation.store_names import StoreName
from vector_stores import client
from vector_stores.base import VectorStore
from vector_stores.client import QdrantConnection
from vector_stores.haystack.qdrant_store import HaystackQdrantStore
from vector_stores.layout import Layout
from vector_stores.pdf_pages_store import PdfPagesStore
from vector_stores.semantic_store import SemanticStore

#: A person who waits learns within ten seconds that the server doesn't answer, and tries again by hand.
PERSON_TIMEOUT_SECONDS = 8


def connect(settings: Settings, *, a_person_waits: bool = False) -> QdrantConnection:
    """The server that the settings name."""
    key = settings.qdrant_api_key
    layout = Layout(
        settings.qdrant_replication_factor,
        settings.qdrant_shards,
        settings.qdrant_quantization,
        settings.qdrant_vectors_on_disk,
    )
    limits = {"timeout_seconds": PERSON_TIMEOUT_SECONDS, "attempts": 1} if a_person_waits else {}
    api_key = key.get_secret_value() if key else None
    return client.connect(url=settings.qdrant_address, api_key=api_key, layout=layout, **limits)


def make_stores(settings: Settings, connection: QdrantConnection, embedder: Embedder) -> dict[StoreName, VectorStore]:
    """All three stores, by name; the message says which of them a document fills."""
    return {
        "pages": PdfPagesStore(connection, settings.qdrant_pages_collection, embedder),
        "semantic": SemanticStore(connection, settings.qdrant_semantic_collection, embedder),
        "haystack": HaystackQdrantStore(connection, settings.qdrant_haystack_collection, embedder),
    }
