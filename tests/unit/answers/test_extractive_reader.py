"""Answers without a model: what is quoted, with which place."""

import time

import pytest

from answers.checked_answer import Verdict
from answers.citation_marks import marks_in
from answers.cited_passages import CitedPassages
from answers.extractive_reader import asks_for_number, read
from answers.passages import Passage
from tests.support.passages import HARBOUR_PASSAGE, STATEMENT_PASSAGE, passage

PASSAGES = [STATEMENT_PASSAGE, HARBOUR_PASSAGE]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How long does the floodgate take to close?", "The floodgate takes eleven minutes to close."),
        ("Who decides in the harbour?", "The harbour office decides."),
        (
            "How much were purchases of property, plant and equipment in 2017?",
            "Purchases of property, plant and equipment (PP&E) (2017): (1,373).",
        ),
        ("What is the amount of net revenues?", "Net revenues: 32,765 · 31,657."),
    ],
)
def test_the_best_sentence_or_cell_is_quoted_first(question: str, first: str) -> None:
    made = read(question, PASSAGES)
    assert made.sentences[0].text == first
    assert made.text.startswith(f"- {first} [")


FLOODGATE = passage(
    1,
    "5.2 Closing the floodgate\n\nThe floodgate takes eleven minutes to close. Ring twice.",
    heading_path="5 Emergencies > 5.2 Closing the floodgate",
)
STORM = passage(2, "At force nine the outer berths are cleared and the floodgate is closed, as told in section 5.2.")
FEES = passage(
    1, "4.1 Table of berth fees\n\n| Length | Winter fee |\n|---|---|\n| Berth to 6 m | 2.50 |\n\n4.2 Winter storage"
)


@pytest.mark.parametrize(
    ("question", "source", "quotes"),
    [
        ("How long does it take to close the floodgate?", FLOODGATE, ["The floodgate takes eleven minutes to close."]),
        ("What does a berth cost in winter?", FEES, ["Berth to 6 m (Winter fee): 2.50."]),
        ("winter storage", FEES, []),
    ],
)
def test_headings_and_headers_of_tables_are_no_answers(question: str, source: Passage, quotes: list[str]) -> None:
    """They have the question's words and say nothing; `5.2` is no figure that somebody asks for."""
    assert [sentence.text for sentence in read(question, [source]).sentences] == quotes


def test_every_sentence_is_supported_by_its_passage_and_nothing_is_said_without_words() -> None:
    made = read("How long does the floodgate take to close at night?", PASSAGES)
    assert {sentence.verdict for sentence in made.sentences} == {Verdict.SUPPORTED}
    for sentence in made.sentences:
        (citation,) = sentence.citations
        assert sentence.text in next(one.text for one in PASSAGES if one.number == citation.number)
        assert made.text[sentence.start : sentence.end].startswith(sentence.text)
    assert read("quantum chromodynamics", PASSAGES).text == ""
    assert read("floodgate", []).sentences == ()


def test_a_hostile_passage_is_quoted_without_what_a_terminal_obeys() -> None:
    made = read("What does the floodgate do?", [passage(1, "The floodgate \x1b[2J does \x07nothing.")])
    assert made.sentences[0].text == "The floodgate [2J does nothing."


@pytest.mark.parametrize(
    ("question", "is_asked"),
    [
        ("How many keepers are there?", True),
        ("What was the total revenue in 2018?", True),
        ("Wie viele Wärter?", True),
        ("職員は何人ですか", True),
        ("Who decides?", False),
        ("Why did margins fall?", False),
    ],
)
def test_questions_for_numbers_are_known_by_their_words(question: str, is_asked: bool) -> None:
    assert asks_for_number(question) is is_asked


def test_a_number_that_leads_to_another_place_is_no_answer() -> None:
    made = read("How long does it take to close the floodgate?", [FLOODGATE, STORM])
    assert made.sentences[0].text == "The floodgate takes eleven minutes to close."


@pytest.mark.parametrize(
    "mark",
    [
        *(
            "[harbour.pdf, p. 5]",
            "[1]",
            "[2]",
            "[9]",
            "[1, 2]",
            "[1-2]",
            "【2】",
            "[^2]",
            "[Other.pdf, page 3]",
            "`[2]`",
        ),
        *("`[2]`", "[2]:", "[harbour.pdf, p. 5; [2], p. 3]", "[[2]]", "[report [2018].pdf, p. 60]"),
    ],
)
def test_what_a_document_has_in_brackets_is_no_citation_of_the_answer(mark: str) -> None:
    quoted = passage(1, f"The lock takes seven minutes to close {mark}.", "a.pdf")
    passages = [quoted, passage(2, "The mole.", "harbour.pdf", 5), passage(3, "A pier.", "report [2018].pdf", 60)]

    answer = read("How long does the lock take to close?", passages)

    assert [mark.text for mark in marks_in(answer.text, passages)] == ["[a.pdf, p. 5]"]
    assert CitedPassages(passages).of(answer.text)[0][1] == (1,)


def test_other_brackets_are_quoted_as_they_are() -> None:
    text = "The lock [of 1886] takes [sic] seven minutes [a] to close."

    assert read("How long does the lock take?", [passage(1, text)]).sentences[0].text == text


def test_a_question_of_two_thousand_numbers_takes_no_long_time() -> None:
    years = " | ".join(str(year) for year in range(1990, 2020))
    rows = "".join(f"| Fees {row} | {years} |\n" for row in range(120))
    passages = [passage(number, f"| Name | {years} |\n{'| --- ' * 31}|\n{rows}") for number in range(1, 4)]
    began = time.process_time()

    read("1 " * 2_000, passages)

    assert time.process_time() - began < 1.0
