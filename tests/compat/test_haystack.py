"""Haystack's own document store and retrievers read what the `haystack` store wrote.

Needs qdrant-haystack, which is not among the dependencies: `make test-haystack` fetches it. Without it this is skipped.
"""

from pathlib import Path
from typing import Any

import pytest

from embeddings.bm25 import Bm25Encoder
from embeddings.version_0_1.lexical import LexicalEmbedder
from tests.support.qdrant import qdrant_url
from tests.support.stores import document_id, index, ingest, open_stores, record, settings_for

haystack_qdrant = pytest.importorskip("haystack_integrations.document_stores.qdrant", reason="needs qdrant-haystack")
retrievers = pytest.importorskip("haystack_integrations.components.retrievers.qdrant")
dataclasses = pytest.importorskip("haystack.dataclasses")

EMBEDDER = LexicalEmbedder()
RECORDS = [
    record(0, "Owls hunt at night.", "Animals", "Owls"),
    record(1, "Foxes hunt at dusk.", "Animals", "Foxes"),
    record(2, "Bees gather nectar by day.", "Animals", "Bees"),
]
ACTIVE = {"field": "meta.active", "operator": "==", "value": True}


@pytest.fixture
def document_store(tmp_path: Path) -> Any:
    """Two documents, of one of which a new version is being written."""
    other = "source-pdfs/other.pdf"
    with open_stores(tmp_path, EMBEDDER) as stores:
        ingest(stores, "000001-a", RECORDS)
        ingest(stores, "000001-a", [record(0, "Rope, fifty feet.", "Goods", source=other)], source=other)
        index(stores, "000002-b", [record(0, "Owls sleep by day.", "Animals", "Owls")])
    return haystack_qdrant.QdrantDocumentStore(
        url=qdrant_url(),
        index=settings_for(tmp_path).qdrant_haystack_collection,
        embedding_dim=EMBEDDER.dimensions,
        use_sparse_embeddings=True,
        sparse_idf=True,
    )


def test_documents_come_back_with_text_and_metadata(document_store: Any) -> None:
    documents = document_store.filter_documents(
        {"operator": "AND", "conditions": [ACTIVE, {"field": "meta.page", "operator": "==", "value": 2}]}
    )

    assert [document.content for document in documents] == ["Foxes hunt at dusk."]
    assert documents[0].meta["heading_path"] == "Animals > Foxes"
    assert documents[0].meta["document_id"] == document_id()
    assert len(documents[0].embedding) == EMBEDDER.dimensions


def test_counting_and_filtering_see_every_point(document_store: Any) -> None:
    assert document_store.count_documents() == 5
    assert len(document_store.filter_documents(ACTIVE)) == 4


def test_dense_sparse_and_hybrid_retrievers_find_the_passage(document_store: Any) -> None:
    query = "night owls"
    dense, sparse = EMBEDDER.embed_query(query), Bm25Encoder().encode_query(query)
    embedding = dataclasses.SparseEmbedding(indices=sparse.indices, values=sparse.values)

    by_dense = retrievers.QdrantEmbeddingRetriever(document_store, filters=ACTIVE).run(query_embedding=dense)
    by_sparse = retrievers.QdrantSparseEmbeddingRetriever(document_store, filters=ACTIVE).run(
        query_sparse_embedding=embedding
    )
    by_both = retrievers.QdrantHybridRetriever(document_store, filters=ACTIVE).run(
        query_embedding=dense, query_sparse_embedding=embedding
    )

    for found in (by_dense, by_sparse, by_both):
        assert found["documents"][0].content == "Owls hunt at night."
        assert all(document.meta["active"] for document in found["documents"])


def test_deleting_by_haystacks_id_deletes_the_point(document_store: Any) -> None:
    """Both make a point's id from the document's id in the same way."""
    [bees] = [one for one in document_store.filter_documents() if one.content.startswith("Bees")]

    document_store.delete_documents([bees.id])

    assert document_store.count_documents() == 4
