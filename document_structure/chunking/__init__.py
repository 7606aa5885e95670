"""Cuts a document into chunks by character offsets: exact pages and boxes, linear cost, no searching."""

from document_structure.chunking.continued_tables import WholeTable, whole_tables
from document_structure.chunking.packing import Chunk, chunk_document
from document_structure.chunking.page_text import BlockSpan, ChunkBox, PageText

__all__ = ["BlockSpan", "Chunk", "ChunkBox", "PageText", "WholeTable", "chunk_document", "whole_tables"]
