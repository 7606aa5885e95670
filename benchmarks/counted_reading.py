"""Reads pages by PyMuPDF's own calls, then as a worker and its child do, for `instructions` to count what each takes.

    python -m benchmarks.counted_reading FILE FIRST LAST

One process does both halves: what a child does for a page, the message that it sends, and what the worker does with it.
Calls `os.getloadavg` before each part and at the end (`MARK` of `instructions`): nothing else here does, and Valgrind
sees it. The parts: starting; raw calls and reading of the first pages, for warming up; raw calls and reading of all.
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.raw_calls import CALLS
from document_structure import StructureAnalyser
from pdf_reader import wire
from pdf_reader.child.mupdf import pymupdf
from pdf_reader.child.opening import Opener
from pdf_reader.child.page import PageReader
from pdf_reader.document import DocumentFacts, Page, ReadOptions, SandboxLimits

#: Read both ways before the counting begins: imports, fonts and word lists.
WARM_UP_PAGES = 2


class _NoRecorder(wire.FlightRecorder):
    """Nobody looks where this process is."""

    def __init__(self) -> None:
        pass

    def write(self, page: int, step: wire.Step) -> None:
        pass


def main() -> None:
    path, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    for end in (min(first + WARM_UP_PAGES - 1, last), last):
        os.getloadavg()
        _call_pymupdf(path, first, end)
        os.getloadavg()
        _read(path, first, end)
    os.getloadavg()


def _call_pymupdf(path: Path, first: int, last: int) -> None:
    document = pymupdf.open(path)
    for number in range(first, last + 1):
        page = document.load_page(number - 1)
        for call in CALLS.values():
            call(page)


def _read(path: Path, first: int, last: int) -> None:
    limits = SandboxLimits()
    opener = Opener(limits)
    facts = opener.facts(wire.OpenTask(path, None))
    document = opener.document(path, None)
    if not isinstance(facts, DocumentFacts):
        raise SystemExit(str(facts))
    with tempfile.TemporaryDirectory() as folder:
        task = wire.ReadTask(path, None, first, last, ReadOptions(ocr=False), Path(folder))
        reader = PageReader(document, limits, _NoRecorder(), task)
        analyser = StructureAnalyser(facts)
        for number in range(first, last + 1):
            page = wire.unpack_from_child(wire.pack(reader.read(number)))
            if not isinstance(page, Page):
                raise SystemExit("a child would have sent no page")
            if reader.promises_image:
                wire.unpack_from_child(wire.pack(reader.write_image()))
            analyser.add(page)
        analyser.finish()


if __name__ == "__main__":
    main()
