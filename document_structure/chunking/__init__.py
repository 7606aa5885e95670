"""Cuts a document into chunks by character offsets: exact pages and boxes, linear cost, no searching."""

from document_structure.chunking.continued_tables import WholeTable, whole_tables
from document_structure.chunking.line_places import LinePlace, lines_of_page
from document_structure.chunking.packing import Chunk, chunk_document
from document_structure.chunking.page_text import BlockSpan, PageText

__all__ = [
    "BlockSpan", "Chunk", "LinePlace", "PageText", "WholeTable", "chunk_document", "lines_of_page",
    "whole_tables",
]  # fmt: skip
