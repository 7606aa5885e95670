"""The headings that a peer finds in PDFs. Runs in the peer's own environment, with nothing of this project.

    PEER_PYTHON benchmarks/heading_peers.py PEER MAX_PAGES FILE…

Prints a line of JSON for each file: {"headings": [{level, title, page}], "seconds": …, "pages": …}. Only the first
pages are read, as some peers take a second for each; importing the peer isn't counted.
"""

import importlib
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

#: What the scorer takes: {"level": 1, "title": "…", "page": 1}, page counted from 1.
Headings = list[dict[str, Any]]


def main(arguments: Sequence[str]) -> None:
    peer, max_pages, paths = arguments[0], int(arguments[1]), arguments[2:]
    importlib.import_module(peer.replace("-", "_"))
    for path in paths:
        begin = time.perf_counter()
        headings, pages = PEERS[peer](Path(path), max_pages)
        seconds = time.perf_counter() - begin
        print(json.dumps({"headings": headings, "seconds": seconds, "pages": pages}), flush=True)


def _page_count(path: Path, max_pages: int) -> int:
    with importlib.import_module("pymupdf").open(path) as document:
        return min(max_pages, int(document.page_count))


def _read_with_pymupdf4llm(path: Path, max_pages: int) -> tuple[Headings, int]:
    pymupdf4llm = importlib.import_module("pymupdf4llm")
    pages = list(range(_page_count(path, max_pages)))
    chunks = pymupdf4llm.to_markdown(str(path), page_chunks=True, pages=pages)
    headings = []
    for number, chunk in enumerate(chunks, start=1):
        for match in re.finditer(r"^(#{1,6})\s+(.+)$", chunk["text"], re.MULTILINE):
            title = re.sub(r"[*_`]+|<[^>]+>", "", match[2]).strip()
            headings.append({"level": len(match[1]), "title": title, "page": number})
    return headings, len(chunks)


def _read_with_opendataloader(path: Path, max_pages: int) -> tuple[Headings, int]:
    opendataloader_pdf = importlib.import_module("opendataloader_pdf")
    pages = _page_count(path, max_pages)
    with tempfile.TemporaryDirectory() as folder:
        opendataloader_pdf.convert(
            input_path=str(path), output_dir=folder, format="json", quiet=True, pages=f"1-{pages}"
        )
        found = json.loads(next(Path(folder).glob("*.json")).read_text(encoding="utf-8"))
    return list(_headings_in(found)), pages


def _headings_in(node: Any) -> Iterator[dict[str, Any]]:
    """opendataloader's headings, wherever they are nested."""
    if isinstance(node, list):
        for child in node:
            yield from _headings_in(child)
    elif isinstance(node, dict):
        if node.get("type") == "heading":
            level = node.get("heading level")
            level = level if isinstance(level, int) else 1
            yield {"level": level, "title": node.get("content", ""), "page": node["page number"]}
        for child in node.values():
            yield from _headings_in(child)


#: Name on PyPI → what reads a document with it.
PEERS: Mapping[str, Callable[[Path, int], tuple[Headings, int]]] = {
    "opendataloader-pdf": _read_with_opendataloader,
    "pymupdf4llm": _read_with_pymupdf4llm,
}


if __name__ == "__main__":
    main(sys.argv[1:])
