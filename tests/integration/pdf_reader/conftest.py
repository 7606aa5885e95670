"""The sandbox that tests share which are about what is read, not about a sandbox's limits."""

from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest

from pdf_reader.document import Page, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from tests.support.drawn_pages import Draw, Read


@pytest.fixture(scope="session")
def sandbox() -> Iterator[PdfSandbox]:
    sandbox = PdfSandbox(SandboxLimits(), 1)
    yield sandbox
    sandbox.close()


@pytest.fixture
def read(sandbox: PdfSandbox, tmp_path: Path) -> Read:
    def read(draw: Draw) -> list[Page]:
        document = pymupdf.open()
        draw(document)
        path = tmp_path / "made.pdf"
        document.save(path)
        facts = sandbox.open(path)
        return list(sandbox.read(path, facts, ReadOptions(images=False), tmp_path, lambda: None))

    return read
