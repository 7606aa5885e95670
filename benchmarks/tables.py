"""How well and how fast tables are found, on the documents of the ICDAR 2013 table competition.

    python -m benchmarks.tables [--truth ../shared/quality/tables] [--corpus ../shared/corpus] [--peers]

Prints F1 of cell texts and of adjacency relations (means over documents) and of detected tables (over all), and
milliseconds a page on pages that have tables and on pages of prose. Times are those of finding tables, beside the one
text extraction that every page needs anyway; peers bring their own. Writes `benchmarks/results/tables.json`,
with peers `tables_peers.json`. The scorer comes with the truth: `table_eval.py` in the folder above it.
"""

import argparse
import importlib
import importlib.util
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.machine import SHARED, keep, machine

#: Pages without tables in the corpus, by file: two-column rules, a paper with its references, a handbook's lists.
PROSE_PAGES = {
    "srd-5.1-cc-by.pdf": (*range(117, 132), *range(133, 174)),
    "bmc-two-column-paper.pdf": range(1, 5),
    "va-coding-handbook.pdf": range(38, 50),
}

#: The rows of each table on a page.
PageTables = list[list[list[str]]]


@dataclass(frozen=True, slots=True)
class PageResult:
    """What a tool found on one page, and how long it took."""

    page: int
    tables: PageTables
    seconds: float


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the report; F1 between 0 and 1."""

    tool: str
    cell_f1: float
    adjacency_f1: float
    detection_f1: float
    milliseconds_a_table_page: float
    milliseconds_a_prose_page: float | None


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Score the table finder.")
    parser.add_argument("--truth", type=Path, default=SHARED / "quality" / "tables")
    parser.add_argument("--corpus", type=Path, default=SHARED / "corpus")
    parser.add_argument(
        "--peers", action="store_true", help="also run PyMuPDF's own finders, and camelot when installed"
    )
    options = parser.parse_args(arguments)
    if not options.truth.is_dir():
        parser.error(f"no such folder: {options.truth}")
    scorer = load_scorer(options.truth.parent)
    tools = ["this project"]
    if options.peers:
        tools += ["pymupdf lines", "pymupdf layout"]
        tools += ["camelot stream"] if importlib.util.find_spec("camelot") else []
    scores = []
    print(f"{'tool':16} {'cell':>6} {'adj':>6} {'det':>6} {'ms/table page':>14} {'ms/prose page':>14}")
    for tool in tools:
        score = run_tool(tool, options.truth, options.corpus / "good", scorer)
        scores.append(score)
        prose = "-" if score.milliseconds_a_prose_page is None else f"{score.milliseconds_a_prose_page:.2f}"
        print(
            f"{tool:16} {score.cell_f1:6.3f} {score.adjacency_f1:6.3f} {score.detection_f1:6.3f}"
            f" {score.milliseconds_a_table_page:14.1f} {prose:>14}",
            flush=True,
        )
    keep("tables_peers" if options.peers else "tables", {"machine": machine(), "scores": [*map(asdict, scores)]})


def load_scorer(folder: Path) -> ModuleType:
    """`table_eval` of the quality folder, which imports a neighbour of its own."""
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("table_eval")
    finally:
        sys.path.remove(str(folder))


def run_tool(tool: str, truth_folder: Path, corpus: Path, scorer: ModuleType) -> Score:
    """Every document in a child process of the tool's own: PDFs are not opened in this one."""
    evaluated: list[dict[str, tuple[int, int, int]]] = []
    table_seconds: list[float] = []
    prose_seconds: list[float] = []
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as child:
        for truth_file in sorted(truth_folder.glob("*.json")):
            truth = json.loads(truth_file.read_text(encoding="utf-8"))["tables"]
            pages = child.submit(read_document, tool, truth_file.with_suffix(".pdf"), None).result()
            found = [{"page": page.page, "rows": rows} for page in pages for rows in page.tables]
            evaluated.append(scorer.evaluate(truth, found))
            with_tables = {table["page"] for table in truth}
            table_seconds += [page.seconds for page in pages if page.page in with_tables]
        for name, numbers in PROSE_PAGES.items():
            if (corpus / name).exists():
                pages = child.submit(read_document, tool, corpus / name, tuple(numbers)).result()
                prose_seconds += [page.seconds for page in pages]

    def mean_f1(kind: str) -> float:
        return float(statistics.mean(scorer.prf(*counts[kind])[2] for counts in evaluated))

    detected = [sum(counts["det"][i] for counts in evaluated) for i in range(3)]
    return Score(
        tool,
        round(mean_f1("cell"), 4),
        round(mean_f1("adj"), 4),
        round(scorer.prf(*detected)[2], 4),
        round(1000 * statistics.mean(table_seconds), 2),
        round(1000 * statistics.mean(prose_seconds), 2) if prose_seconds else None,
    )


def read_document(tool: str, path: Path, pages: Sequence[int] | None) -> list[PageResult]:
    """Run one tool over a document (all pages, or those given, 1-based). Runs in the child process."""
    if tool == "camelot stream":
        return list(_read_with_camelot(path, pages))
    pymupdf = importlib.import_module("pymupdf")

    find: Callable[[Any], tuple[PageTables, float]] = {
        "this project": _find_ours,
        "pymupdf lines": lambda page: _find_pymupdf(page, use_layout=False),
        "pymupdf layout": lambda page: _find_pymupdf(page, use_layout=True),
    }[tool]
    with pymupdf.open(path) as document:
        numbers = pages or range(1, len(document) + 1)
        return [PageResult(number, *find(document[number - 1])) for number in numbers]


def _find_ours(page: Any) -> tuple[PageTables, float]:
    from pdf_reader.child.cleaning import clean_line
    from pdf_reader.tables import Segment, find_tables

    textpage = page.get_textpage()
    segments = [
        Segment(x0, y0, x1, y1, clean_line("".join(span["text"] for span in line["spans"])))
        for block in textpage.extractDICT()["blocks"]
        for line in block.get("lines", ())
        for x0, y0, x1, y1 in (line["bbox"],)
        if line["dir"] == (1.0, 0.0)
    ]
    begin = time.perf_counter()
    tables = find_tables(page, textpage, segments)
    return [[list(row) for row in table.rows] for table in tables], time.perf_counter() - begin


def _find_pymupdf(page: Any, *, use_layout: bool) -> tuple[PageTables, float]:
    begin = time.perf_counter()
    tables = [
        [[cell or "" for cell in row] for row in table.extract()] for table in page.find_tables(use_layout=use_layout)
    ]
    return tables, time.perf_counter() - begin


def _read_with_camelot(path: Path, pages: Sequence[int] | None) -> Iterator[PageResult]:
    camelot = importlib.import_module("camelot")
    pymupdf = importlib.import_module("pymupdf")

    with pymupdf.open(path) as document:
        numbers = pages or range(1, len(document) + 1)
    for number in numbers:
        begin = time.perf_counter()
        tables = camelot.read_pdf(str(path), pages=str(number), flavor="stream", suppress_stdout=True)
        yield PageResult(number, [table.df.to_numpy().tolist() for table in tables], time.perf_counter() - begin)


if __name__ == "__main__":
    main()
