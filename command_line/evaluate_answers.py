"""`evaluate --answers`: how good answers are on questions whose answers are known."""

import time
from collections.abc import Sequence
from typing import Any

from answers.answer_evaluation import Answered
from answers.answering import Answers, Asked, Done, Found
from answers.evaluation import Question
from command_line.output import out, progress_bar, table
from foundation.store_names import StoreName
from vector_stores.filters import SearchFilter


def ask_all(
    answers: Answers, questions: Sequence[Question], prefix: str, store: StoreName, *, own_document: bool
) -> list[Answered]:
    """Every question once, one after the other. Raises TransientError when the store or the model is away."""
    answered: list[Answered] = []
    with progress_bar("asking", len(questions)) as advance:
        for question in questions:
            key = prefix + question.document
            wanted = SearchFilter(source=key) if own_document else SearchFilter()
            answered.append(_answered(answers, question, key, Asked(question.question, store, wanted)))
            advance(len(answered), len(questions))
    return answered


def _answered(answers: Answers, question: Question, key: str, asked: Asked) -> Answered:
    started = time.perf_counter()
    sources: dict[int, str] = {}
    done = Done()
    for part in answers.answer(asked):
        if isinstance(part, Found):
            sources = {passage.number: str(passage.hit.metadata["source"]) for passage in part.selection.passages}
        elif isinstance(part, Done):
            done = part
    spent = (time.perf_counter() - started) * 1_000
    citations = [citation for sentence in done.answer.sentences for citation in sentence.citations]
    cited = tuple((sources[citation.number], citation.page) for citation in citations)
    refused = done.answer.is_refusal or not done.answer.sentences
    return Answered(question, key, done.answer, refused, cited, spent)


def show(made: dict[str, Any]) -> None:
    """The measures as a table, and right answers by what was expected."""
    columns = ["measure", "mean", "95 %", "questions"]
    title = f"{made['questions']} questions, answered by {made['configuration']['answered_by']}"
    shown = table(title, *columns, right=tuple(columns[1:]))
    for name, found in made["measures"].items():
        low, high = found["interval"]
        shown.add_row(name, f"{found['mean']:.3f}", f"{low:.3f} – {high:.3f}", str(found["questions"]))
    for kind, found in made["right_by_kind"].items():
        shown.add_row(f"right, where a {kind} is expected", f"{found['right']:.3f}", "", str(found["questions"]))
    out.print(shown)
    out.print(f"{made['milliseconds']:.0f} ms an answer")
