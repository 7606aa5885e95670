"""`ask`: an answer from the documents as it is written, with the pages that it rests on."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from textwrap import shorten
from typing import Annotated, Any

import typer
from rich.markup import escape

from answers.answering import Asked, Done, Found, Terms, Text, describe_source
from answers.checked_answer import CheckedSentence, Verdict
from answers.places import label_of
from command_line.output import JsonFlag, counted, one_line_errors, one_question, one_store, out, print_json
from composition.parts import Parts
from config import load_settings
from vector_stores.filters import SearchFilter

#: As much of a sentence as fits on two lines.
_SNIPPET_CHARACTERS = 160
#: What a terminal would obey.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WORDS = {
    Verdict.SUPPORTED: "Supported",
    Verdict.WEAK: "Weakly supported",
    Verdict.UNSUPPORTED: "Not found in the sources",
}
_STYLES = {Verdict.SUPPORTED: "green", Verdict.WEAK: "yellow", Verdict.UNSUPPORTED: "bold red"}


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    store: Annotated[
        str | None, typer.Option("--store", help="pages, semantic or haystack; by default AppConfig's choice.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only this document's S3 key.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Answer a question from the documents, and name the pages.

    Each sentence is checked against the passages; what they don't support is listed. Without a model (OPENAI_API_KEY or
    OPENAI_BASE_URL) the best sentences of the passages are quoted.
    """
    with one_line_errors():
        question = one_question(question)
        asked = Asked(question, one_store(store) if store else None, SearchFilter(source=source))
        parts = Parts(load_settings())
        answers = parts.answers
        pieces = answers.answer(asked)
        if as_json:
            print_json(collect(question, pieces))
        else:
            _show(pieces)
        parts.close()


def collect(question: str, parts: Iterable[Found | Text | Terms | Done]) -> dict[str, Any]:
    """The whole answer as one object. `answer` is as it came; `done.text` is without the citations that don't hold, and
    `done.sentences` says of each sentence what supports it. `done.reason` says why no model gave one."""
    collected: dict[str, Any] = {"question": question, "answer": "", "sources": [], "terms": []}
    for part in parts:
        if isinstance(part, Found):
            collected |= {"store": part.store, "sources": [describe_source(each) for each in part.selection.passages]}
        elif isinstance(part, Text):
            collected["answer"] += part.delta
        elif isinstance(part, Terms):
            collected["terms"] = [term.as_json() for term in part.terms]
        else:
            collected["done"] = part.to_json()
    return collected


def _show(parts: Iterable[Found | Text | Terms | Done]) -> None:
    sources: list[dict[str, Any]] = []
    end_of_line = ""
    for part in parts:
        if isinstance(part, Found):
            sources = [describe_source(passage) for passage in part.selection.passages]
        elif isinstance(part, Text):
            sys.stdout.write(_CONTROLS.sub("", part.delta))  # as it comes
            sys.stdout.flush()
            end_of_line = "\n"
        elif isinstance(part, Done):
            sys.stdout.write(end_of_line)
            _show_end(part, sources)


def _show_end(done: Done, sources: list[dict[str, Any]]) -> None:
    if done.message:
        out.print(done.message, soft_wrap=True, markup=False)
    if done.model:  # quotations are what the passages say
        _show_verdicts(done.answer.sentences)
    if sources:
        out.print("passages that were read:", style="dim")
    for passage in sources:
        path = f"  {escape(passage['heading_path'])}" if passage["heading_path"] else ""
        out.print(f"[bold]\\[{passage['number']}][/bold] {escape(place_of(passage))}{path}", soft_wrap=True)
    if done.searched and done.answer.is_refusal:
        out.print(done.searched.sentence(), soft_wrap=True, markup=False)
    if done.model:
        cost = "" if done.cost_usd is None else f", ${done.cost_usd:.4f}"
        cut = ", cut at the limit of tokens" if done.is_cut else ""
        out.print(f"{done.model}: {done.tokens_in + done.tokens_out:,} tokens{cost}{cut}", style="dim", soft_wrap=True)


def place_of(source: Mapping[str, Any]) -> str:
    """`handbook.pdf, p. 3–4`: a source as `describe_source` gives it, from its first page to its last. Pure."""
    pages: Sequence[int] = source["pages_spanned"]
    labels = dict.fromkeys(label_of(page, source) for page in (pages[0], pages[-1]))
    return f"{source['filename']}, p. {'–'.join(labels)}"


def _show_verdicts(sentences: Sequence[CheckedSentence]) -> None:
    """What a reader should not take on trust, and the calculations; then how many sentences are supported."""
    claims = [sentence for sentence in sentences if sentence.verdict is not Verdict.NONE]
    if not claims:
        return
    for sentence in claims:
        removed = f" Removed: {' '.join(sentence.removed)}." if sentence.removed else ""
        if sentence.verdict is not Verdict.SUPPORTED or removed:
            style = _STYLES[sentence.verdict]
            words = shorten(sentence.text, _SNIPPET_CHARACTERS, placeholder=" …")
            reason = f": {sentence.reason}." if sentence.reason else "."
            out.print(f"{_WORDS[sentence.verdict]}{reason}{removed}", style=style, markup=False, soft_wrap=True)
            out.print(f"    {words}", style="dim", markup=False, soft_wrap=True)
        for number in sentence.numbers:
            if number.calculation:
                places = ", ".join(f"[{passage}]" for passage in number.passages)
                shown = f"{number.text} is calculated: {number.calculation}, with numbers of {places}"
                out.print(shown, markup=False, soft_wrap=True)
    supported = sum(sentence.verdict is Verdict.SUPPORTED for sentence in claims)
    out.print(
        f"{supported} of {counted(len(claims), 'sentence')} supported by the passages", style="dim", soft_wrap=True
    )
