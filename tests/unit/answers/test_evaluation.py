"""Measures of a search by questions whose pages are known."""

import json
import math

import pytest

from answers.evaluation import (
    Answered,
    Question,
    compare,
    first_ranks,
    interval,
    parse_questions,
    ranked_pages,
    ranks_of,
    report,
)
from vector_stores.points import Hit

KEY = "source-pdfs/a.pdf"
QUESTION = Question("How high is it?", "a.pdf", frozenset({3, 5}), "8 m")


def hit(page: int, source: str = KEY) -> Hit:
    return Hit(f"{source}-{page}", 1.0, "", {"source": source, "page": page})


def answered(*ranks: int, question: str = "How high is it?", pages: int = 1) -> Answered:
    return Answered(Question(question, "a.pdf", frozenset(range(1, pages + 1))), ranks, 2.0)


def test_pages_are_ranked_by_their_best_passage() -> None:
    hits = [hit(4), hit(3), hit(4), hit(3, "source-pdfs/b.pdf"), hit(5)]

    pages = ranked_pages(hits)

    assert pages == [(KEY, 4), (KEY, 3), ("source-pdfs/b.pdf", 3), (KEY, 5)]
    assert ranks_of(QUESTION, KEY, pages) == (2, 4)


def test_measures_are_means_over_the_questions() -> None:
    made = report([answered(1), answered(4), answered(12), answered()], {"store": "semantic"})

    assert [made[name] for name in ("questions", "hit@1", "hit@5", "hit@10")] == [4, 0.25, 0.5, 0.5]
    assert made["mrr"] == pytest.approx((1 + 1 / 4 + 1 / 12) / 4, abs=1e-4)
    assert made["ndcg@10"] == pytest.approx((1 + 1 / math.log2(5)) / 4, abs=1e-4)
    assert made["milliseconds"] == 2.0


def test_ndcg_is_one_when_all_pages_of_the_question_are_in_front() -> None:
    assert report([answered(1, 2, pages=2)], {})["ndcg@10"] == 1.0
    assert report([answered(1, 3, pages=2)], {})["ndcg@10"] < 1.0


def test_the_interval_holds_the_mean_and_shrinks_with_more_questions() -> None:
    few, many = interval([0.0, 1.0] * 5), interval([0.0, 1.0] * 500)

    assert few.low < few.mean == 0.5 < few.high
    assert many.high - many.low < few.high - few.low
    assert interval([0.0, 1.0] * 5) == few


def test_two_reports_are_compared_over_the_questions_that_both_have() -> None:
    ours = report([answered(1, question="a"), answered(1, question="b"), answered(1, question="c")], {})
    other = report([answered(2, question="a"), answered(2, question="b"), answered(question="d")], {})

    differences = compare(ours, json.loads(json.dumps(other)))

    assert differences["mrr"].mean == pytest.approx(0.5)
    assert differences["hit@5"].mean == 0.0


@pytest.mark.parametrize("other", [{}, {"results": 3}, [], {"results": [{"question": "else"}]}])
def test_something_else_than_a_report_is_refused(other: object) -> None:
    with pytest.raises(ValueError, match=r"not a report|no question in common"):
        compare(report([answered(1)], {}), other)  # type: ignore[arg-type]


def test_questions_are_read_and_empty_lines_skipped() -> None:
    line = '{"id": "x", "question": "How high is it?", "document": "a.pdf", "pages": [5, 3], "answer": "8 m"}'

    assert parse_questions([line, "", "  "]) == [QUESTION]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["not JSON"], "line 1"),
        (["", '{"question": "a", "document": "b"}'], "line 2"),
        (['{"question": "a", "document": "b", "pages": []}'], "line 1"),
        (['{"question": 1, "document": "b", "pages": [1]}'], "line 1"),
        (["[]"], "line 1"),
        ([], "no question"),
    ],
)
def test_anything_else_is_named_with_its_line(lines: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_questions(lines)


def test_the_plot_rises() -> None:
    shares = [share for _, share in first_ranks([answered(1), answered(7), answered()])]

    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(2 / 3)
