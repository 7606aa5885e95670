"""How well and how fast headings are found in documents whose outline was removed, and in reports that have none.

    python -m benchmarks.structure [--truth ../shared/quality] [--max-pages 80] [--peers .local/peers] [--per-document]

Outlines, means over documents: precision, recall and F1 (same page, title similarity of at least 90); the share of
found headings with the right parent, the share of pages whose heading path is right at depth 1 and at depths 1 and 2.
Annual reports (form 10-K): the share of items that are headings on their page, of those below their part, items that
head twice, and headings a page. Both: seconds a page, from the file on disk to the headings. Starting child processes
and importing the peers is not counted. Peers read the first pages of the first reports only, as some take a second for
each.
Writes `benchmarks/results/structure.json`, with peers `structure_peers.json`.

The truth folder (or the environment's QUALITY_DIR) brings `heading_eval.py`, `structure/*.pdf` with `*.json`,
`filings/items.json` and the reports in `questions/pdfs`. `make bench-structure` makes the peers' environments; one of
them needs Java 11.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.heading_peers import PEERS, Headings
from benchmarks.machine import REPOSITORY, SHARED, keep, machine
from benchmarks.report_items import score_report
from document_structure import Section, StructureAnalyser
from pdf_reader.document import ReadOptions, SandboxLimits
from pdf_reader.sandbox import PdfSandbox

OURS = "this project"
#: The scorer's names for what is reported.
MEASURES = {"p": "precision", "r": "recall", "f1": "F1", "level": "parent", "d1": "depth 1", "d2": "depth 1+2"}
#: Of reports; `twice` counts items.
REPORT_MEASURES = {"found": "items", "below": "in part", "twice": "twice", "headings": "a page"}
#: Read by peers, which read so many first pages.
PEER_REPORTS = 3


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
    parser.add_argument("--peers", type=Path, help="folder of the peers' environments")
    parser.add_argument("--per-document", action="store_true", help="print each document, not the means only")
    options = parser.parse_args(arguments)
    truths = load_truths(options.truth / "structure", options.min_density)
    if not truths:
        parser.error(f"no truth in {options.truth / 'structure'}")
    scorer = load_scorer(options.truth)
    reports = load_reports(options.truth)
    peers = peer_pythons(options.peers) if options.peers else {}

    scores = [*_outlines(truths, scorer, options.max_pages, peers, per_document=options.per_document)]
    scores += _reports(reports, options.max_pages, peers, per_document=options.per_document)
    results = {"machine": machine(), "max_pages": options.max_pages, "scores": [*map(asdict, scores)]}
    keep("structure_peers" if peers else "structure", results)


def _outlines(
    truths: Mapping[Path, Mapping[str, Any]],
    scorer: ModuleType,
    max_pages: int,
    peers: Mapping[str, Path],
    *,
    per_document: bool,
) -> Iterator["Score"]:
    print_head(MEASURES)
    for tool in (OURS, *peers):
        results = []
        for (path, truth), (headings, seconds, pages) in _read(tool, truths, max_pages, peers):
            measured = scorer.evaluate(truth, headings, max_pages)
            results.append(Score(tool, path.stem, {key: round(measured[key], 4) for key in MEASURES}, seconds / pages))
        yield from _with_mean(tool, results, per_document=per_document)


def _reports(
    reports: Mapping[Path, Sequence[Mapping[str, Any]]],
    max_pages: int,
    peers: Mapping[str, Path],
    *,
    per_document: bool,
) -> Iterator["Score"]:
    print_head(REPORT_MEASURES)
    all_pages = 10_000
    rows = [(OURS, reports, all_pages)]
    if peers:
        few = dict([*reports.items()][:PEER_REPORTS])
        rows += [(tool, few, max_pages) for tool in (OURS, *peers)]
    for tool, chosen, limit in rows:
        results = []
        for (path, items), (headings, seconds, pages) in _read(tool, chosen, limit, peers):
            counted = [item for item in items if item["page"] <= limit]
            read = [heading for heading in headings if heading["page"] <= limit]
            score = score_report(counted, [Section(h["level"], h["title"], h["page"], 0) for h in read])
            measures = {
                "found": score.found / score.items,
                "below": score.below_part / score.items,
                "twice": float(len(score.twice)),
                "headings": len(read) / min(pages, limit),
            }
            results.append(Score(tool, path.stem, measures, seconds / pages))
        yield from _with_mean(tool, results, per_document=per_document)


def _read(
    tool: str, truths: Mapping[Path, Any], max_pages: int, peers: Mapping[str, Path]
) -> Iterator[tuple[tuple[Path, Any], tuple[Headings, float, int]]]:
    """Each document with what the tool finds in it; nothing of a tool that fails."""
    paths = list(truths)
    read = read_with_sandbox(paths) if tool == OURS else read_with_peer(tool, peers[tool], paths, max_pages)
    try:
        yield from zip(truths.items(), read, strict=True)
    except (ValueError, subprocess.SubprocessError) as error:
        if tool == OURS:
            raise
        print(f"{tool:18} failed: {error!r}", flush=True)


def _with_mean(tool: str, results: Sequence["Score"], *, per_document: bool) -> Iterator["Score"]:
    if per_document:
        for score in results:
            print_score(score)
    if results:
        mean = mean_of(tool, results)
        print_score(mean)
        yield from (*results, mean)


def load_reports(folder: Path) -> dict[Path, Sequence[Mapping[str, Any]]]:
    """PDF → the items of the report, for reports that are there."""
    truth = json.loads((folder / "filings" / "items.json").read_text("utf-8"))
    reports = {folder / "questions" / "pdfs" / name: items for name, items in truth.items()}
    return {path: items for path, items in reports.items() if path.is_file()}


def peer_pythons(folder: Path) -> dict[str, Path]:
    """Peer → the interpreter of its environment, for those that were made."""
    pythons = {peer: folder / peer.removesuffix("-pdf") / "bin" / "python" for peer in PEERS}
    return {peer: python.absolute() for peer, python in pythons.items() if python.exists()}


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


def mean_of(tool: str, scores: Sequence[Score]) -> Score:
    keys = scores[0].measures
    measures = {key: round(statistics.mean(score.measures[key] for score in scores), 4) for key in keys}
    seconds = statistics.mean(score.seconds_a_page for score in scores)
    return Score(tool, f"mean of {len(scores)}", measures, round(seconds, 4))


def print_head(names: Mapping[str, str]) -> None:
    print(f"{'tool':18} {'document':32}" + "".join(f" {name:>9}" for name in names.values()) + "  s/page")


def print_score(score: Score) -> None:
    values = "".join(f" {value:9.3f}" for value in score.measures.values())
    print(f"{score.tool:18} {score.document:32}{values}  {score.seconds_a_page:.4f}", flush=True)


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
    options = ReadOptions(images=False, ocr=False)
    facts = sandbox.open(path)
    analyser = StructureAnalyser(facts, ignore_outline=True)
    with tempfile.TemporaryDirectory() as working_folder:
        for page in sandbox.read(path, facts, options, Path(working_folder), lambda: None):
            analyser.add(page)
    sections = analyser.finish().sections
    return [{"level": s.level, "title": s.title, "page": s.page} for s in sections], facts.page_count


def read_with_peer(
    peer: str, python: Path, paths: Sequence[Path], max_pages: int
) -> Iterator[tuple[Headings, float, int]]:
    """The same of the first pages by a peer, in its own environment."""
    command = [str(python), str(REPOSITORY / "benchmarks" / "heading_peers.py"), peer, str(max_pages)]
    with subprocess.Popen([*command, *map(str, paths)], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if line.startswith("{"):  # peers print what they like
                found = json.loads(line)
                yield found["headings"], found["seconds"], found["pages"]


if __name__ == "__main__":
    main()
