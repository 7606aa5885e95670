"""Asks people's questions of their annual reports and compares: `python -m benchmarks.questions`.

Wants the environments that `make bench-questions` makes, and FinanceBench's questions with their reports in
QUESTIONS/questions.jsonl and QUESTIONS/pdfs. Every search ranks the pages of a question's own document; a passage
stands for the page that it begins on. Prints a table; a whole run is written to `benchmarks/results/questions.json`,
without the questions, whose licence forbids it. Vectors and the peers' chunks are kept in `.local/questions`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from answers.evaluation import Answered, Interval, Question, compare, parse_questions, report
from benchmarks.machine import REPOSITORY, SHARED, machine, markdown, use_shared_vocabularies
from benchmarks.machine import report as print_report
from benchmarks.peers.__main__ import QUIET
from benchmarks.peers.systems import ENVIRONMENTS
from benchmarks.questions.textbook import PageBm25
from benchmarks.questions.this_project import Reports, read_reports

KEPT = REPOSITORY / ".local" / "questions"
#: The model's name in the table, the server's argument, the environment that the server runs in.
MODELS = {"WordLlama": ("static", None), "all-MiniLM-L6-v2": ("minilm", "minilm")}
PEERS = {"LangChain": "langchain", "LlamaIndex": "llamaindex", "Haystack": "haystack"}
OURS, TEXTBOOK = "this project", "textbook BM25, pages"
MEASURES = ("hit@1", "hit@5", "hit@10", "mrr", "ndcg@10")

Pages = list[list[int]]


def main() -> None:
    arguments = _parse_arguments()
    use_shared_vocabularies(os.environ)
    before = machine()
    pdfs = arguments.questions / "pdfs"
    lines = (arguments.questions / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = sorted(parse_questions(lines), key=lambda question: question.document)
    wanted = sorted({question.document for question in questions} & set(arguments.document or os.listdir(pdfs)))
    questions = [question for question in questions if question.document in wanted]
    reports = read_reports(pdfs, wanted)
    rows: dict[str, dict[str, Any]] = {}
    rows[TEXTBOOK] = _row(questions, _textbook(reports, questions))
    for model in arguments.model or MODELS:
        with dense_server(model) as base_url:
            ours, milliseconds, chunks = reports.ask(base_url, model, questions)
            rows[f"{OURS}, {model}"] = _row(questions, ours, milliseconds, chunks=chunks)
            _say(rows)
            for peer in PEERS:
                if arguments.peers is None or peer in arguments.peers:
                    answer = ask_peer(peer, pdfs, base_url, questions)
                    rows[f"{peer}, {model}"] = _row(
                        questions, answer.pop("pages"), answer.pop("milliseconds"), **answer
                    )
                    _say(rows)
    is_whole = not arguments.document and not arguments.model and arguments.peers is None
    results = {
        "questions": len(questions),
        "documents": len(wanted),
        "rows": {n: _kept(row) for n, row in rows.items()},
    }
    print_report("questions", tables(rows), before, results | {"differences": differences(rows)}, is_whole=is_whole)


def ask_peer(peer: str, pdfs: Path, base_url: str, questions: Sequence[Question]) -> dict[str, Any]:
    """What the peer's own process answers: `benchmarks.questions.asking.Rankings` with versions."""
    module = PEERS[peer]
    task = {
        "pdfs": str(pdfs.resolve()),
        "base_url": base_url,
        "folder": str(KEPT / module),
        "questions": [(question.document, question.question) for question in questions],
    }
    with tempfile.TemporaryDirectory() as working_folder:
        asked, answered = Path(working_folder) / "task.json", Path(working_folder) / "answer.json"
        asked.write_text(json.dumps(task), encoding="utf-8")
        command = [_python(module), "-m", f"benchmarks.questions.{module}_search", str(asked), str(answered)]
        subprocess.run(command, env=_environment(), check=True, cwd=working_folder)
        answer: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
        return answer


@contextmanager
def dense_server(model: str) -> Iterator[str]:
    """The address of a server with this model, for as long as the block runs."""
    name, environment = MODELS[model]
    command = [_python(environment), "-m", "benchmarks.questions.embedding_server", name, str(KEPT / f"{name}.sqlite")]
    process = subprocess.Popen(command, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()


def tables(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What is printed: the measures of every search, and how ours differs, question by question."""
    shown = [
        [name, *(f"{row[measure]:.3f}" for measure in MEASURES), row["chunks"] or "", row["milliseconds"] or ""]
        for name, row in rows.items()
    ]
    compared = [
        [words, *(f"{low:+.3f} {mean:+.3f} {high:+.3f}" for mean, low, high in measures.values())]
        for words, measures in differences(rows).items()
    ]
    columns = [name if name != "mrr" else "MRR" for name in MEASURES]
    return [
        markdown(["", *columns, "chunks", "ms a question"], shown),
        markdown(["difference: 95 % from, mean, to", *columns], compared),
    ]


def differences(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, list[float]]]:
    """By a paired bootstrap over questions: every hybrid search less textbook BM25, ours less the best peer by MRR."""
    found = {name: _difference(row, rows[TEXTBOOK]) for name, row in rows.items() if name != TEXTBOOK}
    made = {f"{name}, less textbook BM25": measures for name, measures in found.items()}
    for model in MODELS:
        peers = [row for peer in PEERS if (row := f"{peer}, {model}") in rows]
        if peers and (ours := f"{OURS}, {model}") in rows:
            best = max(peers, key=lambda name: rows[name]["mrr"])
            made[f"{ours}, less {best}"] = _difference(rows[ours], rows[best])
    return made


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, list[float]]:
    def rounded(found: Interval) -> list[float]:
        return [round(value, 4) for value in (found.mean, found.low, found.high)]

    return {name: rounded(found) for name, found in compare(one, other).items()}


def _row(questions: Sequence[Question], ranked: Pages, milliseconds: float = 0.0, **more: Any) -> dict[str, Any]:
    answered = [
        Answered(question, tuple(rank for rank, page in enumerate(pages, 1) if page in question.pages), milliseconds)
        for question, pages in zip(questions, ranked, strict=True)
    ]
    return {"chunks": 0, **report(answered, {}), **more}


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without the questions: their licence lets nobody ship them."""
    kept = {name: value for name, value in row.items() if name not in ("results", "configuration", "milliseconds_p95")}
    return kept | {"first_ranks": [next(iter(result["ranks"]), None) for result in row["results"]]}


def _textbook(reports: Reports, questions: Sequence[Question]) -> Pages:
    searches = {name: PageBm25([page.text for page in document.pages]) for name, document in reports.documents.items()}
    return [searches[question.document].search(question.question) for question in questions]


def _say(rows: Mapping[str, Mapping[str, Any]]) -> None:
    name, row = list(rows.items())[-1]
    said = "  ".join(f"{measure} {row[measure]:.3f}" for measure in MEASURES)
    print(f"{time.strftime('%H:%M:%S')} {name}: {said}", flush=True)


def _python(environment: str | None) -> str:
    return str(ENVIRONMENTS / environment / "bin" / "python") if environment else sys.executable


def _environment() -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "QDRANT_"))}
    env |= QUIET | {"PYTHONPATH": str(REPOSITORY), "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    use_shared_vocabularies(env)
    return env


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, default=SHARED / "quality" / "questions")
    parser.add_argument("--model", nargs="+", choices=MODELS, help="both, unless named")
    parser.add_argument("--peers", nargs="*", choices=PEERS, help="all, unless named")
    parser.add_argument("--document", nargs="+", metavar="FILE.pdf", help="only these reports")
    return parser.parse_args()


if __name__ == "__main__":
    main()
