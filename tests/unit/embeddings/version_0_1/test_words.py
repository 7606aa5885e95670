"""How offline search reads a text: words of any script in one form, and what could be a title."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.version_0_1.words import MAX_TITLE_WORDS, as_title, fold, phrases, read, words


@pytest.mark.parametrize(
    ("spelling", "form"),
    [
        ("Spells", "spell"),
        ("bodies", "body"),
        ("classes", "class"),
        ("axes", "ax"),
        ("spaces", "space"),
        ("class", "class"),
        ("bus", "bus"),
        ("gas", "gas"),
        ("wizard's", "wizard"),
        ("wizard’s", "wizard"),
        ("Ångström", "angstrom"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
    ],
)
def test_spellings_of_a_word_get_one_form(spelling: str, form: str) -> None:
    assert fold(spelling) == form


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hold Monster (5th level)", ["hold", "monster", "5", "th", "level"]),
        ("costs 1,500.25 gp", ["cost", "1.500.25", "gp"]),
        ("猫と犬", ["猫と", "と犬"]),
        ("猫", ["猫"]),
        ("PDFファイル", ["pdf", "ファ", "ァイ", "イル"]),
        ("ﬁre", ["fire"]),
        ("מערכת הפעלה", ["מערכת", "הפעלה"]),
        ("— … !", []),
        ("", []),
    ],
)
def test_words_of_any_script_are_found(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Ring Mail\nis heavier than leather armour and has rings sewn into it by hand.", "ring mail"),
        ("Rations. Rations consist of dry foods suitable for extended travel by road.", "ration"),
        ("| Rope, hempen | 1 gp | 10 lb. |", "rope hempen"),
        ("## Saving Throws", "saving throw"),
    ],
)
def test_short_lines_cells_and_run_in_beginnings_could_be_titles(text: str, title: str) -> None:
    assert title in read(text).titles


def test_a_sentence_is_no_title() -> None:
    assert read("This line has far more words than any title of a section ever would").titles == {}
    assert as_title("one two three four five six seven eight nine") == ""


def test_every_run_of_a_query_could_name_a_section() -> None:
    assert dict(phrases(["range", "of", "hold", "monster"])) == {
        "range": 1 / 3,
        "hold": 1 / 3,
        "monster": 1 / 3,
        "hold monster": 2 / 3,
        "range of hold": 2 / 3,
        "range of hold monster": 1.0,
    }


def test_a_query_of_words_that_say_nothing_may_still_be_a_title() -> None:
    assert dict(phrases(["what", "is", "it"])) == {"what is it": 1.0}


@given(st.text())
def test_reading_finds_the_words_of_each_line_and_titles_no_longer_than_allowed(text: str) -> None:
    reading = read(text)

    assert list(reading.words) == [word for line in text.split("\n") for word in words(line)]
    assert all(0 < len(title.split()) <= MAX_TITLE_WORDS for title in reading.titles)
