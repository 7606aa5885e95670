"""What is put before questions and passages, by the model's name."""

import pytest

from embeddings.prefixes import Prefixes, prefixes_of


@pytest.mark.parametrize(
    ("model", "query", "passage"),
    [
        ("intfloat/e5-small-v2", "query: ", "passage: "),
        ("intfloat/multilingual-e5-base", "query: ", "passage: "),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        ("/models/nomic-embed-text-v1.5/", "search_query: ", "search_document: "),
    ],
)
def test_known_models_get_their_prefixes(model: str, query: str, passage: str) -> None:
    assert prefixes_of(model) == Prefixes(query, passage)


def test_the_most_specific_name_counts() -> None:
    assert prefixes_of("intfloat/multilingual-e5-large-instruct").passage == ""
    assert prefixes_of("BAAI/bge-base-en-v1.5").query.startswith("Represent this sentence")


@pytest.mark.parametrize("model", ["sentence-transformers/all-MiniLM-L6-v2", "BAAI/bge-m3", "something/new"])
def test_other_models_get_none(model: str) -> None:
    assert prefixes_of(model) == Prefixes()
