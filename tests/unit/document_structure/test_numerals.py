"""Values of the numbers that divisions carry."""

import pytest

from document_structure.numerals import number_value


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("7", (7,)),
        ("7A", (7, 1)),
        ("IX", (9,)),
        ("十二", (12,)),
        ("百零五", (105,)),
        ("premier", (1,)),
        ("1er", (1,)),
        ("TWO", (2,)),
        ("5.10", (5, 10)),
        ("B", (2,)),
        ("C", (100,)),
        ("?", ()),
    ],
)
def test_a_number_has_the_value_that_a_reader_gives_it(number: str, value: tuple[int, ...]) -> None:
    assert number_value(number) == value


def test_a_letter_among_letters_is_no_roman_number() -> None:
    assert number_value("C", prefer_letter=True) == (3,)
