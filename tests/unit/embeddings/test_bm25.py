"""Sparse vectors are those of `Qdrant/bm25`: Qdrant's own encoder, and the formula that fastembed writes down."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_edge import Bm25, Bm25Config

from embeddings.bm25 import LANGUAGES, MAX_QUERY_CHARACTERS, Bm25Encoder, asked_in, terms
from embeddings.sparse import SparseVector

ENCODER = Bm25Encoder()
TEXT = "Running cats ran: the net-income of 3M rose by 12.5 % in 2022, l'été à Paris, die Größe der Häuser."


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_passage_is_encoded_as_qdrant_encodes_it(code: str) -> None:
    theirs = Bm25(Bm25Config(language=LANGUAGES[code])).embed_document(TEXT)

    ours = ENCODER.encode_passage(TEXT, code)

    weights = dict(zip(ours.indices, ours.values, strict=True))
    once = ENCODER.encode_query("12.5").indices
    assert {term: weights[term] for term in theirs.indices} == dict(zip(theirs.indices, theirs.values, strict=True))
    assert set(ours.indices) - set(theirs.indices) == set(once) - set(theirs.indices)
    assert ours.indices == sorted(ours.indices)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_query_in_one_language_is_encoded_as_qdrant_encodes_it(code: str) -> None:
    theirs = Bm25(Bm25Config(language=LANGUAGES[code])).embed_query(TEXT)

    ours = ENCODER.encode_query(TEXT, [code])

    joined = set(ENCODER.encode_query("12.5").indices) - set(theirs.indices)
    assert len(joined) == 1
    assert sorted({*theirs.indices, *joined}) == ours.indices
    assert set(ours.values) == {1.0}


def test_weights_are_those_that_fastembed_computes() -> None:
    """f·(k+1) / (f + k·(1 - b + b·length/256)) for a term that comes twice and one that comes once."""
    vector = ENCODER.encode_passage("the cats and the cat sleep", "en")
    assert sorted(round(value, 4) for value in vector.values) == sorted(
        round(count * 2.2 / (count + 1.2 * (1 - 0.75 + 0.75 * 3 / 256)), 4) for count in (2, 1)
    )


@pytest.mark.parametrize(
    ("text", "query", "code"),
    [
        ("中文信息检索是一门学科", "信息检索", "zh"),
        ("水門は十一分で閉まる。", "水門", "ja"),
        ("정보를 검색하는 방법", "정보 검색", "ko"),
        ("ספר על השפה העברית", "שפה", "he"),
        ("การค้นหาข้อมูลภาษาไทย", "ข้อมูล", "th"),
    ],
)
def test_a_word_is_found_where_words_are_not_separated_or_carry_particles(text: str, query: str, code: str) -> None:
    stored = ENCODER.encode_passage(text, code)

    assert set(ENCODER.encode_query(query, [code]).indices) & set(stored.indices)


@pytest.mark.parametrize(
    ("query", "languages", "expected"),
    [
        ("What is the income?", ["en"], ["en"]),
        ("What is the income?", ["en", "de", "fr"], ["en"]),
        ("Was ist die Rechnung der Firma?", ["en", "de", "fr"], ["de"]),
        ("Siemens", ["de", "en"], ["de", "en"]),
        ("Siemens", [], ["en"]),
        ("Siemens", ["und", "pl"], ["en"]),
    ],
)
def test_a_query_is_read_in_the_language_of_its_stop_words(
    query: str, languages: list[str], expected: list[str]
) -> None:
    assert asked_in(query, languages) == expected


def test_a_name_is_looked_for_in_every_language() -> None:
    names = ENCODER.encode_query("Häuser", ["de", "en"])

    assert set(names.indices) == terms("Häuser", "de") | terms("Häuser", "en")


def test_a_text_without_a_telling_word_has_an_empty_vector() -> None:
    assert ENCODER.encode_passage(" \n—", "en") == SparseVector([], [])
    assert ENCODER.encode_query("the of?!", ["en"]) == SparseVector([], [])


def test_of_a_very_long_query_the_beginning_counts() -> None:
    assert ENCODER.encode_query("cat " * 100_000) == ENCODER.encode_query(("cat " * 100_000)[:MAX_QUERY_CHARACTERS])


@given(st.text(), st.sampled_from([*LANGUAGES, "zh", "he", "und"]))
def test_any_text_has_a_vector_that_json_takes(text: str, code: str) -> None:
    vector = ENCODER.encode_passage(text, code)

    assert len(set(vector.indices)) == len(vector.indices) == len(vector.values)
    assert all(value > 0 for value in vector.values)
    json.dumps(vector.indices, allow_nan=False)


def test_half_a_surrogate_pair_is_no_error() -> None:
    ENCODER.encode_passage("broken \ud800 font", "en")
    ENCODER.encode_query("broken \ud800 font")
