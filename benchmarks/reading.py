"""What reading the D&D SRD (403 pages, two columns, tables, 1,958 outline entries) costs in CPU time.

    python -m benchmarks.reading [--corpus ../shared/corpus]

Prints CPU milliseconds a page, of worker and child process together: text, links and section tree; with tables; and
with page images too (150 dpi, JPEG). Starting the child is not counted. Needs Linux (`/proc`).
Writes `benchmarks/results/reading.json`.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import CORPUS, Tree, keep, machine
from document_structure import StructureAnalyser
from pdf_reader.document import ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

DOCUMENT = Path("good", "srd-5.1-cc-by.pdf")
#: Read before the clock starts, to have the child ready.
WARM_UP = Path("good", "uslm-review-guide.pdf")
OPTIONS = {
    "text, structure, links": ReadOptions(images=False, tables=False, ocr=False),
    "… and tables": ReadOptions(images=False, ocr=False),
    "… and page images": ReadOptions(ocr=False),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure what reading the SRD costs.")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    corpus = parser.parse_args(arguments).corpus
    milliseconds = {}
    tree = Tree(os.getpid())
    sandbox = PdfSandbox(SandboxLimits(pages_per_child=10_000), processes=1)
    try:
        for name, options in OPTIONS.items():
            read(sandbox, corpus / WARM_UP, options)
            begun = tree.cpu_seconds()
            pages = read(sandbox, corpus / DOCUMENT, options)
            milliseconds[name] = round(1e3 * (tree.cpu_seconds() - begun) / pages, 2)
            print(f"{name:24} {milliseconds[name]:6.2f} CPU ms a page", flush=True)
    finally:
        sandbox.close()
    keep("reading", {"machine": machine(), "document": DOCUMENT.name, "cpu_milliseconds_a_page": milliseconds})


def read(sandbox: PdfSandbox, path: Path, options: ReadOptions) -> int:
    """Reads a document as the worker does, up to its section tree; returns its number of pages."""
    facts = sandbox.open(path)
    analyser = StructureAnalyser(facts)
    with tempfile.TemporaryDirectory() as scratch:
        for page in sandbox.read(path, facts, options, Path(scratch), lambda: None):
            analyser.add(page)
            if page.image:
                page.image.path.unlink()
    analyser.finish()
    return facts.page_count


if __name__ == "__main__":
    main()
