"""What a right answer is, and what is reported of many."""

import pytest

from answers.answer_evaluation import Answered, Kind, is_right, kind_of, report
from answers.checking import check
from answers.evaluation import Question, parse_questions
from tests.support.passages import HARBOUR_PASSAGE, STATEMENT_PASSAGE


@pytest.mark.parametrize(
    ("expected", "kind"),
    [
        ("$1577.00", Kind.NUMBER),
        ("It was 1.9% of sales.", Kind.NUMBER),
        ("No, it declined to 34.6%.", Kind.YES_NO),
        ("Yes.", Kind.YES_NO),
        ("The consumer segment shrunk by 0.9% organically, because of prices and the strong dollar.", Kind.TEXT),
    ],
)
def test_an_expected_answer_has_a_kind(expected: str, kind: Kind) -> None:
    assert kind_of(expected) is kind


@pytest.mark.parametrize(
    ("expected", "given", "right"),
    [
        ("$1577.00", "Capex was $1,577 million.", True),
        ("$1577.00", "Capex was $1.58 billion in 2018.", True),
        ("$1577.00", "Capex was (1,577).", True),
        ("$1577.00", "Capex was 1,677.", False),
        ("$1577.00", "Capex was 15.77%.", False),
        ("1.9%", "It is 1.9 percent.", True),
        ("1.9%", "It is 1.93 %.", True),
        ("1.9%", "It is 2.4 %.", False),
        ("2.7", "It is 2.7%.", False),
        ("2.7", "It is $2.7 billion.", False),
        ("0.54", "It is 54%.", True),
        ("$0.40", "In 2020 it paid nothing.", False),
        ("24.26", "In 2019 it was 24.3.", True),
        ("Yes, it grew.", "Yes. It grew.", True),
        ("Yes, it grew.", "No.", False),
        ("Yes, it grew.", "It grew.", False),
        ("The harbour office decides", "It is the harbour's office that decides.", True),
        ("The harbour office decides", "Nobody knows who it is.", False),
        ("Prices and wages", "Margins fell for many reasons that are listed here, among them wages and prices.", True),
    ],
)
def test_right_is_by_value_by_yes_or_no_or_by_words(expected: str, given: str, right: bool) -> None:
    assert is_right(expected, given) is right


def test_a_report_has_means_with_intervals_and_leaves_out_what_does_not_apply() -> None:
    passages = [STATEMENT_PASSAGE, HARBOUR_PASSAGE]
    key = "source-pdfs/report_2018.pdf"
    good = check("Net revenues were $32,765 million [1].", "?", passages)
    bad = check("Net revenues were $99,999 million [2]. The mayor dances with the moon.", "?", passages)
    refusal = check("This is not in the documents.", "?", passages)
    question = Question("How much?", "report_2018.pdf", frozenset([60]), "$32765.00")
    made = report(
        [
            Answered(question, key, good, refused=False, cited=((key, 60),)),
            Answered(question, key, bad, refused=False, cited=((key, 61), ("source-pdfs/other.pdf", 60))),
            Answered(question, key, refusal, refused=True),
        ],
        {"answered_by": "a test"},
    )
    means = {name: (found["mean"], found["questions"]) for name, found in made["measures"].items()}
    assert means["right"] == (pytest.approx(1 / 3, abs=1e-4), 3)
    assert means["refused"] == (pytest.approx(1 / 3, abs=1e-4), 3)
    assert means["sentences supported"] == (0.5, 2)
    assert means["citations on an evidence page"] == (0.5, 2)
    assert means["answers that cite an evidence page"] == (pytest.approx(1 / 3, abs=1e-4), 3)
    assert means["numbers in no source"] == (0.5, 2)
    assert made["right_by_kind"] == {"number": {"questions": 3, "right": pytest.approx(1 / 3, abs=1e-4)}}
    low, high = made["measures"]["right"]["interval"]
    assert 0 <= low <= made["measures"]["right"]["mean"] <= high <= 1


def test_questions_bring_their_answers_if_they_have_one() -> None:
    lines = [
        '{"question": "q", "document": "d", "pages": [1], "answer": " 5 "}',
        '{"question": "q", "document": "d", "pages": [1]}',
    ]
    assert [question.answer for question in parse_questions(lines)] == ["5", ""]
