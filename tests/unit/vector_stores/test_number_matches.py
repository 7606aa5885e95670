"""Passages that have the numbers of a question come first; years and short numbers change nothing."""

import pytest

from vector_stores.number_matches import NUMBER_LIFT, asked_numbers, lift_by_numbers
from vector_stores.points import Hit


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Whose tax is 25,850?", {"25850"}),
        ("Whose tax is $25850?", {"25850"}),
        ("a fold change of 5.89 and 0.38", {"5p89", "0p38"}),
        ("sales in 2018 and FY2019, page 12 of the 10-K, section 3.2.1, part A1234", set()),
        ("", set()),
    ],
)
def test_the_numbers_asked_for(query: str, expected: set[str]) -> None:
    assert asked_numbers(query) == expected


def test_hits_with_the_number_come_first() -> None:
    hits = [Hit(name, score, text, {}) for name, score, text in (("a", 0.9, "850 25"), ("b", 0.8, "| 25,850 |"))]
    assert [hit.id for hit in lift_by_numbers("Whose tax is 25850?", hits)] == ["b", "a"]
    assert lift_by_numbers("Whose tax is 25850?", hits)[0].score == pytest.approx(0.8 + NUMBER_LIFT)
    assert lift_by_numbers("Whose tax is it in 2018?", hits) == hits
    assert [round(hit.score, 3) for hit in lift_by_numbers("25,850 or 1,111", hits)] == [0.9, 0.9]
