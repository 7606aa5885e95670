"""Numbers by value: as they are written, as they stand in a text, as they are worked out."""

import time

import pytest

from answers.arithmetic import calculations_in
from answers.number_matching import Figures
from answers.numbers import NumberKind, numbers_in, without_numbers


@pytest.mark.parametrize(
    ("text", "language", "values"),
    [
        ("1,577 and 1577 and 1.577 thousand", "en", [1577, 1577, 1577]),
        ("$1,577 million, $1.577bn, USD 5", "en", [1.577e9, 1.577e9, 5]),
        ("1.577,30 und 1.577 Mio.", "de", [1577.3, 1.577e9]),
        ("1 577,5 euros", "fr", [1577.5]),
        ("eine Billion? 2 Billionen", "de", [2e12]),
        ("12,34,567 rupees, 3 lakh, 2 crore", "en", [1234567, 3e5, 2e7]),
        ("1'577 Franken", "de", [1577]),
        ("収入は1,577百万円、5億円、３％", "ja", [1.577e9, 5e8, 3]),
        ("١٬٥٧٧ مليون و ٣٫٥٪", "ar", [1.577e9, 3.5]),
        ("3.5% (12 percent) 5 percentage points", "en", [3.5, 12, 5]),
        ("three, 3rd and 11", "en", [3, 3, 11]),
        ("24.26x", "en", [24.26]),
        ("S3, MiniLM-L6, 10-K, A4, CO2", "en", []),
        ("https://a.example/12/34", "en", []),
        ("5-10 items, a 50-year bond", "en", [5, 10, 50]),
        ("one of the first", "en", []),
    ],
)
def test_numbers_are_read_by_value(text: str, language: str, values: list[float]) -> None:
    found = [number.values[0][0] * number.scale for number in numbers_in(text, language)]
    assert found == pytest.approx(values)


@pytest.mark.parametrize(
    ("text", "kind", "is_negative"),
    [
        ("(1,577)", NumberKind.PLAIN, True),
        ("$(4,200)", NumberKind.MONEY, True),
        ("−12.5%", NumberKind.PERCENT, True),
        ("(3.2)%", NumberKind.PERCENT, True),
        ("a - b 5", NumberKind.PLAIN, False),
        ("2018", NumberKind.YEAR, False),
        ("FY22", NumberKind.YEAR, False),
        ("2018 units of $2,018", NumberKind.YEAR, False),
        ("3 May 2021", NumberKind.DATE, False),
        ("May 3, 2021", NumberKind.DATE, False),
        ("3. Mai 2021", NumberKind.DATE, False),
        ("2021年5月3日", NumberKind.DATE, False),
        ("1.2.3", NumberKind.LABEL, False),
    ],
)
def test_a_number_has_a_kind_and_a_sign(text: str, kind: NumberKind, is_negative: bool) -> None:
    number = numbers_in(text)[0]
    assert (number.kind, number.is_negative) == (kind, is_negative)


def test_words_are_what_is_left() -> None:
    assert without_numbers("Sales of $1,577 million in FY2022 rose 3 %").split() == ["Sales", "of", "in", "rose"]


TEXT = "Purchases (in millions) | (1,577) | 1,373 | 5.09% | 0.051 | eleven | December 31, 2022 | Rule 1.2.3"


@pytest.mark.parametrize(
    ("number", "is_found"),
    [
        ("1,577", True),
        ("$1,577 million", True),
        ("$1.58 billion", True),
        ("1.577 billion", True),
        ("$1,577 thousand", False),  # the text says millions
        ("2 billion", False),  # rounded to nothing
        ("1,578", False),
        ("1.5 billion", False),
        ("5.1%", True),
        ("5.2%", False),
        ("$5.09", False),  # money is no percentage
        ("-1,577", True),
        ("11", True),
        ("31 December 2022", True),
        ("31 December 2021", False),
        ("2022", True),
        ("2018", True),  # in the name of the file
        ("2021", False),
        ("1.2.3", True),
        ("1.2.4", False),
    ],
)
def test_a_number_stands_in_a_text_by_value_unit_and_rounding(number: str, is_found: bool) -> None:
    (asked,) = numbers_in(number)
    assert (Figures(TEXT, "en", "report_2018.pdf").find(asked) is not None) is is_found


def test_where_the_text_names_no_unit_the_answers_scale_is_believed() -> None:
    (asked,) = numbers_in("$1,577 thousand")
    assert Figures("Purchases | 1,577").find(asked)
    (minus,) = numbers_in("-1,373")
    found = Figures(TEXT).find(minus)
    assert found
    assert found.has_other_sign


@pytest.mark.parametrize(
    ("text", "value", "is_right"),
    [
        ("It is $6,489 / (($282 + $253)/2) = 24.26", 24.2579, True),
        ("growth was (1,749 − 1,577) / 1,577 = 10.9%", 0.10907, True),
        ("24.26 (6,489 / 267.5)", 24.2579, True),
        ("24.26 = 6,489 / 267.5", 24.2579, True),
        ("36.8% − 34.6% = 2.2%", 0.022, True),
        ("36.8% − 34.6% = 2.4%", 0.022, False),
        ("5 + 5 = 11", 10, False),
        (r"\[ \frac{6,489}{267.5} \approx 24.26 \]", 24.2579, True),
        ("(3.5 million + 2.5 million) = 6 million", 6e6, True),
        ("((2,000/1,000)^(1/3) - 1) × 100 = 26.0%", 25.992, True),
        ("$1,577 million (capex) ÷ $32,765 million (revenue) ≈ 4.8%", 0.04813, True),
        ("**6,489 / 267.5 = 24.26**", 24.2579, True),
    ],
)
def test_shown_arithmetic_is_worked_out(text: str, value: float, is_right: bool) -> None:
    (found,) = calculations_in(text)
    assert found.value == pytest.approx(value, rel=1e-3)
    assert found.is_right is is_right


@pytest.mark.parametrize(
    "text",
    ["2018-2019 was good", "1/0 = 5", "9^9^9 = 3", "9999999^99 = 1", "the sum 1 + 2 is 3", "(1,577) and = 5", "= = ="],
)
def test_what_is_no_calculation_gives_none(text: str) -> None:
    assert calculations_in(text) == []


@pytest.mark.parametrize("bad", ["(", "1+", "1 = ", "\\frac{", "$ ", "1,", "1.1", "(1", "- ", "9^"])
def test_hostile_text_takes_no_time(bad: str) -> None:
    began = time.process_time()
    calculations_in(bad * (20_000 // len(bad)))
    assert time.process_time() - began < 2.0
