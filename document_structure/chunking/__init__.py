"""Cuts a document into chunks by character offsets: exact pages, linear cost, no searching. Never counts on layout."""

from document_structure.chunking.packing import Chunk, chunk_document
from document_structure.chunking.pieces import PageText

__all__ = ["Chunk", "PageText", "chunk_document"]
