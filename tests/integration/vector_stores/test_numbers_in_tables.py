"""A number in a table of 2,000 rows is found, also by who asks for it in another spelling."""

import random
from collections.abc import Iterator, Sequence

import pytest

from embeddings.static import StaticEmbedder
from tests.support.stores import app_config, ingest, open_stores, record
from vector_stores.base import VectorStore
from vector_stores.search import Searcher

ROWS, ROWS_A_CHUNK, ASKED, FIRST_HITS = 2_000, 40, 40, 3


def rows() -> list[tuple[int, int]]:
    """As a tax table has them: no two rows have the same tax, and its digits stand in many others."""
    random.seed(23)
    taxes = random.sample(range(1_000, 40_000), ROWS)
    return [(50 * number, tax) for number, tax in enumerate(sorted(taxes), start=60)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorStore]:
    found = rows()
    chunks = [found[start : start + ROWS_A_CHUNK] for start in range(0, ROWS, ROWS_A_CHUNK)]
    records = [
        record(number, "\n".join(f"| {income:,} | {tax:,} |" for income, tax in chunk), "Tax table")
        for number, chunk in enumerate(chunks)
    ]
    with open_stores(tmp_path_factory.mktemp("tables"), StaticEmbedder()) as opened:
        ingest({"semantic": opened["semantic"]}, "000001", records)
        yield opened["semantic"]


def share_found(store: VectorStore, questions: Sequence[tuple[str, int]]) -> float:
    """Of questions with the tax that they ask for: for how many the first hits have its row."""
    searcher = Searcher(store, app_config())
    found = [any(f"| {tax:,} |" in hit.text for hit in searcher.search(asked, FIRST_HITS)) for asked, tax in questions]
    return sum(found) / len(found)


@pytest.mark.parametrize("spelling", ["{:,}", "${:,}", "{}"])
def test_a_rows_number_is_found(store: VectorStore, spelling: str) -> None:
    asked = random.Random(7).sample(rows(), ASKED)
    questions = [(f"For which income is the tax {spelling.format(tax)}?", tax) for _, tax in asked]
    assert share_found(store, questions) >= 0.95
