"""What tags cost: CPU a page of tagged documents, read with their tags and without.

    python -m benchmarks.tagged_reading FILE…

Prints CPU milliseconds a page of worker and child together (text, structure, links and tables), with tags on and off in
turns, the smallest of three rounds each. Files that have no tags are named as such. Needs Linux (`/proc`).
"""

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import Tree
from document_structure import StructureAnalyser
from pdf_reader.document import ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

ROUNDS = 3


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure what reading tags costs.")
    parser.add_argument("files", type=Path, nargs="+")
    files = parser.parse_args(arguments).files
    sandbox = PdfSandbox(SandboxLimits(pages_per_child=100_000), processes=1)
    tree = Tree(os.getpid())
    try:
        for path in files:
            measured: dict[bool, list[float]] = {True: [], False: []}
            origins: Counter[str] = Counter()
            for _ in range(ROUNDS):
                for tags in (False, True):
                    begun = tree.cpu_seconds()
                    found, pages = read(sandbox, path, tags=tags)
                    measured[tags].append(1e3 * (tree.cpu_seconds() - begun) / pages)
                    origins = found if tags else origins
            off, on = min(measured[False]), min(measured[True])
            if not origins["tags"]:
                print(f"{path.name:45} no tags that are used")
                continue
            share = origins["tags"] / origins.total()
            print(
                f"{path.name:45} {off:6.2f} without, {on:6.2f} with; {share:.0%} of the blocks are tagged", flush=True
            )
    finally:
        sandbox.close()


def read(sandbox: PdfSandbox, path: Path, *, tags: bool) -> tuple[Counter[str], int]:
    """Where the document's blocks come from, and its number of pages."""
    facts = sandbox.open(path)
    analyser = StructureAnalyser(facts)
    origins: Counter[str] = Counter()
    options = ReadOptions(images=False, ocr=False, tags=tags)
    with tempfile.TemporaryDirectory() as working_folder:
        for page in sandbox.read(path, facts, options, Path(working_folder), lambda: None):
            analyser.add(page)
            origins.update(block.provenance.value for block in page.blocks)
    analyser.finish()
    return origins, facts.page_count


if __name__ == "__main__":
    main()
