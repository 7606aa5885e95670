"""Stores of a test's own and small documents."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from composition.vector_stores import connect, make_stores
from config import Settings
from data_ingestion.indexer import DocumentVersion, Indexed, Indexer
from data_ingestion.lease import Lease, NoLease
from embeddings.base import Embedder, TokenMeter, Vector
from embeddings.version_0_1.lexical import LexicalEmbedder
from foundation.app_config import AppConfig, parse_app_config
from foundation.store_names import StoreName
from tests.support.qdrant import collections, drop_collections, qdrant_url
from vector_stores import generations
from vector_stores.base import Record, VectorStore

#: Names of the collections of folders that were opened, for `dropped_stores`.
_opened: list[str] = []

CHUNK_STORES: tuple[StoreName, ...] = ("semantic", "haystack")


class CountingEmbedder:
    """The offline model, remembering what it was asked for. `name` can be that of another model."""

    def __init__(self, dimensions: int = 64, name: str | None = None) -> None:
        self._lexical = LexicalEmbedder(dimensions)
        self.name = name or self._lexical.name
        self.dimensions = dimensions
        self.knows_meaning = self._lexical.knows_meaning
        self.replaces_lexical = False
        self.weak_similarity = 0.0
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.asked.extend(texts)
        return self._lexical.embed(texts)

    def metered(self, meter: TokenMeter) -> Embedder:
        return self

    def reads(self, text: str) -> bool:
        return True

    def embed_query(self, text: str) -> Vector:
        return self._lexical.embed_query(text)


def settings_for(folder: Path, **changes: Any) -> Settings:
    """Settings whose collections belong to `folder`: the same again for the same folder."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        **{
            "aws_s3_bucket_name": "bucket",
            "sqs_queue_url": "queue",
            "sqs_dlq_url": "dlq",
            "status_table_name": "table",
            "qdrant_url": qdrant_url(),
            **{setting.lower(): value for setting, value in collections(_name_of(folder)).items()},
            "embedding_provider": "static",
            "enrichment": "extractive",
            **changes,
        },
    )


def _name_of(folder: Path) -> str:
    return "t" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]


@contextmanager
def open_stores(
    folder: Path, embedder: Embedder | None = None, **changes: Any
) -> Iterator[dict[StoreName, VectorStore]]:
    """The three stores that belong to a folder, until the block ends. `changes` are settings."""
    settings = settings_for(folder, **changes)
    _opened.append(_name_of(folder))
    connection = connect(settings)
    try:
        yield make_stores(settings, connection, embedder or CountingEmbedder())
    finally:
        connection.close()


@contextmanager
def dropped_stores() -> Iterator[None]:
    """What is opened in the block is dropped with its end."""
    before = len(_opened)
    yield
    for name in set(_opened[before:]) - set(_opened[:before]):
        drop_collections(name)
    del _opened[before:]


def record(index: int, text: str, *headings: str, source: str = "source-pdfs/a.pdf", **metadata: Any) -> Record:
    """A chunk on page index + 1, under the headings given from the outside in."""
    return Record(
        index=index,
        text=text,
        embedding_text="\n\n".join([" > ".join(headings), text]) if headings else text,
        metadata={
            "source": source,
            "document_id": document_id(source),
            "page": index + 1,
            "heading_path": " > ".join(headings),
            **{f"h{level}": title for level, title in enumerate(headings, start=1)},
            **metadata,
        },
    )


def document_id(source: str = "source-pdfs/a.pdf") -> str:
    return f"id-of-{source}"


def index(
    stores: Mapping[StoreName, VectorStore],
    generation: str,
    records: Sequence[Record],
    *,
    source: str = "source-pdfs/a.pdf",
    embedder: Embedder | None = None,
    lease: Lease | None = None,
) -> Indexed:
    """Write the records to every store given, inactive."""
    pinned = _pinned(stores)
    made_by = embedder or next(iter(pinned.values())).embedder
    with Indexer(pinned, made_by, DocumentVersion(document_id(source), generation), lease or NoLease()) as indexer:
        indexer.add(records, tuple(stores))
        return indexer.finish()


def ingest(
    stores: Mapping[StoreName, VectorStore],
    generation: str,
    records: Sequence[Record],
    *,
    source: str = "source-pdfs/a.pdf",
) -> Indexed:
    """Write the records to every store given, and publish them."""
    pinned = _pinned(stores)
    indexed = index(pinned, generation, records, source=source)
    generations.publish(list(pinned.values()), document_id(source), generation)
    return indexed


def _pinned(stores: Mapping[StoreName, VectorStore]) -> dict[StoreName, VectorStore]:
    return {name: store.pinned() for name, store in stores.items()}


def app_config(**changes: Any) -> AppConfig:
    return parse_app_config(None).model_copy(update=changes)
