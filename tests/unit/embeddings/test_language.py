"""The language that a document names, as the code that encoders know."""

import pytest

from embeddings.language import UNKNOWN, declared_language


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("de-AT", "de"),
        ("EN-US", "en"),
        ("pt_BR", "pt"),
        ("fr", "fr"),
        ("English", UNKNOWN),
        ("", UNKNOWN),
        ("d", UNKNOWN),
    ],
)
def test_a_code_is_taken_from_what_a_document_names(named: str, expected: str) -> None:
    assert declared_language(named) == expected
