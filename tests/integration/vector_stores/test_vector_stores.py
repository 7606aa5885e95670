"""The three stores in an embedded Qdrant: generations flip whole, documents keep apart, models never mix."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from composition.vector_stores import connect
from embeddings.static import StaticEmbedder
from foundation.errors import CancelledWorkError, DeploymentError, FailureCode, TransientError
from foundation.store_names import StoreName
from tests.support.stores import (
    CountingEmbedder,
    app_config,
    document_id,
    index,
    ingest,
    open_stores,
    record,
    settings_for,
)
from vector_stores import generations
from vector_stores.base import VectorStore
from vector_stores.filters import SearchFilter
from vector_stores.search import Searcher
from vector_stores.semantic_store import SemanticStore

Stores = Mapping[StoreName, VectorStore]

OLD = [record(0, "Owls hunt at night.", "Animals", "Owls"), record(1, "Foxes hunt at dusk.", "Animals", "Foxes")]
NEW = [record(0, "Owls sleep by day.", "Animals", "Owls")]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with open_stores(tmp_path / "qdrant") as opened:
        yield opened


def texts(store: VectorStore, query: str = "hunt sleep", **limits: Any) -> set[str]:
    searcher = Searcher(store, app_config())
    return {hit.text for hit in searcher.search(query, 10, SearchFilter(**limits))}


def all_texts(stores: Stores) -> list[set[str]]:
    return [texts(store) for store in stores.values()]


def test_a_store_in_which_nothing_was_written_has_nothing(stores: Stores) -> None:
    assert all_texts(stores) == [set(), set(), set()]
    for store in stores.values():
        assert store.sample().hits == []
        assert store.count() == 0
        assert store.stats().points == 0
    generations.remove(list(stores.values()), document_id())


def test_what_is_written_is_found_only_once_it_is_published(stores: Stores) -> None:
    index(stores, "000001-a", OLD)
    assert all_texts(stores) == [set(), set(), set()]

    generations.publish(list(stores.values()), document_id(), "000001-a")
    assert all_texts(stores) == [{"Owls hunt at night.", "Foxes hunt at dusk."}] * 3


def test_publishing_replaces_the_version_before_and_deletes_it(stores: Stores) -> None:
    ingest(stores, "000001-a", OLD)
    ingest(stores, "000002-b", NEW)

    assert all_texts(stores) == [{"Owls sleep by day."}] * 3
    assert [store.count() for store in stores.values()] == [1, 1, 1]


def test_a_collection_that_was_deleted_under_a_running_worker_is_made_again(stores: Stores) -> None:
    ingest(stores, "000001-a", OLD)
    for store in stores.values():
        store.connection.run(lambda client, store=store: client.delete_collection(store.physical_collection))  # type: ignore[misc]

    ingest(stores, "000002-b", NEW)
    assert all_texts(stores) == [{"Owls sleep by day."}] * 3


def test_a_version_without_text_leaves_nothing_of_the_one_before(stores: Stores) -> None:
    ingest(stores, "000001-a", OLD)
    ingest(stores, "000002-b", [])

    assert [store.count() for store in stores.values()] == [0, 0, 0]


def test_publishing_again_changes_nothing(stores: Stores) -> None:
    ingest(stores, "000001-a", OLD)
    generations.publish(list(stores.values()), document_id(), "000001-a")

    assert all_texts(stores) == [{"Owls hunt at night.", "Foxes hunt at dusk."}] * 3


def test_leftovers_of_a_failed_attempt_are_deleted_with_the_next_publish(stores: Stores) -> None:
    index(stores, "000001-a", OLD)
    ingest(stores, "000002-b", NEW)

    assert [store.count() for store in stores.values()] == [1, 1, 1]


def test_what_is_known_only_in_the_end_is_added_when_it_is_published(stores: Stores) -> None:
    """A category comes from a model, whose answer need not be waited for before points are written."""
    ingest(stores, "000001-a", OLD)
    index(stores, "000002-b", NEW)
    generations.publish(list(stores.values()), document_id(), "000002-b", {"constrained_category": "Animals"})

    assert [texts(store, category="Animals") for store in stores.values()] == [{"Owls sleep by day."}] * 3
    [hit] = stores["pages"].sample().hits
    assert hit.metadata["heading_path"] == "Animals > Owls"


def test_an_older_generation_never_replaces_a_newer_one(stores: Stores) -> None:
    """A worker that lost its lease without noticing gets here after the one that took over."""
    index(stores, "000001-a", OLD)
    ingest({"semantic": stores["semantic"]}, "000002-b", NEW)
    index(stores, "000001-a", OLD)

    with pytest.raises(CancelledWorkError) as lost:
        generations.publish(list(stores.values()), document_id(), "000001-a")

    assert lost.value.code is FailureCode.LEASE_LOST
    assert texts(stores["semantic"]) == {"Owls sleep by day."}
    assert texts(stores["pages"]) == set()


@pytest.mark.parametrize("failing", ["pages", "semantic", "haystack"])
def test_when_one_store_fails_to_flip_the_old_version_serves_in_all(
    stores: Stores, failing: StoreName, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(stores, "000001-a", OLD)
    index(stores, "000002-b", NEW)
    flip = VectorStore.flip

    def fail_once(store: VectorStore, *args: Any, activate: Sequence[str], **more: Any) -> None:
        flip(store, *args, activate=activate, **more)
        if store.name == failing and activate == ["000002-b"]:
            raise TransientError(FailureCode.STORE_FAILED, "timed out, though it was done", dependency="qdrant")

    monkeypatch.setattr(VectorStore, "flip", fail_once)
    with pytest.raises(TransientError):
        generations.publish(list(stores.values()), document_id(), "000002-b")

    assert all_texts(stores) == [{"Owls hunt at night.", "Foxes hunt at dusk."}] * 3


def test_a_store_that_is_not_a_target_keeps_what_it_serves(stores: Stores) -> None:
    ingest(stores, "000001-a", OLD)
    ingest({"pages": stores["pages"]}, "000002-b", NEW)

    assert texts(stores["pages"]) == {"Owls sleep by day."}
    assert texts(stores["semantic"]) == texts(stores["haystack"]) == {"Owls hunt at night.", "Foxes hunt at dusk."}


def test_documents_of_the_same_name_in_two_folders_never_touch_each_other(stores: Stores) -> None:
    one, two = "source-pdfs/one/x.pdf", "source-pdfs/two/x.pdf"
    ingest(stores, "000001-a", [record(0, "Owls hunt.", source=one)], source=one)
    ingest(stores, "000001-a", [record(0, "Foxes hunt.", source=two)], source=two)
    ingest(stores, "000002-b", [record(0, "Owls sleep.", source=one)], source=one)

    assert all_texts(stores) == [{"Owls sleep.", "Foxes hunt."}] * 3

    generations.remove(list(stores.values()), document_id(one))
    assert all_texts(stores) == [{"Foxes hunt."}] * 3


def test_the_payload_holds_what_the_design_promises(stores: Stores) -> None:
    ingest(stores, "000001-a", NEW)

    [hit] = stores["semantic"].sample().hits
    assert hit.text == "Owls sleep by day."
    assert hit.metadata.items() >= NEW[0].metadata.items()
    assert (
        hit.metadata.items()
        >= {"generation": "000001-a", "active": True, "embedding_model": "lexical-hash-64-v1"}.items()
    )
    assert {len(hit.metadata[field]) for field in ("text_sha256", "embedding_sha256")} == {64}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorStore]:
    """A store of two documents that tests share because they only search it."""
    other = "source-pdfs/b.pdf"
    records = [
        record(0, "Owls", constrained_category="Birds"),
        record(1, "Foxes", pages_spanned=[2, 3]),
    ]
    with open_stores(tmp_path_factory.mktemp("zoo") / "qdrant") as stores:
        ingest(stores, "000001-a", records)
        ingest(stores, "000001-a", [record(0, "Bears", source=other)], source=other)
        yield stores["semantic"]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, {"Owls", "Foxes", "Bears"}),
        ({"source": "source-pdfs/a.pdf"}, {"Owls", "Foxes"}),
        ({"document_id": document_id("source-pdfs/b.pdf")}, {"Bears"}),
        ({"category": "Birds"}, {"Owls"}),
        ({"first_page": 2}, {"Foxes"}),
        ({"last_page": 1}, {"Owls", "Bears"}),
        ({"first_page": 2, "last_page": 2}, {"Foxes"}),
        ({"first_page": 3, "last_page": 3}, {"Foxes"}),
        ({"first_page": 4}, set()),
        ({"source": "source-pdfs/a.pdf", "category": "Fish"}, set()),
    ],
)
def test_a_search_keeps_within_its_limits(zoo: VectorStore, limits: dict[str, Any], expected: set[str]) -> None:
    assert texts(zoo, "owls foxes bears", **limits) == expected


def test_a_search_can_explain_its_scores(stores: Stores) -> None:
    ingest(stores, "000001-a", OLD)
    searcher = Searcher(stores["semantic"], app_config())

    plain, explained = searcher.search("Owls"), searcher.search("Owls", explain=True)

    assert [hit.id for hit in plain] == [hit.id for hit in explained]
    assert {hit.dense_score for hit in plain} == {0.0}
    assert explained[0].text == "Owls hunt at night."
    assert explained[0].dense_score > 0 < explained[0].sparse_score


@pytest.mark.parametrize("query", ["", "   ", "?!"])
def test_a_query_without_words_is_answered(stores: Stores, query: str) -> None:
    ingest(stores, "000001-a", OLD)

    hits = Searcher(stores["pages"], app_config()).search(query)

    assert hits == []


def test_a_search_that_would_weigh_nothing_is_not_made(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an alpha of 0 no question is sent to an embeddings API."""
    ingest(stores, "000001-a", OLD)
    store = stores["semantic"]
    monkeypatch.setattr(store.embedder, "embed_query", lambda text: pytest.fail("asked"))

    hits = Searcher(store, app_config(rerank_alpha=0.0)).search("owls", explain=True)

    assert [hit.text for hit in hits] == ["Owls hunt at night."]
    assert hits[0].dense_score == 0.0 < hits[0].sparse_score


def test_a_model_that_cannot_read_a_question_does_not_rank_its_passages(tmp_path: Path) -> None:
    """WordLlama spells Arabic letter by letter: its nearest passage would come before the one that has the words."""
    other = ["الكهرباء اسم يضم مجموعة متنوعة من الظواهر.", "ما هو التيار؟ ما هو الجهد؟", "ما هي وحدة القياس؟"]
    answer = "كان قدماء المصريين يسمون سمك الرعاش صاعقة النيل، كما وصفوها بأنها حامية جميع الأسماك الأخرى."
    with open_stores(tmp_path, StaticEmbedder()) as made:
        ingest(made, "000001-a", [record(at, text) for at, text in enumerate([*other, answer])])
        searcher = Searcher(made["semantic"], app_config())

        hits = searcher.search("ماذا كان المصريون القدماء يسمون السمك الرعاش؟", explain=True)

        assert hits[0].text == answer
        assert {hit.dense_score for hit in hits} == {0.0}
        assert searcher.search("electricity", explain=True)[0].dense_score != 0.0


def test_samples_go_on_where_they_ended(stores: Stores) -> None:
    ingest(stores, "000001-a", [record(n, f"Text {n}") for n in range(5)])

    seen, offset = [], None
    while True:
        sample = stores["pages"].sample(2, offset)
        seen += [hit.text for hit in sample.hits]
        if (offset := sample.next_offset) is None:
            break

    assert sorted(seen) == [f"Text {n}" for n in range(5)]


def test_stats_count_points_and_documents(stores: Stores) -> None:
    ingest(stores, "000001-a", OLD)
    index(stores, "000002-b", NEW)

    assert stores["semantic"].stats().as_json() == {
        "store": "semantic",
        "collection": stores["semantic"].collection,
        "serving": stores["semantic"].collection + "--lexical-hash-64-v1--bm25",
        "embedding_model": "lexical-hash-64-v1",
        "points": 3,
        "active_points": 2,
        "documents": 1,
    }


def test_vectors_of_another_model_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        ingest(stores, "000001-a", OLD)
    with open_stores(tmp_path, CountingEmbedder(64, name="other-model")) as stores:
        with pytest.raises(DeploymentError, match="migrate-embeddings"):
            index(stores, "000002-b", NEW)
        with pytest.raises(DeploymentError, match="migrate-embeddings"):
            texts(stores["pages"])


def test_other_dimensions_under_the_same_name_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        ingest(stores, "000001-a", OLD)
    with (
        open_stores(tmp_path, CountingEmbedder(32, name="lexical-hash-64-v1")) as stores,
        pytest.raises(DeploymentError, match=r"64 dimensions.*32.*another name"),
    ):
        index(stores, "000002-b", NEW)


def test_a_collection_that_somebody_else_made_is_refused_with_what_to_do(tmp_path: Path) -> None:
    from qdrant_client import models

    with open_stores(tmp_path) as stores:
        store = stores["semantic"]
        anything = models.VectorParams(size=4, distance=models.Distance.DOT)
        store.connection.run(lambda client: client.create_collection(store.collection, anything))

        with pytest.raises(DeploymentError, match="that this program did not make"):
            store.ensure()


def test_several_workers_may_create_the_collections_at_once(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        connection = stores["semantic"].connection
        workers = [SemanticStore(connection, stores["semantic"].collection, CountingEmbedder()) for _ in range(8)]
        barrier, failures = threading.Barrier(len(workers)), []

        def ensure(store: VectorStore) -> None:
            barrier.wait()
            try:
                store.ensure()
            except BaseException as error:  # noqa: BLE001
                failures.append(error)

        threads = [threading.Thread(target=ensure, args=(store,)) for store in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        ingest({"semantic": workers[0]}, "000001-a", OLD)
        assert workers[7].count() == 2


def test_a_server_that_is_away_is_a_failure_worth_retrying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vector_stores.client._MAX_WAIT_SECONDS", 0.01)
    connection = connect(settings_for(tmp_path, qdrant_url="http://127.0.0.1:9"))

    with pytest.raises(TransientError, match="cannot be reached") as away:
        SemanticStore(connection, "dnd_semantic", CountingEmbedder()).ensure()

    assert away.value.dependency == "qdrant"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 0),
        ("  \n ", 0),
        ("🦉🦉🦉", 0),
        ("?!*", 0),
        ("a", None),
        ("owls " * 20_000, 1),
        ('owls"}], "filter": {"must": [{"key": "metadata.active"', 1),
        ("owls'; DROP TABLE points; --", 1),
        ("owls \x00\ud800", 1),
    ],
)
def test_odd_queries_are_searched_for_what_they_say(stores: Stores, query: str, found: int | None) -> None:
    """Nothing without a letter or digit is asked for; of a very long query the beginning counts; all else is words."""
    ingest(stores, "000001-a", [*OLD, record(2, "Hidden plans.", "Secret")])
    hits = Searcher(stores["semantic"], app_config()).search(query, 10, explain=True)
    assert bool(hits) is bool(found) or found is None
    if found:
        assert hits[0].text == "Owls hunt at night."
