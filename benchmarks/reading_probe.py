"""Reads pages as a worker does, for `reading_releases`: by the code of whatever release PYTHONPATH names.

    PYTHONPATH=TREE python -P reading_probe.py

Takes a JSON object a line ({"path": "a.pdf", "pages": 40, "images": false}) and answers each by the number of pages
that it read, up to their section tree, in a sandbox of one child. Imports nothing that only this release has.
"""

import dataclasses
import importlib
import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

#: Modules by release: of pages and limits, of the sandbox, of the structure.
RELEASES = {
    "today": ("pdf_reader.document", "pdf_reader.sandbox", "document_structure"),
    "0.1.0": ("data_ingestion.pdf.model", "data_ingestion.pdf.sandbox", "data_ingestion.structure"),
}


def modules() -> tuple[ModuleType, ...]:
    for names in RELEASES.values():
        try:
            return tuple(importlib.import_module(name) for name in names)
        except ModuleNotFoundError:
            continue
    raise SystemExit("no release that this program knows")


def main() -> None:
    model, sandboxes, structure = modules()
    sandbox = sandboxes.PdfSandbox(model.SandboxLimits(pages_per_child=100_000), processes=1)
    try:
        for line in sys.stdin:
            task = json.loads(line)
            options = model.ReadOptions(images=task["images"], ocr=False)
            print(read(sandbox, structure, Path(task["path"]), options, task["pages"]), flush=True)
    finally:
        sandbox.close()


def read(sandbox: Any, structure: ModuleType, path: Path, options: Any, pages: int | None = None) -> int:
    """Reads a document, or its first pages, as the worker does, up to its section tree; returns their number."""
    facts = sandbox.open(path)
    if pages is not None:
        facts = dataclasses.replace(facts, page_count=min(pages, facts.page_count))
    analyser = structure.StructureAnalyser(facts)
    with tempfile.TemporaryDirectory() as working_folder:
        for page in sandbox.read(path, facts, options, Path(working_folder), lambda: None):
            analyser.add(page)
            if page.image:
                page.image.path.unlink()
    analyser.finish()
    return int(facts.page_count)


if __name__ == "__main__":
    main()
