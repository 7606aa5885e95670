"""What PyMuPDF's own calls cost for what reading gives of a page: text dictionary, links, rendering and JPEG.

    python -m benchmarks.raw_calls FILE

Prints CPU milliseconds a page of each, as JSON. A program of its own, as only child processes import PyMuPDF.
No tables: PyMuPDF's `find_tables` alone costs more than all of these.
"""

import argparse
import io
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from pdf_reader.child.mupdf import pymupdf

#: As `ReadOptions` has them.
DPI = 150
JPEG_QUALITY = 80


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure PyMuPDF's own calls.")
    parser.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    document = pymupdf.open(options.file)
    seconds: defaultdict[str, float] = defaultdict(float)
    for page in document:
        for name, call in CALLS.items():
            begun = time.process_time()
            call(page)
            seconds[name] += time.process_time() - begun
    json.dump({name: round(1e3 * spent / document.page_count, 2) for name, spent in seconds.items()}, sys.stdout)


def _jpeg(pixmap: Any) -> bytes:
    """By Pillow: MuPDF's own encoder takes seven times as long."""
    encoded = io.BytesIO()
    Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples).save(encoded, "JPEG", quality=JPEG_QUALITY)
    return encoded.getvalue()


#: What is measured, by its name.
CALLS: dict[str, Callable[[Any], object]] = {
    "text dictionary": lambda page: page.get_text("dict", flags=pymupdf.TEXTFLAGS_TEXT),
    "links": lambda page: page.get_links(),
    "render and JPEG": lambda page: _jpeg(page.get_pixmap(dpi=DPI)),
}


if __name__ == "__main__":
    main()
