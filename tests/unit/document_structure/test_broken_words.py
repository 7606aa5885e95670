"""Words that lines' ends broke, with the document's own words as the judge."""

import pytest

from document_structure.broken_words import BrokenWords, respell, respelled
from pdf_reader.document import Line, Page, PageOutcome


def page(number: int, text: str, *lines: tuple[str, int, int]) -> Page:
    """`lines` are printed texts with their place in `text`, all of one block."""
    made = tuple(
        Line(printed, (0, 0, 1, 1), 10, False, False, "Times", 0, 0, start, end) for printed, start, end in lines
    )
    return Page(number, PageOutcome.TEXT, text, lines=made)


def broken(first: str, second: str, *, joined: bool) -> Page:
    kept = first[:-1] if joined else first
    return page(1, kept + second, (first, 0, len(kept)), (second, len(kept), len(kept + second)))


@pytest.mark.parametrize(
    ("first", "second", "joined", "elsewhere", "expected"),
    [
        pytest.param("a longer-", "term goal", True, "longer-term", {"longerterm": "longer-term"}, id="a compound"),
        pytest.param("the infor-", "mation", False, "Information", {"infor-mation": "information"}, id="one word"),
        pytest.param("a longer-", "term goal", False, "longer-term", {}, id="already right"),
        pytest.param("a longer-", "term goal", True, "a longer goal", {}, id="nowhere else"),
        pytest.param("on-", "line", True, "on-line online", {}, id="as often so as so"),
        pytest.param(
            "state-of-the-", "art", True, "State-of-the-art", {"state-of-theart": "state-of-the-art"}, id="a chain"
        ),
        pytest.param("pages 12-", "15", False, "1215", {}, id="no letters"),
        pytest.param("Anglo-", "Saxon", False, "anglosaxon", {}, id="a name goes on"),
    ],
)
def test_the_documents_words_decide(
    first: str, second: str, joined: bool, elsewhere: str, expected: dict[str, str]
) -> None:
    words = BrokenWords()
    words.add(broken(first, second, joined=joined))
    words.add(page(2, elsewhere))

    assert words.finish() == expected


def test_capitals_stay_and_other_words_too() -> None:
    spellings = {"longerterm": "longer-term", "infor-mation": "information"}

    assert respelled("Longerterm LONGERTERM infor-mation longerterms", spellings) == (
        "Longer-term LONGER-TERM information longerterms"
    )


def test_places_move_with_the_words_before_them() -> None:
    before = "A longerterm plan, infor-mation, and more"
    after = respell(before, {"longerterm": "longer-term", "infor-mation": "information"})

    assert after.text == "A longer-term plan, information, and more"
    for word in ("A", "plan", "and", "more"):
        assert after.position(before.index(word)) == after.text.index(word)
    assert after.position(len(before)) == len(after.text)
