"""The offline model: the same everywhere, of unit length, closer for texts that share words or parts of words."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.base import Vector
from embeddings.version_0_1.lexical import LexicalEmbedder


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def closest(query: str, *texts: str) -> str:
    embedder = LexicalEmbedder()
    asked = embedder.embed_query(query)
    by_text: dict[str, Vector] = dict(zip(texts, embedder.embed(texts), strict=True))
    return max(texts, key=lambda text: cosine(asked, by_text[text]))


def test_a_name_says_what_the_vectors_are() -> None:
    assert LexicalEmbedder().name == "lexical-hash-512-v1"
    assert LexicalEmbedder(64).name != LexicalEmbedder().name


def test_a_vector_never_changes() -> None:
    """Vectors are stored and taken over by name, so that a change here needs another name."""
    [vector] = LexicalEmbedder(8).embed(["The wizard casts spells"])

    assert vector == pytest.approx([0.0059, 0.0019, -0.1223, -0.5286, -0.4502, 0.4843, -0.5038, -0.1204], abs=1e-4)


@settings(max_examples=60)
@given(st.text(max_size=400))
def test_every_text_has_a_vector_of_unit_length(text: str) -> None:
    [vector] = LexicalEmbedder(64).embed([text])

    assert math.isclose(math.hypot(*vector), 1.0, rel_tol=1e-9)


def test_shared_words_shared_parts_and_titles_bring_texts_together() -> None:
    assert (
        closest("fire damage", "a ball of fire does damage", "the merchant sells rope") == "a ball of fire does damage"
    )
    assert closest("encrypted", "the encryption of files", "the weather in spring") == "the encryption of files"
    assert (
        closest("Ring Mail", "Ring Mail\nworn by guards", "a ring, or mail, for guards") == "Ring Mail\nworn by guards"
    )


def test_words_that_say_nothing_count_little() -> None:
    assert closest("what is the speed of an owl", "an owl flies fast", "what is the use of it") == "an owl flies fast"


def test_a_question_is_read_like_a_text() -> None:
    embedder = LexicalEmbedder()

    assert [embedder.embed_query("猫の手入れ")] == embedder.embed(["猫の手入れ"])
