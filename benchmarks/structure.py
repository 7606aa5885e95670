"""How well and how fast headings are found in documents whose outline was removed.

    python -m benchmarks.structure [--truth ../shared/quality] [--max-pages 80] [--peers] [--per-document]

Prints means over documents: precision, recall and F1 (same page, title similarity of at least 90), the share of found
headings with the right parent, the share of pages whose heading path is right at depth 1 and at depths 1 and 2, and
seconds a page, from the file on disk to the headings. Starting the child processes and importing the peers is not
counted. Peers read only the pages that count, as some take a second for each.
Writes `benchmarks/results/structure.json`, with peers `structure_peers.json`.

The truth folder (or the environment's QUALITY_DIR) brings `heading_eval.py` and `structure/*.pdf` with `*.json`.
Peers run when they can be imported: `pip install pymupdf4llm opendataloader-pdf` (the latter needs Java 11).
"""

import argparse
import importlib
import importlib.util
import json
import multiprocessing
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.machine import SHARED, keep, machine
from document_structure import StructureAnalyser
from pdf_reader.document import ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

OURS = "this project"
#: The scorer's names for what is reported.
MEASURES = {"p": "precision", "r": "recall", "f1": "F1", "level": "parent", "d1": "depth 1", "d2": "depth 1+2"}

#: What the scorer takes: {"level": 1, "title": "…", "page": 1}, page counted from 1.
Headings = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Score:
    """One document or the mean of all, by one tool; measures between 0 and 1."""

    tool: str
    document: str
    measures: Mapping[str, float]
    seconds_a_page: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Score the headings that are found without an outline.")
    default = os.environ.get("QUALITY_DIR") or SHARED / "quality"
    parser.add_argument("--truth", type=Path, default=Path(default))
    parser.add_argument("--max-pages", type=int, default=80, help="only so many first pages count (default 80)")
    parser.add_argument("--min-density", type=float, default=0.6, help="truths with fewer entries a page are left out")
    parser.add_argument(
        "--peers", action="store_true", help="also run pymupdf4llm and opendataloader-pdf, if installed"
    )
    parser.add_argument("--per-document", action="store_true", help="print each document, not the means only")
    options = parser.parse_args(arguments)
    truths = load_truths(options.truth / "structure", options.min_density)
    if not truths:
        parser.error(f"no truth in {options.truth / 'structure'}")
    scorer = load_scorer(options.truth)

    print(f"{'tool':18} {'document':14}" + "".join(f" {name:>9}" for name in MEASURES.values()) + "  s/page")
    scores: list[Score] = []
    for tool in tools(peers=options.peers):
        try:
            results = list(score_tool(tool, truths, scorer, options.max_pages))
        except Exception as error:
            if tool == OURS:
                raise
            print(f"{tool:18} failed: {error!r}", flush=True)
            continue
        if options.per_document:
            for score in results:
                print_score(score)
        mean = mean_of(tool, results)
        print_score(mean)
        scores += [*results, mean]
    results = {"machine": machine(), "max_pages": options.max_pages, "scores": [*map(asdict, scores)]}
    keep("structure_peers" if options.peers else "structure", results)


def load_truths(folder: Path, min_density: float) -> dict[Path, Mapping[str, Any]]:
    """PDF → its truth, for truths with enough entries a page."""
    truths = {path.with_suffix(".pdf"): json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
    return {path: truth for path, truth in truths.items() if truth["density"] >= min_density}


def load_scorer(folder: Path) -> ModuleType:
    """`heading_eval` of the quality folder, which imports a neighbour of its own."""
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("heading_eval")
    finally:
        sys.path.remove(str(folder))


def tools(*, peers: bool) -> list[str]:
    """What can run here."""
    return [OURS, *(peer for peer in PEERS if peers and importlib.util.find_spec(peer.replace("-", "_")))]


def score_tool(
    tool: str, truths: Mapping[Path, Mapping[str, Any]], scorer: ModuleType, max_pages: int
) -> Iterator[Score]:
    """Each document, scored."""
    read = read_with_sandbox if tool == OURS else lambda paths: read_with_peer(tool, paths, max_pages)
    for (path, truth), (headings, seconds, pages) in zip(truths.items(), read(list(truths)), strict=True):
        measured = scorer.evaluate(truth, headings, max_pages)
        yield Score(tool, path.stem, {key: round(measured[key], 4) for key in MEASURES}, round(seconds / pages, 4))


def mean_of(tool: str, scores: Sequence[Score]) -> Score:
    measures = {key: round(statistics.mean(score.measures[key] for score in scores), 4) for key in MEASURES}
    return Score(tool, "mean", measures, round(statistics.mean(score.seconds_a_page for score in scores), 4))


def print_score(score: Score) -> None:
    values = "".join(f" {value:9.3f}" for value in score.measures.values())
    print(f"{score.tool:18} {score.document:14}{values}  {score.seconds_a_page:.4f}", flush=True)


def read_with_sandbox(paths: Sequence[Path]) -> Iterator[tuple[Headings, float, int]]:
    """Headings, seconds and pages of each document, by one child process, which has read one document before."""
    sandbox = PdfSandbox(SandboxLimits(), processes=1)
    try:
        _read_with_ours(sandbox, paths[0])
        for path in paths:
            begin = time.perf_counter()
            headings, pages = _read_with_ours(sandbox, path)
            yield headings, time.perf_counter() - begin, pages
    finally:
        sandbox.close()


def _read_with_ours(sandbox: PdfSandbox, path: Path) -> tuple[Headings, int]:
    options = ReadOptions(links=False, images=False, ocr=False)
    facts = sandbox.open(path)
    analyser = StructureAnalyser(facts, ignore_outline=True)
    with tempfile.TemporaryDirectory() as scratch:
        for page in sandbox.read(path, facts, options, Path(scratch), lambda: None):
            analyser.add(page)
    sections = analyser.finish().sections
    return [{"level": s.level, "title": s.title, "page": s.page} for s in sections], facts.page_count


def read_with_peer(peer: str, paths: Sequence[Path], max_pages: int) -> Iterator[tuple[Headings, float, int]]:
    """The same of the first pages by a peer, in a child process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as child:
        child.submit(_import, peer).result()
        for path in paths:
            begin = time.perf_counter()
            headings, pages = child.submit(PEERS[peer], path, max_pages).result()
            yield headings, time.perf_counter() - begin, pages


def _import(peer: str) -> None:
    importlib.import_module(peer.replace("-", "_"))


def _read_with_pymupdf4llm(path: Path, max_pages: int) -> tuple[Headings, int]:
    pymupdf4llm = importlib.import_module("pymupdf4llm")
    with importlib.import_module("pymupdf").open(path) as document:
        pages = list(range(min(max_pages, document.page_count)))
    chunks = pymupdf4llm.to_markdown(str(path), page_chunks=True, pages=pages)
    headings = []
    for number, chunk in enumerate(chunks, start=1):
        for match in re.finditer(r"^(#{1,6})\s+(.+)$", chunk["text"], re.MULTILINE):
            title = re.sub(r"[*_`]+|<[^>]+>", "", match[2]).strip()
            headings.append({"level": len(match[1]), "title": title, "page": number})
    return headings, len(chunks)


def _read_with_opendataloader(path: Path, max_pages: int) -> tuple[Headings, int]:
    opendataloader_pdf = importlib.import_module("opendataloader_pdf")
    with importlib.import_module("pymupdf").open(path) as document:
        pages = min(max_pages, document.page_count)
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
            yield {
                "level": level if isinstance(level, int) else 1,
                "title": node.get("content", ""),
                "page": node["page number"],
            }
        for child in node.values():
            yield from _headings_in(child)


#: Name on PyPI → what reads a document with it.
PEERS: Mapping[str, Callable[[Path, int], tuple[Headings, int]]] = {
    "opendataloader-pdf": _read_with_opendataloader,
    "pymupdf4llm": _read_with_pymupdf4llm,
}


if __name__ == "__main__":
    main()
