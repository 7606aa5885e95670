"""Strings from PDFs become fit to store, search and print."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdf_reader.child.cleaning import clean_line, clean_string


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain text", "plain text"),
        ("ﬁrst oﬃce ﬂoor", "first office floor"),
        ("Two-\u00ad\u2010handed", "Two-handed"),
        ("self\u2010made non\u2011stop", "self-made non-stop"),
        ("co\u00adoperate", "cooperate"),
        ("infor\u00ad", "infor\u00ad"),
        ("a\t\r \u00a0b\u3000c", "a b c"),
        ("e\u0301te\u0301", "été"),
        ("nul\x00 esc\x1b bidi\u202e rtl\u200f", "nul esc bidi rtl"),
        ("lone \ud800 surrogate \ufdd0 non\U0001ffffcharacter", "lone surrogate noncharacter"),
        ("ﻣﺮﺣﺒﺎ", "مرحبا"),
        ("שּׁלום", "שּׁלום"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x² ½ ™", "x² ½ ™"),
    ],
)
def test_text_is_cleaned_but_says_the_same(raw: str, clean: str) -> None:
    assert clean_line(raw) == unicodedata.normalize("NFC", clean)


@given(st.text(st.characters(codec=None)))
def test_cleaned_text_can_be_stored_whatever_it_was(raw: str) -> None:
    clean = clean_line(raw)

    clean.encode("utf-8")
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in clean)
    assert "  " not in clean


@given(st.text(st.characters(codec=None)), st.integers(min_value=0, max_value=50))
def test_strings_are_capped(raw: str, length: int) -> None:
    clean = clean_string(raw, length)

    assert len(clean) <= length
    assert clean == clean.strip()


def test_what_is_no_string_becomes_empty() -> None:
    assert clean_string(None, 10) == ""
