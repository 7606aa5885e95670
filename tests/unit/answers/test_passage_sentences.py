"""What of a passage is a sentence: in prose, in lists and in tables."""

import pytest

from answers.passage_sentences import plain, sentence_ranges

TABLE = (
    "| Percent | 2022 | 2021 |\n| --- | --- | --- |\n"
    "| Cost of sales | 56.2 | 53.2 |\n| Operating margin | 19.1 | 20.8 |"
)


def test_sentences_are_those_of_prose_lists_and_tables() -> None:
    text = f"One. Two!\n- Three\n{TABLE}\n```py\ncode()\n```"
    assert [plain(text[start:end]) for start, end in sentence_ranges(text)] == [
        "One.", "Two!", "Three", "Percent · 2022 · 2021", "Cost of sales · 56.2 · 53.2",
        "Operating margin · 19.1 · 20.8", "code()",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It matters. 3M made plans.", ["It matters.", "3M made plans."]),
        ("It costs approx. 5 dollars, see p. 12.", ["It costs approx. 5 dollars, see p. 12."]),
        ("The U.S. Court heard Mr. Smith. He won.", ["The U.S. Court heard Mr. Smith.", "He won."]),
        ("هل هذا؟ نعم هو.", ["هل هذا؟", "نعم هو."]),
        ("As of Dec. 31, 2022, it held. More.", ["As of Dec. 31, 2022, it held.", "More."]),
        ("Revenue . . . . . . . . 5", ["Revenue . . . . . . . . 5"]),
        ("  Made by Acme Inc. The rest is not.", ["  Made by Acme Inc.", "The rest is not."]),
        ("“Is it?” she asked. “Yes.” He left.", ["“Is it?” she asked.", "“Yes.”", "He left."]),
    ],
)
def test_a_sentence_ends_before_a_number_and_not_behind_an_abbreviation(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_ranges(text)] == expected
