"""What a point says of its text."""

import hashlib

import pytest

from vector_stores.points import embedding_sha256


@pytest.mark.parametrize("length", [0, 1, 2_040, 2_041, 4_094, 50_000])
def test_the_digest_of_a_text_is_its_sha256_however_long_it_is(length: int) -> None:
    text = "é\ud800" * (length // 2) + "x" * (length % 2)

    whole = f"a-model\n{text}".encode("utf-8", "surrogatepass")

    assert embedding_sha256(text, "a-model") == hashlib.sha256(whole).hexdigest()
