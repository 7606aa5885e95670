"""Word lists are searched as they are stored, so that their form matters."""

import json

import pytest

from pdf_reader.child.word_list import WordList, words_of
from pdf_reader.child.words import is_known

TEXT = '{\n"a": 3,\n"a\'s": 2,\n"about": 1,\n"zoo": 7,\n"über": 5\n}'.encode()


@pytest.mark.parametrize("word", ["a", "a's", "about", "zoo", "über"])
def test_every_word_is_found(word: str) -> None:
    assert word in WordList(TEXT)


@pytest.mark.parametrize(
    "word", ["", "A", "ab", "abouts", "z", "zoos", "üb", "übers", "3", "{", '"', '": 3,\n"a', "猫"]
)
def test_what_is_no_whole_word_is_not(word: str) -> None:
    assert word not in WordList(TEXT)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "nl"])
def test_lists_are_in_order_an_entry_a_line(language: str) -> None:
    """Or halves would be searched in vain."""
    text = words_of(language)._text
    words = [*json.loads(text)]
    assert words == sorted(words)
    assert text.count(b'\n"') == text.count(b'": ') == len(words)
    assert all(word in words_of(language) for word in (words[0], *words[1:-1:997], words[-1]))


@pytest.mark.parametrize(("word", "known"), [("house", True), ("houses", True), ("hou", False), ("xyzzyq", False)])
def test_a_word_is_known_with_its_endings(word: str, known: bool) -> None:
    assert is_known(word, "en") is known
