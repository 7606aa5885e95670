"""Cuts benchmark documents out of real ones: a process of its own, since MuPDF is nothing to have in one's own.

    python -m benchmarks.pdfs < plan.json

A plan is a list of `{"source", "first_page", "pages", "stamp", "to"}`. Pages are taken in order, from the first again
after the last; a stamp makes every page's text its own, so that no answer or vector is shared by accident.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.machine import REPOSITORY


@dataclass(frozen=True, slots=True)
class Cut:
    """One document to make. `first_page` is 1-based; `stamp` is printed small in the lower left corner."""

    source: str
    first_page: int
    pages: int
    stamp: str
    to: str


def make(cuts: Sequence[Cut]) -> None:
    """Returns when all are there."""
    plan = json.dumps([asdict(cut) for cut in cuts])
    subprocess.run([sys.executable, "-m", "benchmarks.pdfs"], input=plan, text=True, check=True, cwd=REPOSITORY)


def main() -> None:
    import pymupdf

    for plan in json.load(sys.stdin):
        cut = Cut(**plan)
        with pymupdf.open(cut.source) as source, pymupdf.open() as made:
            first, left = cut.first_page - 1, cut.pages
            while left:
                last = min(first + left, source.page_count) - 1
                made.insert_pdf(source, from_page=first, to_page=last)
                left -= last - first + 1
                first = 0
            for number, page in enumerate(made, start=1):
                page.insert_text((20, page.rect.height - 8), f"{cut.stamp}, sheet {number}", fontsize=5)
            made.save(Path(cut.to), garbage=3, deflate=True)


if __name__ == "__main__":
    main()
