"""What is marked on a page: the passage's boxes, and its matching sentences cut out of their printed lines."""

import pytest

from vector_stores.points import Hit
from web.highlights import Highlight, highlight_on, is_right_to_left, trimmed

TEXT = "Ships call the office. The floodgate takes eleven minutes to close, so be patient and wait for the light."
FIRST, SECOND = [0, 60, 5, 50.0, 100.0, 350.0, 112.0], [60, len(TEXT), 5, 50.0, 112.0, 300.0, 124.0]
BOX = {"page": 5, "x0": 50.0, "y0": 100.0, "x1": 350.0, "y1": 124.0}
OTHER_BOX = {"page": 6, "x0": 50.0, "y0": 60.0, "x1": 350.0, "y1": 90.0}
HIT = Hit("id", 1.0, TEXT, {"page": 5, "boxes": [BOX, OTHER_BOX], "line_boxes": [FIRST, SECOND]})


def test_the_passage_is_pale_and_the_sentence_that_matches_is_strong() -> None:
    found = highlight_on(5, "How long does the floodgate take?", HIT)
    assert found.passage == ((50.0, 100.0, 350.0, 124.0),)
    (sentence,) = found.sentences
    assert sentence.text.startswith("The floodgate takes eleven minutes")
    (first, second) = sentence.boxes
    assert first[0] == pytest.approx(50 + 300 * 23 / 60, abs=25), "the line begins with another sentence"
    assert first[1:] == (100.0, 350.0, 112.0)
    assert second == (50.0, 112.0, 300.0, 124.0)


def test_a_sentence_is_marked_whole_and_none_beside_it() -> None:
    """A card's snippet goes on behind a short sentence and cuts a long one; on the page that marked what wasn't found,
    and not all that was."""
    (short,) = highlight_on(5, "ships", HIT).sentences
    assert short.text == "Ships call the office."
    (box,) = short.boxes
    assert box[2] < 200.0
    text = "The floodgate closes " + "slowly and with much noise " * 20 + "at night."
    line = [0, len(text), 5, 50.0, 100.0, 350.0, 112.0]
    (long,) = highlight_on(5, "floodgate", Hit("id", 1.0, text, {"page": 5, "line_boxes": [line]})).sentences
    assert long.boxes == ((50.0, 100.0, 350.0, 112.0),)


def test_only_the_asked_page_is_marked() -> None:
    assert highlight_on(6, "floodgate", HIT) == Highlight(passage=((50.0, 60.0, 350.0, 90.0),))
    assert highlight_on(7, "floodgate", HIT).is_empty


def test_without_a_question_the_passage_alone_is_marked() -> None:
    assert highlight_on(5, "", HIT).sentences == ()
    assert highlight_on(5, "", HIT).passage


def test_what_was_found_by_its_meaning_has_no_strong_sentence() -> None:
    assert highlight_on(5, "zeppelin", HIT).sentences == ()


def test_without_lines_no_sentence_can_be_shown() -> None:
    """What an older version stored."""
    old = Hit("id", 1.0, TEXT, {"page": 5, "boxes": [BOX]})
    assert highlight_on(5, "floodgate", old) == Highlight(passage=((50.0, 100.0, 350.0, 124.0),))
    assert highlight_on(5, "floodgate", Hit("id", 1.0, TEXT, {"page": 5})).is_empty


@pytest.mark.parametrize(
    ("line", "begin", "end", "expected"),
    [
        ("aaaaaaaaaa", 0, 10, (0.0, 100.0)),
        ("aaaaaaaaaa", 0, 5, (0.0, 50.0)),
        ("aaaaaaaaaa", 5, 10, (50.0, 100.0)),
        ("aaaaaaaaaa", -3, 15, (0.0, 100.0)),
        ("mmmmmiiiii", 0, 5, (0.0, 75.0)),
        ("| a | b | c |", 4, 7, (0.0, 100.0)),
        ("שלום עולם טוב", 0, 5, (100 * 7.5 / 12, 100.0)),
    ],
    ids=["whole", "beginning", "end", "more than it", "by width", "row of a table", "right to left"],
)
def test_a_part_of_a_line_has_its_part_of_the_box(
    line: str, begin: int, end: int, expected: tuple[float, float]
) -> None:
    x0, y0, x1, y1 = trimmed((0.0, 0.0, 100.0, 10.0), line, begin, end)
    assert (x0, x1) == pytest.approx(expected, abs=0.01)
    assert (y0, y1) == (0.0, 10.0)


@pytest.mark.parametrize(
    ("text", "expected"), [("12 abc", False), ("«مرحبا»", True), ("(שלום) abc", True), ("123", False)]
)
def test_the_first_letter_with_a_direction_decides(text: str, expected: bool) -> None:
    assert is_right_to_left(text) is expected
