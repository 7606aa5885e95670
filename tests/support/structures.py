"""The structure of a real document, without what the tests of it don't look at: sharp images, chunks."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from document_structure import Structure, StructureAnalyser
from pdf_reader.document import DocumentFacts, Page, ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

#: A quarter of what the worker renders, in each direction: only what is hidden is looked for in the images.
DPI = 36


@dataclass(frozen=True, slots=True)
class StructuredPages:
    facts: DocumentFacts
    pages: Sequence[Page]
    structure: Structure


def read_structure(path: Path, working_folder: Path, *, pages: int | None = None) -> StructuredPages:
    """Of the first so many pages, or of all."""
    sandbox = PdfSandbox(SandboxLimits(), os.cpu_count() or 1)
    try:
        facts = sandbox.open(path)
        analyser = StructureAnalyser(facts)
        reading = sandbox.read(path, facts, ReadOptions(image_dpi=DPI), working_folder, lambda: None)
        read = []
        for page in islice(reading, pages):
            analyser.add(page)
            read.append(page)
        reading.close()  # type: ignore[attr-defined]
    finally:
        sandbox.close()
    return StructuredPages(facts, read, analyser.finish())
