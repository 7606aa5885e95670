"""`ask`: an answer from the documents as it is written, with the pages that it rests on."""

import sys
from collections.abc import Iterable
from textwrap import shorten
from typing import Annotated, Any

import typer
from rich.markup import escape

from answers.answering import Asked, Done, Found, Terms, Text, describe_source
from command_line.output import JsonFlag, one_line_errors, one_question, one_store, out, print_json
from composition.answers import make_answers
from composition.parts import Parts
from config import load_settings
from ledger.costs import Costs
from vector_stores.filters import SearchFilter

#: As much of a passage as fits on two lines.
_SNIPPET_CHARACTERS = 160


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    store: Annotated[
        str | None, typer.Option("--store", help="pages, semantic or haystack; by default AppConfig's choice.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only this document's S3 key.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Answer a question from the documents, and name the pages.

    Without a model (OPENAI_API_KEY or OPENAI_BASE_URL) the passages themselves are shown.
    """
    with one_line_errors():
        question = one_question(question)
        asked = Asked(question, one_store(store) if store else None, SearchFilter(source=source))
        parts = Parts(load_settings())
        answers = make_answers(
            parts.settings,
            app_config=parts.app_config_file.current,
            searcher=parts.searcher,
            passages_by_id=parts.passages_by_id,
            artifacts=parts.artifacts,
            costs=Costs(parts.table),
        )
        pieces = answers.answer(asked)
        if as_json:
            print_json(collect(question, pieces))
        else:
            _show(pieces)
        parts.close()


def collect(question: str, parts: Iterable[Found | Text | Terms | Done]) -> dict[str, Any]:
    """The whole answer as one object. `answer` is empty when no model gave one; `done.reason` says why."""
    collected: dict[str, Any] = {"question": question, "answer": "", "sources": [], "terms": []}
    for part in parts:
        if isinstance(part, Found):
            collected |= {"store": part.store, "sources": [describe_source(each) for each in part.selection.passages]}
        elif isinstance(part, Text):
            collected["answer"] += part.delta
        elif isinstance(part, Terms):
            collected["terms"] = part.terms
        else:
            collected["done"] = part.to_json()
    return collected


def _show(parts: Iterable[Found | Text | Terms | Done]) -> None:
    sources: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, Found):
            sources = [describe_source(passage) for passage in part.selection.passages]
        elif isinstance(part, Text):
            sys.stdout.write(part.delta)  # as it comes
            sys.stdout.flush()
        elif isinstance(part, Done):
            _show_end(part, sources)


def _show_end(done: Done, sources: list[dict[str, Any]]) -> None:
    out.print(done.message, soft_wrap=True, markup=False)
    for passage in sources:
        out.print(f"[bold]\\[{passage['number']}][/bold] {escape(passage['citation'])}", soft_wrap=True)
        if done.reason == "no_model":
            out.print(
                "    " + shorten(passage["text"], _SNIPPET_CHARACTERS, placeholder=" …"),
                style="dim",
                markup=False,
                soft_wrap=True,
            )
    if done.model:
        cost = "" if done.cost_usd is None else f", ${done.cost_usd:.4f}"
        cut = ", cut at the limit of tokens" if done.is_cut else ""
        out.print(f"{done.model}: {done.tokens_in + done.tokens_out:,} tokens{cost}{cut}", style="dim", soft_wrap=True)
