"""What the stores and the bucket hold of one page of a document."""

from collections.abc import Mapping
from typing import Any

from data_ingestion.artifacts import Artifacts
from foundation.store_names import StoreName
from vector_stores.base import VectorStore
from vector_stores.points import Hit

#: More chunks than one page can have been cut into, hostile ones aside.
MAX_CHUNKS = 200
MAX_LINKS = 500
CHUNK_STORES: tuple[StoreName, ...] = ("semantic", "haystack")

Stores = Mapping[StoreName, VectorStore]


def page_content(
    stores: Stores, artifacts: Artifacts, document_id: str, s3_key: str, page: int
) -> dict[str, Any] | None:
    """Text, chunks and links of a page; None when the stores know no such page.

    Raises TransientError or PermanentError when a store is away.
    """
    text = ""
    metadata: dict[str, Any] = {}
    for point in stores["pages"].on_page(document_id, page):
        text, metadata = point.text, point.metadata
    chunks: list[Hit] = []
    for store in CHUNK_STORES:
        chunks = stores[store].on_page(document_id, page, MAX_CHUNKS)
        if chunks:
            break
    chunks.sort(key=lambda hit: hit.metadata.get("chunk_index", 0))
    if not metadata and not chunks:
        return None
    metadata = metadata or chunks[0].metadata
    links = [link for link in artifacts.get_links(s3_key) if link.source_page == page]
    return {
        "document_id": document_id,
        "s3_key": s3_key,
        "filename": metadata.get("filename"),
        "title": metadata.get("document_title"),
        "page": page,
        "page_label": metadata.get("page_label", str(page)) if metadata.get("page") == page else str(page),
        "total_pages": metadata.get("total_pages"),
        "heading_path": metadata.get("heading_path", ""),
        "text_source": metadata.get("text_source"),
        "has_image": bool(metadata.get("image_url")),
        "text": text,
        "chunks": [_chunk(hit) for hit in chunks],
        "links": [link.to_json() for link in links[:MAX_LINKS]],
    }


def _chunk(hit: Hit) -> dict[str, Any]:
    metadata = hit.metadata
    return {
        "id": hit.id,
        "index": metadata.get("chunk_index"),
        "count": metadata.get("chunk_count"),
        "pages_spanned": metadata.get("pages_spanned", []),
        "heading_path": metadata.get("heading_path", ""),
        "text": hit.text,
    }
