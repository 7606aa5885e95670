"""Counting and cutting by tokens, with the real vocabulary where it is at hand and with the estimate everywhere."""

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import tokens
from foundation.tokens import TokenCounter

ENGLISH = "The quick brown fox jumps over the lazy dog, and nobody asks it to. " * 40
TEXTS = {
    "english": ENGLISH,
    "lines": "one line\n" * 2_000,
    "chinese": "猫と犬が走る。" * 800,
    "emoji": "👩‍👩‍👧‍👦🏽" * 300,
    "one endless word": "x" * 60_000,
    "blanks": " " * 30_000,
    "a lone surrogate": "before \ud800 after",
    "special tokens": "<|endoftext|> and <|im_start|>",
    "empty": "",
}


@pytest.fixture(params=["exact", "estimated"])
def counter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> TokenCounter:
    if request.param == "estimated":
        monkeypatch.setattr(tokens, "_load", lambda encoding_name: None)
    made = TokenCounter()
    if request.param == "exact" and not made.is_exact:
        pytest.skip("the vocabulary is not on this machine (TIKTOKEN_CACHE_DIR)")
    return made


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("max_tokens", [1, 7, 500])
def test_spans_cover_the_text_without_gap_or_overlap(counter: TokenCounter, text: str, max_tokens: int) -> None:
    spans = list(counter.spans(text, max_tokens))

    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


@pytest.mark.parametrize("name", ["english", "lines", "chinese", "one endless word"])
def test_each_span_keeps_to_the_budget(counter: TokenCounter, name: str) -> None:
    counts = [counter.count(TEXTS[name][start:end]) for start, end in counter.spans(TEXTS[name], 50)]

    # A cut inside a word may tokenise anew, so a part can exceed by what one word holds.
    assert max(counts) <= 53
    assert sum(counts) <= counter.count(TEXTS[name]) * 1.05 + len(counts)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_truncating_keeps_the_beginning(counter: TokenCounter, text: str) -> None:
    kept = counter.truncate(text, 20)

    assert text.startswith(kept)
    assert len(kept) == len(text) or counter.count(kept) >= 15
    assert counter.truncate(text, 0) == ""
    assert counter.truncate(text, 10_000_000) == text


@pytest.mark.parametrize("encoding_name", ["cl100k_base", "o200k_base"])
def test_counts_are_tiktokens(encoding_name: str) -> None:
    counter = TokenCounter(encoding_name)
    if not counter.is_exact:
        pytest.skip("the vocabulary is not on this machine (TIKTOKEN_CACHE_DIR)")
    theirs = tiktoken.get_encoding(encoding_name)

    for text in (ENGLISH, TEXTS["chinese"], TEXTS["special tokens"]):
        short = text[: tokens.MAX_PIECE_CHARACTERS]
        assert counter.count(short) == len(theirs.encode_ordinary(short))


def test_special_tokens_in_a_text_are_counted_as_text(counter: TokenCounter) -> None:
    assert counter.count("<|endoftext|>") > 1


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=400), max_tokens=st.integers(1, 30))
def test_any_text_is_cut_losslessly(text: str, max_tokens: int) -> None:
    for made in (TokenCounter(), _estimating()):
        spans = list(made.spans(text, max_tokens))
        assert "".join(text[start:end] for start, end in spans) == text


def test_the_estimate_is_near_the_truth() -> None:
    exact = TokenCounter()
    if not exact.is_exact:
        pytest.skip("the vocabulary is not on this machine (TIKTOKEN_CACHE_DIR)")

    for text in (ENGLISH, TEXTS["lines"], TEXTS["chinese"]):
        assert _estimating().count(text) == pytest.approx(exact.count(text), rel=0.35)


def test_counting_stays_linear_on_a_word_of_half_a_million_characters() -> None:
    """Pieces are bounded, so no piece that tiktoken sees is longer than the limit."""
    pieces = list(tokens._pieces("x" * 500_000))

    assert max(end - start for start, end in pieces) <= tokens.MAX_PIECE_CHARACTERS
    assert pieces[0][0] == 0
    assert pieces[-1][1] == 500_000


def _estimating() -> TokenCounter:
    made = TokenCounter.__new__(TokenCounter)
    made._encoding = None
    return made
