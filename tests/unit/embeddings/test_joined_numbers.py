"""A number with separators in it is one term, in texts and in queries, beside the parts that BM25's tokenizer makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.bm25 import LANGUAGES, Bm25Encoder
from embeddings.joined_numbers import joined_numbers

ENCODER = Bm25Encoder()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25,850", ["25850"]),
        ("It was $25,850.", ["25850"]),
        ("(1,577) and -1.577 and 1'577 and 1’577", ["1577"] * 4),
        ("| 1,234,567 | 12,5 |", ["1234567", "12p5"]),
        ("1,234.56 or 1.234,56", ["1234p56"] * 2),
        ("0.123 and 0,38", ["0p123", "0p38"]),
        ("3.2.1, 12.10.2024, 10-K, v1.2, Q2'2023, 1,2,3, A1.5", []),
        ("25850 and 5", []),
        ("5.89kg", []),
        ("1,23,456", []),
        ("", []),
    ],
)
def test_what_is_joined(text: str, expected: list[str]) -> None:
    assert list(joined_numbers(text)) == expected


def test_another_order_of_the_same_parts_matches_less() -> None:
    [one, other] = (ENCODER.encode_passage(text, "en") for text in ("tax 25,850", "tax 850,25"))
    asked = set(ENCODER.encode_query("25,850").indices)
    assert len(asked) == 3
    assert len(asked & set(one.indices)) == 3
    assert len(asked & set(other.indices)) == 2


@pytest.mark.parametrize("code", [*LANGUAGES, "ja", "xx"])
def test_however_it_is_written_it_is_the_same_term_in_every_language(code: str) -> None:
    asked = set(ENCODER.encode_query("25,850", [code]).indices)
    for text in ("25,850", "25.850", "25'850", "25850"):
        assert asked & set(ENCODER.encode_passage(text, code).indices), text


@pytest.mark.parametrize("repeats", [1, 3])
def test_its_weight_is_that_of_any_term_that_comes_as_often(repeats: int) -> None:
    text = "single " + "word 25,850 " * repeats
    vector = ENCODER.encode_passage(text, "en")
    weights = dict(zip(vector.indices, vector.values, strict=True))
    [word] = ENCODER.encode_query("word").indices
    for term in ENCODER.encode_query("25,850").indices:
        assert weights[term] == pytest.approx(weights[word], rel=1e-5)


@given(st.text(alphabet="0123456789.,'’ -A", max_size=60))
def test_any_text_is_encoded(text: str) -> None:
    vector = ENCODER.encode_passage(text, "en")
    assert len(vector.indices) == len(vector.values) == len(set(vector.indices))
    assert all(value > 0 for value in vector.values)
    assert set(ENCODER.encode_query(text).indices) == set(vector.indices)
