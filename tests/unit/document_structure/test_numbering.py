"""Section numbers in front of titles."""

import pytest

from document_structure.numbering import parse_numbering


@pytest.mark.parametrize(
    ("text", "key", "number", "title"),
    [
        ("1 Introduction", "decimal1", "1", "Introduction"),
        ("1. Introduction", "decimal1", "1", "Introduction"),
        ("2.1.4 Limits", "decimal3", "2.1.4", "Limits"),
        ("A.1 Data", "decimal2", "A.1", "Data"),
        ("Chapter 3", "chapter", "3", ""),
        ("CHAPTER IV. The Sea", "chapter", "IV", "The Sea"),
        ("Part II: The Land", "part", "II", "The Land"),
        ("Appendix B – Tables", "appendix", "B", "Tables"),
        ("Anhang A Daten", "appendix", "A", "Daten"),
        ("Kapitel 2 Der Wald", "chapter", "2", "Der Wald"),
        ("第3章 戦闘", "chapter", "3", "戦闘"),
        ("제2장 보험", "chapter", "2", "보험"),
        ("فصل 3 تاريخ", "chapter", "3", "تاريخ"),
        ("IV. Results", "Roman", "IV", "Results"),
        ("iv. results", "roman", "iv", "results"),
        ("B. Method", "upper", "B", "Method"),
        ("BB. Method", "upper", "BB", "Method"),
        ("K.", "upper", "K", ""),
        ("b. method", "lower", "b", "method"),
        ("a) first", "bracket", "a", "first"),
        ("(2) second", "bracket", "2", "second"),
        ("3) third", "bracket", "3", "third"),
    ],
)
def test_a_number_and_the_title_after_it(text: str, key: str, number: str, title: str) -> None:
    numbering = parse_numbering(text)
    assert numbering is not None
    assert (numbering.key, numbering.number, numbering.title) == (key, number, title)


@pytest.mark.parametrize(
    "text", ["Introduction", "A man of means", "1984was", "Chapters of life", "Section", "12,000 men", ""]
)
def test_titles_without_a_number(text: str) -> None:
    assert parse_numbering(text) is None


@pytest.mark.parametrize(
    ("text", "strong"),
    [("2.1 Terms", True), ("Chapter 2 Terms", True), ("2. Terms", False), ("a) terms", False), ("IV. Terms", False)],
)
def test_only_numbers_that_list_items_never_have_are_strong(text: str, strong: bool) -> None:
    numbering = parse_numbering(text)
    assert numbering is not None
    assert numbering.is_strong is strong
