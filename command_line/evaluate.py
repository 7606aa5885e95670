"""`evaluate`: how well the configured search finds the pages that answer the questions in a file, or answers them."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from answers.answer_evaluation import report as answer_report
from answers.evaluation import (
    Answered,
    Interval,
    Question,
    compare,
    first_ranks,
    parse_questions,
    ranked_pages,
    ranks_of,
    report,
)
from command_line.evaluate_answers import ask_all, show
from command_line.output import (
    EXIT_USAGE,
    JsonFlag,
    err,
    fail,
    one_line_errors,
    one_store,
    out,
    print_json,
    progress_bar,
    table,
)
from composition.parts import Parts
from config import load_settings
from foundation.store_names import StoreName
from vector_stores.filters import SearchFilter

#: Passages looked at for a question; what is found later counts as not found.
DEPTH = 100
_BAR_CHARACTERS = 40


def evaluate(
    questions: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help='Lines of {"question", "document", "pages": [..]}.'),
    ],
    own_document: Annotated[
        bool, typer.Option("--own-document", help="Search each question's own document only.")
    ] = False,
    store: Annotated[str, typer.Option("--store", help="pages, semantic or haystack.")] = "semantic",
    against: Annotated[
        Path | None,
        typer.Option("--against", exists=True, dir_okay=False, help="Compare with what --json printed before."),
    ] = None,
    with_answers: Annotated[
        bool, typer.Option("--answers", help="Measure answers; each line has the expected one as `answer`.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure the configured search or answers on your questions.

    Prints hit@1, hit@5, hit@10, MRR, nDCG@10 and time a query. `document` is a key below the PDF prefix, pages count
    from 1. Save a report with --json, change a setting, and compare with --against. With --answers every question is
    asked, of the model or else of the passages: how many answers are right, supported, and cite the right page.
    """
    with one_line_errors():
        name, asked = one_store(store), _read_questions(questions)
        if with_answers:
            _evaluate_answers(asked, name, own_document=own_document, against=against, as_json=as_json)
            return
        parts = Parts(load_settings())
        answered = _search_all(parts, asked, name, own_document=own_document)
        made = report(answered, {"store": name, "own_document": own_document, **_search_settings(parts, name)})
        parts.close()
        differences = _differences(made, against) if against else None
    if as_json:
        if differences:
            made["against"] = {key: [round(x, 4) for x in (d.mean, d.low, d.high)] for key, d in differences.items()}
        print_json(made)
        return
    _show(made, answered, differences)


def _read_questions(path: Path) -> list[Question]:
    try:
        return parse_questions(path.read_text(encoding="utf-8").splitlines())
    except (ValueError, OSError) as error:
        fail(f"{path}: {error}", EXIT_USAGE)


def _search_all(parts: Parts, asked: list[Question], store: StoreName, *, own_document: bool) -> list[Answered]:
    searcher = parts.searcher(store)
    answered: list[Answered] = []
    with progress_bar("asking", len(asked)) as advance:
        for question in asked:
            key = parts.settings.aws_s3_pdf_prefix + question.document
            wanted = SearchFilter(source=key) if own_document else None
            started = time.perf_counter()
            hits = searcher.search(question.question, DEPTH, wanted)
            spent = (time.perf_counter() - started) * 1_000
            answered.append(Answered(question, ranks_of(question, key, ranked_pages(hits)), spent))
            advance(len(answered), len(asked))
    return answered


def _search_settings(parts: Parts, store: StoreName) -> dict[str, Any]:
    """What a search's result depends on, for the report."""
    place = parts.stores[store].home.place
    config = parts.app_config_file.current()
    of_config = ("rerank_alpha", "rerank_beta", "rerank_gamma", "chunk_tokens", "chunk_overlap_tokens")
    return {
        "embedding_model": place.embedder.name,
        "sparse_encoder": place.sparse.name,
        "rerank_model": parts.settings.rerank_model,
        **{key: getattr(config, key) for key in of_config},
    }


def _evaluate_answers(
    asked: list[Question], store: StoreName, *, own_document: bool, against: Path | None, as_json: bool
) -> None:
    if against:
        fail("--against compares searches, not answers", EXIT_USAGE)
    if without := sum(not question.answer for question in asked):
        fail(f"--answers needs the expected answer to each question; {without} have no `answer`", EXIT_USAGE)
    parts = Parts(load_settings())
    answers = parts.answers
    config = parts.app_config_file.current()
    answered = ask_all(answers, asked, parts.settings.aws_s3_pdf_prefix, store, own_document=own_document)
    model = config.llm_model or parts.settings.llm_model_name
    made = answer_report(
        answered,
        {
            "store": store,
            "own_document": own_document,
            "answered_by": model if answers.has_model else "quoting passages",
            "embedding_model": parts.stores[store].home.place.embedder.name,
            "check_answers_with_model": answers.has_model and config.check_answers_with_model,
            "retrieval_k": config.retrieval_k,
        },
    )
    parts.close()
    if as_json:
        print_json(made)
    else:
        show(made)


def _differences(made: dict[str, Any], against: Path) -> dict[str, Interval]:
    try:
        return compare(made, json.loads(against.read_text(encoding="utf-8")))
    except (ValueError, OSError) as error:
        fail(f"{against}: {error}", EXIT_USAGE)


def _show(made: dict[str, Any], answered: list[Answered], differences: dict[str, Interval] | None) -> None:
    columns = ["measure", "mean", "95 %", *(["difference", "95 % of it"] if differences else [])]
    shown = table(f"{made['questions']} questions", *columns, right=tuple(columns[1:]))
    for name, (low, high) in made["intervals"].items():
        row = [name, f"{made[name]:.3f}", f"{low:.3f} – {high:.3f}"]
        if differences:
            change = differences[name]
            row += [f"{change.mean:+.3f}", f"{change.low:+.3f} – {change.high:+.3f}"]
        shown.add_row(*row)
    out.print(shown)
    out.print(f"{made['milliseconds']:.0f} ms a query, 95 % within {made['milliseconds_p95']:.0f} ms")
    out.print("\nshare of questions with their page among the first")
    for depth, share in first_ranks(answered):
        out.print(f"{depth:>4}  {'█' * round(share * _BAR_CHARACTERS):<{_BAR_CHARACTERS}} {share:.2f}", markup=False)
    if not any(one.ranks for one in answered):
        err.print("no page of any question was found: are `document` keys below the PDF prefix, and ingested?")
