"""A whole PDF read in the sandbox, and plain PDFs for it."""

import shutil
from pathlib import Path

import pytest

from pdf_reader.child.mupdf import pymupdf
from pdf_reader.document import DocumentFacts, Page, ReadOptions
from pdf_reader.sandbox import PdfSandbox

PLAIN = ReadOptions(images=False, ocr=False)
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


def nothing() -> None:
    return None


def read(
    sandbox: PdfSandbox, path: Path, working_folder: Path, options: ReadOptions = PLAIN, **more: str
) -> tuple[DocumentFacts, list[Page]]:
    facts = sandbox.open(path, **more)
    return facts, list(sandbox.read(path, facts, options, working_folder, nothing, **more))


def make_pdf(path: Path, pages: int, text: str = "Page {} of a long document") -> Path:
    document = pymupdf.open()
    for number in range(1, pages + 1):
        document.new_page().insert_text((72, 72), text.format(number))
    document.save(path)
    return path
