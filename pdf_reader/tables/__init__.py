"""Finds tables on a page and gives their cells, without a model: rules that are drawn, and text that stands in columns.

Runs in the sandbox. It needs a `pymupdf.Page` at hand but never imports MuPDF, so anyone may use `to_markdown`.
"""

from pdf_reader.tables.finder import FoundTable, find_tables
from pdf_reader.tables.markdown import to_markdown
from pdf_reader.tables.words import Piece, Segment

__all__ = ["FoundTable", "Piece", "Segment", "find_tables", "to_markdown"]
