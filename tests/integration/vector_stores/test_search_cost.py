"""A search does as much in Python among many points as among few: the engine looks at points, this program at hits."""

from pathlib import Path

import pytest

from benchmarks.search_time import count_calls
from data_ingestion import indexer
from tests.support.stores import app_config, ingest, open_stores, record
from vector_stores.search import MIN_CANDIDATES, Searcher

FEW, MANY = 150, 900
#: The client's own bookkeeping differs a little from call to call.
TOLERANCE = 1.05


def test_a_query_costs_no_more_python_among_six_times_the_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of hits that are equal, those come first whose batch was written first: each time the same.
    monkeypatch.setattr(indexer, "BATCHES_IN_FLIGHT", 1)
    assert FEW > MIN_CANDIDATES
    calls = {}
    with open_stores(tmp_path) as stores:
        for count in (FEW, MANY):
            source = f"source-pdfs/{count}.pdf"
            ingest(
                stores,
                "000001-a",
                [record(at, f"Owls of barn {at}", source=source) for at in range(count)],
                source=source,
            )
            searcher = Searcher(stores["semantic"], app_config())
            searcher.search("owls")  # learns the languages
            calls[count] = count_calls(lambda searcher=searcher: searcher.search("owls of the barn"))

    assert calls[MANY] <= calls[FEW] * TOLERANCE
