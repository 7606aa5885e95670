"""A search of one folder: on every server, and of points that don't say which folders their document is in."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from qdrant_client import models

from foundation.errors import DeploymentError
from foundation.store_names import StoreName
from tests.support.stores import app_config, ingest, open_stores, record
from vector_stores import folders
from vector_stores.base import VectorStore
from vector_stores.filters import SearchFilter, holds
from vector_stores.folders import SOURCE_FOLDERS, folders_of
from vector_stores.search import Searcher

Stores = Mapping[StoreName, VectorStore]

ROOT = "source-pdfs/"
#: Names that begin alike, in letters of several bytes, with signs that patterns and addresses know.
KEYS = tuple(
    ROOT + name
    for name in ("a/x.pdf", "ab/x.pdf", "a/b/x.pdf", "A/x.pdf", "é/x.pdf", "e\u0301/x.pdf", "猫/%2F*?.pdf", "a.pdf")
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("source-pdfs/a/b/x.pdf", ["source-pdfs/", "source-pdfs/a/", "source-pdfs/a/b/"]),
        ("source-pdfs/x.pdf", ["source-pdfs/"]),
        ("a//x.pdf", ["a/", "a//"]),
        ("x.pdf", []),
        ("", []),
    ],
)
def test_a_keys_folders(source: str, expected: list[str]) -> None:
    assert folders_of(source) == expected


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with open_stores(tmp_path_factory.mktemp("qdrant")) as opened:
        for number, source in enumerate(KEYS):
            ingest(opened, "000001", [record(number, f"Owls hunt {source}", source=source)], source=source)
        yield opened


@pytest.fixture
def older(stores: Stores) -> Iterator[Stores]:
    """Half of the documents are as version 0.1.0 stored them; the others were stored since."""
    for store in stores.values():
        strip(store, KEYS[::2])
    yield stores
    for store in stores.values():
        store.fill_folders()
        store._unfilled.clear()


def strip(store: VectorStore, sources: tuple[str, ...]) -> None:
    store._unfilled.clear()
    name, root = store.physical_collection, store.metadata_field
    field = f"{root}.{SOURCE_FOLDERS}"
    any_of = models.FieldCondition(key=f"{root}.source", match=models.MatchAny(any=list(sources)))
    only = models.Filter(must=[any_of])
    store.connection.run(lambda client: client.delete_payload(name, [field], only, wait=True))


def found(store: VectorStore, prefix: str) -> set[str]:
    hits = Searcher(store, app_config()).search("Owls hunt", 50, SearchFilter(source_prefix=prefix))
    assert all(holds(hit.metadata, SearchFilter(source_prefix=prefix)) for hit in hits)
    return {hit.metadata["source"] for hit in hits}


#: Folders, beginnings of names, and what looks like one of them.
PREFIXES = (
    "source-pdfs/", "source-pdfs/a/", "source-pdfs/ab/", "source-pdfs/a/b/", "source-pdfs/A/", "source-pdfs/é/",
    "source-pdfs/e\u0301/", "source-pdfs/猫/", "source-pdfs/a", "source-pdfs/a/b/x", "source-pdfs/猫/%2F",
    "source-pdfs/a.", "source", "source-pdfs", "", "source-pdfs/a//", "source-pdfs/a/../ab/", "source-pdfs/./a/",
    "source-pdfs%2Fa/", "source-pdfs/*/", "a/", "/source-pdfs/a/", "source-pdfs/a/x.pdf", "source-pdfs/a/x.pdf/",
    "source-pdfs/none",
)  # fmt: skip


def test_what_keys_begin_with_is_found_and_nothing_else(stores: Stores) -> None:
    for prefix in PREFIXES:
        assert found(stores["pages"], prefix) == {key for key in KEYS if key.startswith(prefix)}, prefix
    for store in stores.values():
        assert found(store, "source-pdfs/a/") == {"source-pdfs/a/x.pdf", "source-pdfs/a/b/x.pdf"}


def test_points_without_folders_are_found_too(older: Stores) -> None:
    for prefix in PREFIXES:
        assert found(older["pages"], prefix) == {key for key in KEYS if key.startswith(prefix)}, prefix
    for store in older.values():
        assert found(store, "source-pdfs/a/") == {"source-pdfs/a/x.pdf", "source-pdfs/a/b/x.pdf"}


def test_filling_gives_every_point_its_folders_once(older: Stores) -> None:
    for store in older.values():
        assert store.unfilled_sources() == sorted(KEYS[::2])
        assert store.fill_folders() == len(KEYS[::2])
        assert store.fill_folders() == 0
        hits = Searcher(store, app_config()).search("Owls hunt", 50)
        assert {hit.metadata["source"]: hit.metadata[SOURCE_FOLDERS] for hit in hits} == {
            key: folders_of(key) for key in KEYS
        }
        store._unfilled.clear()
        assert store.unfilled_sources() == []


def test_a_worker_of_the_older_version_may_go_on_writing(stores: Stores) -> None:
    """After a look that found nothing to fill, within the minute for which it counts: found by the next look."""
    store = stores["semantic"]
    store._unfilled.clear()
    assert found(store, "source-pdfs/a/b/") == {"source-pdfs/a/b/x.pdf"}
    known = dict(store._unfilled)
    strip(store, ("source-pdfs/a/b/x.pdf",))
    store._unfilled.update(known)
    assert found(store, "source-pdfs/a/b/") == set()
    store._unfilled.clear()
    assert found(store, "source-pdfs/a/b/") == {"source-pdfs/a/b/x.pdf"}
    store.fill_folders()
    store._unfilled.clear()


def test_more_documents_than_a_search_can_name_are_no_partial_answer(
    older: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MAX_NAMED_SOURCES", 2)
    with pytest.raises(DeploymentError, match="fill-folders"):
        found(older["pages"], "source-pdfs/a/")


def test_a_collection_that_is_not_there_needs_no_filling(tmp_path: Path) -> None:
    with open_stores(tmp_path) as opened:
        assert [store.fill_folders() for store in opened.values()] == [0, 0, 0]
        assert found(opened["pages"], "source-pdfs/a") == set()
