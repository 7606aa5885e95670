"""Failures of embeddings, which version 0.1.0 blamed on the store, are found by either code."""

import pytest

from foundation.failure_codes import code_today, is_meant_by
from ledger.records import DocumentRecord
from web.advice import ADVICE, advice_for
from work_queue.dead_letters import DeadLetter, Filter

OLD = [
    "the embeddings API cannot be reached: Connection error.",
    "given up after 10 receives: the embeddings API answered 401: Incorrect API key provided",
    "the embeddings API answered with something else than vectors: b'<html>'",
    "a-model answered 2 vectors of [3] dimensions to 2 texts, 4 dimensions were expected",
]
QDRANT = "Qdrant answered 500: no space left on device"


@pytest.mark.parametrize("message", OLD)
def test_what_was_called_store_failed_for_embeddings_has_their_code_today(message: str) -> None:
    assert code_today("store_failed", message) == "embeddings_failed"


@pytest.mark.parametrize(
    ("code", "message"),
    [("store_failed", QDRANT), ("store_failed", None), ("llm_failed", OLD[0]), ("embeddings_failed", None)],
)
def test_every_other_code_stays(code: str, message: str | None) -> None:
    assert code_today(code, message) == code


@pytest.mark.parametrize(
    ("asked", "code", "message", "is_meant"),
    [
        ("store_failed", "store_failed", QDRANT, True),
        ("store_failed", "store_failed", OLD[0], True),
        ("store_failed", "embeddings_failed", "new", True),
        ("embeddings_failed", "embeddings_failed", "new", True),
        ("embeddings_failed", "store_failed", OLD[0], True),
        ("embeddings_failed", "store_failed", QDRANT, False),
        ("llm_failed", "store_failed", OLD[0], False),
    ],
)
def test_filters_take_both(asked: str, code: str, message: str, is_meant: bool) -> None:
    assert is_meant_by(asked, code, message) is is_meant
    assert Filter(code=asked).matches(letter(code, message)) is is_meant


@pytest.mark.parametrize(
    ("asked", "code", "message", "is_named"),
    [
        ("store_failed", "embeddings_failed", "new", False),
        ("store_failed", "store_failed", OLD[0], True),
        ("embeddings_failed", "store_failed", OLD[0], True),
        (None, "embeddings_failed", "new", True),
    ],
)
def test_what_is_deleted_for_good_is_named_exactly(asked: str | None, code: str, message: str, is_named: bool) -> None:
    assert Filter(code=asked).names_exactly(letter(code, message)) is is_named


def test_advice_follows_the_dependency() -> None:
    old = {"state": "failed", "code": "store_failed", "message": OLD[0]}
    meaning, remedy = ADVICE["embeddings_failed"]  # type: ignore[index]
    assert advice_for(DocumentRecord.from_item(old)) == {"meaning": meaning, "remedy": remedy}
    assert "Qdrant" in advice_for(DocumentRecord.from_item({**old, "message": QDRANT}))["remedy"]  # type: ignore[index]


def letter(code: str, reason: str) -> DeadLetter:
    return DeadLetter("d1", "m1", ("source-pdfs/a.pdf",), code, reason, "", "w", 10, "{}")
