"""Neighbouring passages stand together in the prompt, say everything once, and stay sources of their own."""

from typing import Any

import pytest

from answers.neighbours import runs_of, without_repetition
from answers.passages import Passage
from answers.prompt import context, texts_of
from foundation.tokens import count_tokens
from vector_stores.points import Hit

TABLE = "| | 2022 | 2021 |\n| --- | --- | --- |\n"


def passage(number: int, chunk: int | None, text: str = "", *, is_cut: bool = False, **metadata: Any) -> Passage:
    place = {} if chunk is None else {"chunk_index": chunk}
    told = {"filename": "a.pdf", "document_id": "d", "generation": "1", "page": 5, "heading_path": "Gates"}
    return Passage(number, Hit(str(number), 1.0, text, told | place | metadata), text, count_tokens(text), is_cut)


@pytest.mark.parametrize(
    ("passages", "runs"),
    [
        ([passage(1, 7), passage(2, 3), passage(3, 8), passage(4, 6)], [[4, 1, 3], [2]]),
        ([passage(1, 7), passage(2, 9)], [[1], [2]]),  # what stands between was not found
        ([passage(1, 7), passage(2, 8, document_id="other")], [[1], [2]]),
        ([passage(1, 7), passage(2, 8, generation="2")], [[1], [2]]),
        ([passage(1, 7), passage(2, 8, page=6)], [[1, 2]]),  # the section goes on
        ([passage(1, 7), passage(2, 8, heading_path="Walls")], [[1, 2]]),  # on the same page
        ([passage(1, 7, pages_spanned=[5, 6]), passage(2, 8, page=6, heading_path="Walls")], [[1, 2]]),
        ([passage(1, 7), passage(2, 8, page=6, heading_path="Walls")], [[1], [2]]),
        ([passage(1, 7, is_cut=True), passage(2, 8)], [[1], [2]]),
        ([passage(1, 7), passage(2, 8, is_cut=True)], [[1, 2]]),
        ([passage(1, None), passage(2, None, page=6)], [[1], [2]]),  # pages of the pages store
        ([passage(1, 7), passage(2, 8), passage(3, 7)], [[1, 2], [3]]),  # the same chunk again
        ([], []),
    ],
)
def test_neighbours_in_a_section_or_on_a_page_stand_together(passages: list[Passage], runs: list[list[int]]) -> None:
    assert [[one.number for one in run] for run in runs_of(passages)] == runs


@pytest.mark.parametrize(
    ("before", "after", "rest"),
    [
        (
            "The gate opens. It closes at ten every night.",
            "It closes at ten every night. Nobody passes.",
            "Nobody passes.",
        ),
        ("The gate opens. It closes at ten every night.", "It closes at ten every night.", ""),
        ("It is the gate", "gate keepers live here.", "gate keepers live here."),  # by chance
        ("Gatekeepers live here, in this house", "in this household they live.", "in this household they live."),
        (f"Assets\n\n{TABLE}| Cash | 7 | 8 |", f"Assets\n\n{TABLE}| Land | 1 | 2 |", "| Land | 1 | 2 |"),
        (f"{TABLE}| Cash | 7 | 8 |\n\nNotes follow.", f"{TABLE}| Land | 1 | 2 |", f"{TABLE}| Land | 1 | 2 |"),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |", f"{TABLE}| Land | 1 | 2 |", f"{TABLE}| Land | 1 | 2 |"),
        ("", "The gate.", "The gate."),
    ],
)
def test_what_a_chunk_repeats_of_the_one_before_is_left_out(before: str, after: str, rest: str) -> None:
    assert without_repetition(before, after) == rest


def test_a_statement_cut_into_chunks_is_one_table_in_the_prompt() -> None:
    second = passage(1, 4, f"Assets\n\n{TABLE}| Land | 1 | 2 |")
    first = passage(2, 3, f"Assets\n\n{TABLE}| Cash | 7 | 8 |")

    assert context([second, first]) == (
        '<context>\n<passage number="2,1">\n[a.pdf, p. 5] Gates\n\n'
        f"Assets\n\n{TABLE}| Cash | 7 | 8 |\n| Land | 1 | 2 |\n</passage>\n</context>"
    )
    assert sum(map(count_tokens, texts_of([second, first]))) < first.tokens + second.tokens


def test_a_passage_that_goes_on_on_the_next_page_is_cited_by_that_page() -> None:
    text = context([passage(1, 3, f"{TABLE}| Cash | 7 | 8 |"), passage(2, 4, f"{TABLE}| Land | 1 | 2 |", page=6)])

    assert text.count("<passage") == 1
    # The table's header stands again below the page that its further rows are on.
    assert f"| Cash | 7 | 8 |\n\n[a.pdf, p. 6] Gates\n\n{TABLE}| Land | 1 | 2 |\n</passage>" in text


def test_joining_never_takes_more_tokens_than_the_passages_alone() -> None:
    sentences = [f"Sentence number {n} says something about gates and their keepers." for n in range(12)]
    chunks = [passage(n + 1, n, " ".join(sentences[3 * n : 3 * n + 4])) for n in range(3)]

    (run,) = runs_of(chunks)
    assert " ".join(texts_of(run)) == " ".join(sentences[:10])
    assert count_tokens(context(run)) < sum(count_tokens(context([one])) for one in run)
