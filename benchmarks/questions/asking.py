"""What every peer is asked, and how it answers. Standard library only, for every environment."""

import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from benchmarks.peers.task import CHUNK_OVERLAP_TOKENS, CHUNK_TOKENS, tidy

__all__ = ["CANDIDATES", "CHUNK_OVERLAP_TOKENS", "CHUNK_TOKENS", "Chunk", "Rankings", "Task", "main", "tidy"]

#: Passages that each of the two searches gives to the fusion, as many as ours takes.
CANDIDATES = 100
#: The name of a model that the libraries know: the server behind the address has one model, whatever it is called.
MODEL = "text-embedding-3-small"
KEY = "benchmark"
BATCH_TEXTS = 128


@dataclass(frozen=True, slots=True)
class Chunk:
    """`page` counts from 1."""

    text: str
    page: int


@dataclass(frozen=True, slots=True)
class Task:
    """Rank the pages of each question's own document. `questions` are pairs of document and question, in the order of
    the documents; `folder` keeps what was cut out of the PDFs, for the next run."""

    pdfs: str
    base_url: str
    folder: str
    questions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rankings:
    """Pages of each question's document, best first, in the order of the questions."""

    pages: list[list[int]]
    chunks: int
    milliseconds: float


#: Passages of a question, best first, by the page that each begins on.
Search = Callable[[str], Sequence[int]]


def rank(task: Task, cut: Callable[[Path], list[Chunk]], index: Callable[[list[Chunk]], Search]) -> Rankings:
    """Cut each document once, index it by itself, ask its questions."""
    found: list[list[int]] = []
    counted, seconds = 0, 0.0
    for document, questions in groupby(task.questions, key=lambda pair: pair[0]):
        chunks = _kept(Path(task.folder) / f"{document}.json", lambda name=document: cut(Path(task.pdfs) / name))
        counted += len(chunks)
        search = index(chunks)
        for _, question in questions:
            started = time.perf_counter()
            pages = search(question)
            seconds += time.perf_counter() - started
            found.append(list(dict.fromkeys(pages)))
        sys.stderr.write(f"{document}: {len(chunks)} chunks\n")
    return Rankings(found, counted, round(seconds / len(found) * 1_000, 1))


def main(run: Callable[[Task], Rankings], *distributions: str) -> None:
    """Do the task in the file that the first argument names, and write the rankings to the second."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    questions = tuple((document, question) for document, question in given.pop("questions"))
    rankings = run(Task(questions=questions, **given))
    versions = {name: version(name) for name in distributions}
    Path(sys.argv[2]).write_text(json.dumps(asdict(rankings) | {"versions": versions}), encoding="utf-8")


def _kept(path: Path, make: Callable[[], list[Chunk]]) -> list[Chunk]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_suffix(".part")
        made.write_text(json.dumps([asdict(chunk) for chunk in make()]), encoding="utf-8")
        made.rename(path)
    return [Chunk(**chunk) for chunk in json.loads(path.read_text(encoding="utf-8"))]
