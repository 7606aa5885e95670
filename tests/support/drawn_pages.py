"""Pages that tests draw with MuPDF, each with a condition that readers get wrong, and what is made of them."""

from collections.abc import Callable
from typing import Any

import pymupdf

from data_ingestion.document_export import markdown_of
from document_structure import StructureAnalyser
from document_structure.chunking import Chunk, PageText, WholeTable, chunk_document, whole_tables
from pdf_reader.document import DocumentFacts, Page

PROSE = "The miller weighs every sack twice and writes the weight into the ledger before the cart may leave the yard. "
Draw = Callable[[pymupdf.Document], None]
#: Draws a document, saves it and reads it in the sandbox.
Read = Callable[[Draw], list[Page]]


def write(page: pymupdf.Page, text: str, x: float, y: float, size: float = 10, font: str = "tiro", **more: Any) -> None:
    page.insert_text((x, y), text, fontsize=size, fontname=font, **more)


def table(page: pymupdf.Page, rows: list[list[str]], top: float, xs: tuple[float, ...] = (60, 200, 320, 440)) -> None:
    edges = xs[: len(rows[0]) + 1]
    for index, row in enumerate(rows):
        for x, text in zip(edges, row, strict=False):
            write(page, text, x + 5, top + 14 + 20 * index)
    bottom = top + 20 * len(rows)
    for index in range(len(rows) + 1):
        page.draw_line((edges[0], top + 20 * index), (edges[-1], top + 20 * index))
    for x in edges:
        page.draw_line((x, top), (x, bottom))


def print_rows(
    page: pymupdf.Page, rows: list[list[str]], top: float, rights: tuple[float, ...], *, ruled: bool = False
) -> float:
    """The first column begins at the left, the others end at `rights`; gives the bottom."""
    for index, row in enumerate(rows):
        y = top + 18 * index
        for column, text in enumerate(row):
            x = 60 if column == 0 else rights[column - 1] - pymupdf.get_text_length(text, "tiro", 10)
            write(page, text, x, y)
        if ruled:
            page.draw_line((60, y + 5), (rights[-1], y + 5))
    return top + 18 * len(rows)


def add_text_field(page: pymupdf.Page, name: str, value: str, box: tuple[float, float, float, float]) -> None:
    widget = pymupdf.Widget()
    widget.field_type, widget.field_name, widget.field_value = pymupdf.mupdf.PDF_WIDGET_TYPE_TEXT, name, value
    widget.rect = pymupdf.Rect(box)
    page.add_widget(widget)


def chunks_and_tables(pages: list[Page], max_tokens: int = 300) -> tuple[list[Chunk], list[WholeTable], str]:
    analyser = StructureAnalyser(DocumentFacts(len(pages)))
    for page in pages:
        analyser.add(page)
    structure = analyser.finish()
    texts = [PageText.of(page) for page in pages]
    chunks = list(chunk_document(texts, structure, max_tokens=max_tokens, overlap_tokens=0))
    return chunks, list(whole_tables(texts, structure.running)), "".join(markdown_of(texts, structure))
