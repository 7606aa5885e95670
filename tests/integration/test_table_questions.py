"""A question about a table finds its row: searched in the store, with its cells, their columns' names and its place.

The tables are a sample's, and a paper's in the shared corpus.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from answers.table_rows import MatchedRow, matched_row
from benchmarks.searchable import make_records, read_in, store
from composition.vector_stores import connect, make_stores
from embeddings.static import StaticEmbedder
from pdf_reader.document import SandboxLimits
from pdf_reader.sandbox import PdfSandbox
from tests.support.qdrant import drop_collections
from tests.support.stores import app_config, settings_for
from vector_stores.search import Searcher

#: Hits of which one must name the row.
FIRST_HITS = 3


def searchable(paths: list[Path], folder: Path) -> Iterator[Searcher]:
    settings, config = settings_for(folder), app_config()
    connection, embedder = connect(settings), StaticEmbedder()
    stores = make_stores(settings, connection, embedder)
    sandbox = PdfSandbox(SandboxLimits(), processes=1)
    for path in paths:
        document = read_in(sandbox, path)
        records = make_records(document, config, path.name)["semantic"]
        store({"semantic": records}, stores, embedder, path.name, document.facts.language)
    sandbox.close()
    yield Searcher(stores["semantic"], config)
    connection.close()
    drop_collections(settings.qdrant_semantic_collection.removesuffix("-semantic"))


@pytest.fixture(scope="module")
def searcher(samples: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    paths = [samples / "harbour-handbook.pdf", corpus / "good" / "plos-wheat-tables.pdf"]
    yield from searchable(paths, tmp_path_factory.mktemp("tables"))


def rows_found(searcher: Searcher, question: str) -> list[MatchedRow]:
    hits = searcher.search(question, FIRST_HITS)
    return [row for row in (matched_row(question, hit) for hit in hits) if row]


@pytest.mark.parametrize(
    ("question", "cells", "column", "page"),
    [
        ("What does a berth of 12 to 20 m cost a day in winter?", ("12 to 20 m", "26.00", "15.00", "4.00"), 2, 4),
        ("berth fee up to 8 m in summer", ("up to 8 m", "9.00", "5.00", "1.50"), 1, 4),
        ("What is the fold change of Pipecolate?", ("Pipecolate", "5.89", "<0.001"), 1, 14),
        ("P-value of the fold change of glycerone", ("Glycerone", "0.38", "<0.0001"), 2, 14),
        ("Which pathway is Guanine involved in?", ("Guanine", "Purine metabolism"), 1, 14),
    ],
)
def test_a_question_finds_its_row(
    searcher: Searcher, question: str, cells: tuple[str, ...], column: int, page: int
) -> None:
    found = [row for row in rows_found(searcher, question) if row.cells == cells]
    assert found, rows_found(searcher, question)
    row = found[0]
    assert len(row.header) == len(row.cells)
    assert row.header[column]
    assert {box.page for box in row.boxes} == {page}
    # The row, and not its table: one printed line or a few.
    assert all(0 < box.y1 - box.y0 < 60 for box in row.boxes)


def test_what_no_row_answers_names_none(searcher: Searcher) -> None:
    assert rows_found(searcher, "How long does it take to close the floodgate?") == []
