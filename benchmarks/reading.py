"""What reading the D&D SRD (403 pages, two columns, tables, 1,958 outline entries) costs in CPU time.

    python -m benchmarks.reading [--corpus ../shared/corpus]

Prints CPU milliseconds a page, of worker and child process together: text, links and section tree; with tables; and
with page images too (150 dpi, JPEG). Starting the child is not counted. Beside it what PyMuPDF's own calls cost in the
same run (`raw_calls`: text dictionary, links, rendering and JPEG, without tables), and how many times that all of our
reading is. The last figure is counted in instructions as well (`instructions`), which other processes don't change.
Needs Linux (`/proc`). Writes `benchmarks/results/reading.json`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import document_structure
from benchmarks import instructions
from benchmarks.machine import CORPUS, REPOSITORY, Tree, keep, machine
from benchmarks.reading_probe import read
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
#: What is compared with the raw calls.
WHOLE = "… and page images"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure what reading the SRD costs.")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    corpus = parser.parse_args(arguments).corpus
    milliseconds = {}
    tree = Tree(os.getpid())
    sandbox = PdfSandbox(SandboxLimits(pages_per_child=10_000), processes=1)
    try:
        for name, options in OPTIONS.items():
            read(sandbox, document_structure, corpus / WARM_UP, options)
            begun = tree.cpu_seconds()
            pages = read(sandbox, document_structure, corpus / DOCUMENT, options)
            milliseconds[name] = round(1e3 * (tree.cpu_seconds() - begun) / pages, 2)
            print(f"{name:24} {milliseconds[name]:6.2f} CPU ms a page", flush=True)
    finally:
        sandbox.close()
    raw = raw_calls(corpus / DOCUMENT)
    times = round(milliseconds[WHOLE] / sum(raw.values()), 2)
    spent = ", ".join(f"{name} {cost:.1f}" for name, cost in raw.items())
    print(f"{'PyMuPDF alone':24} {sum(raw.values()):6.2f} CPU ms a page ({spent}): {WHOLE} is {times} times that")
    results = {"cpu_milliseconds_a_page": milliseconds, "raw_calls": raw, "times_raw_calls": times}
    keep("reading", {"machine": machine(), "document": DOCUMENT.name, **results, "instructions": _instructions()})


def _instructions() -> dict[str, Any]:
    """Millions a page, of the pages that `instructions` reads, or why they can't be counted."""
    if reason := instructions.why_not():
        return {"not_counted": reason}
    document = instructions.document_at_hand()
    counted = instructions.count(document)
    print(f"counted in instructions it is {counted.times_raw_calls} times that")
    pages = list(instructions.PAGES[document.name])
    found = {"document": document.name, "first_and_last_page": pages, **asdict(counted)}
    return {**found, "times_raw_calls": counted.times_raw_calls}


def raw_calls(path: Path) -> dict[str, float]:
    """CPU milliseconds a page of each of PyMuPDF's own calls."""
    command = [sys.executable, "-m", "benchmarks.raw_calls", str(path)]
    found = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
    milliseconds: dict[str, float] = json.loads(found.stdout)
    return milliseconds


if __name__ == "__main__":
    main()
