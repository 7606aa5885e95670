"""A row in the middle of a sentence is no item of a list, whatever number or letter it begins with."""

import time

import pytest

from pdf_reader.child.composing import Part
from pdf_reader.child.marked_block import marked_rows
from pdf_reader.child.paragraphs import arrange
from pdf_reader.child.parts import classify
from pdf_reader.child.running_text import without_marks_in_sentences
from tests.support.marked_lines import comes_behind, line

PAGE_HEIGHT_POINTS = 800.0
FULL = "The keeper of the mole walks twice along it every night"


def kinds_and_texts(*texts: str, indents: tuple[float, ...] = ()) -> list[tuple[str, str]]:
    """A block of lines, as the parts that it becomes."""
    lines = [line(text, number, 50 + (indents[number] if indents else 0)) for number, text in enumerate(texts)]
    found = classify([Part(block) for block in arrange([lines])], PAGE_HEIGHT_POINTS)
    return [(part.kind.value, " ".join(one.text for one in part.lines)) for part in found]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        pytest.param("The outer berths are cleared then as told in section", "5.2. Nobody walks there.", id="section"),
        pytest.param("The gate was opened for the last time in the year", "2019. The wall has stood.", id="year"),
        pytest.param("The tables are printed in the book of the tides, on", "p. 12 and below.", id="page"),
        pytest.param("The harbour was closed by the great flood of the", "12. March and opened late.", id="date"),
        pytest.param("The lamp was lit and kept through the whole war by", "A. Smith and his son.", id="initial"),
        pytest.param("The lamp was lit and kept through the whole war by J.", "R. Smith and his son.", id="initials"),
        pytest.param("The fees are due as written in the contract, letter", "b) of its third part.", id="letter"),
        pytest.param("The fees are due as written in the contract, letter", "(b) of its third part.", id="brackets"),
        pytest.param("The fees are due as written in the contract, in no.", "4. of its part.", id="abbreviation"),
        pytest.param("The keepers of the outer light and of the inner one", "– there were two – left.", id="dash"),
    ],
)
def test_a_sentence_goes_on_whatever_its_next_line_begins_with(above: str, below: str) -> None:
    assert kinds_and_texts(FULL, above, below) == [("paragraph", f"{FULL} {above} {below}")]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(("The keepers of the mole and of the two lights have to", "1. walk", "2. look"), id="counted"),
        pytest.param(("The keepers of the mole and of the two lights have to", "(a) walk", "(b) look"), id="letters"),
        pytest.param(("The keepers of the mole and of the two lights have to", "i. walk", "ii. look"), id="Roman"),
        pytest.param(("The keepers of the mole and of the two lights have to", "– walk", "– look"), id="dashes"),
        pytest.param(("The keepers of the mole and of the two lights have to", "• walk twice"), id="a lone bullet"),
        pytest.param(("They have to walk", "1. along the mole and from there to the inner light"), id="a short line"),
        pytest.param((FULL + ".", "4. Section"), id="a sentence's end"),
        pytest.param(("Preface of the second edition of the book . . . . . . 3", "1. Lights"), id="leaders"),
    ],
)
def test_items_stay_apart(rows: tuple[str, ...]) -> None:
    found = kinds_and_texts(FULL, *rows)

    assert len(found) >= len(rows)
    assert [text for _, text in found][-1] == rows[-1]


def test_an_indented_row_is_an_item_of_its_own() -> None:
    rows = (FULL, "The keepers of the mole and of the two lights have to", "1. walk along it every night")

    assert len(kinds_and_texts(*rows, indents=(0, 0, 12))) == 2


def test_a_sentence_goes_on_within_an_item() -> None:
    rows = ("1. The outer berths are cleared then, as told in section", "5.2. Nobody walks there.", "2. Look")

    assert kinds_and_texts(*rows, indents=(0, 15, 0)) == [
        ("list_item", f"{rows[0]} {rows[1]}"),
        ("list_item", "2. Look"),
    ]


def test_a_block_that_begins_in_the_middle_of_a_sentence_is_joined() -> None:
    """MuPDF parts a paragraph where a letter is raised."""
    first = [line(FULL, 0), line("The outer berths are cleared then as told in section", 1)]
    following = [line("5.2. Nobody walks on it above force eight.", 2)]

    assert len(arrange([first, following])) == 1
    assert len(arrange([first, [line("• Nobody walks on it above force eight.", 2)]])) == 2


@pytest.mark.parametrize(
    ("marker", "before", "expected"),
    [
        ("2.", "1.", True),
        ("5.2.", "5.1", True),
        ("(b)", "(a)", True),
        ("b)", "(a)", False),
        ("c)", "a)", False),
        ("iv.", "iii.", True),
        ("II.", "I.", True),
        ("②", "①", True),
        ("–", "–", True),
        ("–", "1.", False),
        ("a)", "1.", False),
    ],
)
def test_which_mark_comes_behind_another(marker: str, before: str, expected: bool) -> None:
    assert comes_behind(marker, before) is expected


def test_a_block_with_many_numbered_rows_takes_no_long_time() -> None:
    rows = marked_rows([line(FULL if at % 2 else f"{at * 37 % 997}. {FULL}", at) for at in range(1, 8_001)])

    began = time.process_time()
    without_marks_in_sentences([rows])

    assert time.process_time() - began < 2.0


def test_a_sentence_over_thousands_of_rows_takes_no_long_time() -> None:
    rows = [[line(FULL.lower().rstrip("."), at)] for at in range(1, 8_001)]

    began = time.process_time()
    joined = arrange(rows)

    assert time.process_time() - began < 2.0
    assert [len(block) for block in joined] == [8_000]
