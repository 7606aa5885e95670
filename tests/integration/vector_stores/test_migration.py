"""Another embedding model: the new collection is filled from stored text, then the alias moves; search never stops."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition.vector_stores import connect, make_stores
from embeddings.base import Vector
from embeddings.bm25 import Bm25Encoder
from embeddings.static import StaticEmbedder
from embeddings.version_0_1.lexical import LexicalEmbedder
from embeddings.version_0_1.sparse import TitleTermsEncoder
from foundation.errors import DeploymentError, FailureCode, TransientError
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
from vector_stores import generations, migration
from vector_stores.base import Record, VectorStore
from vector_stores.collection import Collection
from vector_stores.migration import PointState, drop_left_over, migrate, side_by_side
from vector_stores.place import Place, physical_name
from vector_stores.points import embedding_text
from vector_stores.search import Searcher

#: Instead of 64: three batches are as many of a small document.
BATCH_POINTS = 8
CHUNKS = 3 * BATCH_POINTS
OTHER = "source-pdfs/other.pdf"


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "BATCH_POINTS", BATCH_POINTS)


def handbook() -> list[Record]:
    return [record(n, f"Chunk {n} of the handbook.", "Handbook", f"Section {n}") for n in range(CHUNKS)]


class Models:
    """The same folder seen through two models: the one that serves, and the one that is to."""

    def __init__(self, folder: Path) -> None:
        settings = settings_for(folder)
        self.connection = connect(settings)
        self.old_embedder = CountingEmbedder(64, name="old-model")
        self.new_embedder = CountingEmbedder(32, name="new/model")
        self.old = make_stores(settings, self.connection, self.old_embedder)
        self.new = make_stores(settings, self.connection, self.new_embedder)


@pytest.fixture
def models(tmp_path: Path) -> Iterator[Models]:
    made = Models(tmp_path)
    ingest(made.old, "000001-a", handbook())
    ingest(made.old, "000001-a", [record(0, "Rope.", source=OTHER)], source=OTHER)
    yield made
    made.connection.close()


def texts(store: VectorStore, query: str = "chunk of the handbook rope") -> set[str]:
    return {hit.text for hit in Searcher(store, app_config()).search(query, 2 * CHUNKS)}


@pytest.mark.parametrize("name", ["pages", "semantic", "haystack"])
def test_the_new_collection_holds_what_the_old_one_held(models: Models, name: StoreName) -> None:
    before = texts(models.old[name])

    done = migrate(models.new[name])

    assert (done.points, done.embedded) == (CHUNKS + 1, CHUNKS + 1)
    assert texts(models.new[name]) == before
    assert models.new[name].stats().serving == models.new[name].physical_collection


def test_what_is_embedded_is_what_ingesting_again_would_embed(models: Models) -> None:
    """Heading path and context as well: the next ingestion takes all vectors over."""
    migrate(models.new["semantic"])
    models.new_embedder.asked.clear()

    again = index({"semantic": models.new["semantic"]}, "000002-b", handbook())

    assert (again.embedded, again.reused) == (0, CHUNKS)


def test_a_text_that_is_not_embedded_as_it_stands_is_kept_along(models: Models) -> None:
    """Pages are stored with their running headers and embedded without."""
    page = Record(0, "Header\nRope.\nFooter", "Goods\n\nRope.", record(0, "", source=OTHER).metadata)
    ingest({"pages": models.old["pages"]}, "000002-b", [page], source=OTHER)

    migrate(models.new["pages"])

    assert "Goods\n\nRope." in models.new_embedder.asked


def test_migrating_again_does_nothing(models: Models) -> None:
    migrate(models.new["pages"])
    models.new_embedder.asked.clear()

    assert migrate(models.new["pages"]).embedded == 0
    assert models.new_embedder.asked == []


def test_a_store_in_which_nothing_was_written_needs_no_migration(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        assert migrate(stores["pages"]).points == 0


def test_an_interrupted_migration_goes_on_where_it_was(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    embed = CountingEmbedder.embed
    paid: list[str] = []

    def fail_in_the_end(self: CountingEmbedder, batch: Sequence[str]) -> list[Vector]:
        if len(paid) >= 2 * BATCH_POINTS:
            raise TransientError(FailureCode.EMBEDDINGS_FAILED, "the API is away", dependency="embeddings")
        paid.extend(batch)
        return embed(self, batch)

    store = models.new["semantic"]
    with monkeypatch.context() as patched:
        patched.setattr(CountingEmbedder, "embed", fail_in_the_end)
        with pytest.raises(TransientError):
            migrate(store)
    assert texts(models.old["semantic"]) == {one.text for one in handbook()} | {"Rope."}

    models.new_embedder.asked.clear()
    stored = store.count()
    migrate(store)

    assert stored > 0
    assert len(models.new_embedder.asked) == CHUNKS + 1 - stored


def test_progress_is_told(models: Models) -> None:
    told: list[tuple[int, int]] = []

    migrate(models.new["pages"], lambda done, total: told.append((done, total)))

    assert {total for _, total in told} == {CHUNKS + 1}
    assert told[0][0] < told[-1][0] == CHUNKS + 1


def test_what_workers_do_meanwhile_is_taken_along(models: Models) -> None:
    """The old model's workers replace, add and delete documents while the points are copied."""
    new_version = [record(0, "A new handbook.")]
    added, deleted = "source-pdfs/added.pdf", OTHER
    has_worked = threading.Event()

    def work(done: int, total: int) -> None:
        if not has_worked.is_set():
            has_worked.set()
            ingest(models.old, "000002-b", new_version)
            ingest(models.old, "000001-a", [record(0, "An added chunk.", source=added)], source=added)
            generations.remove(list(models.old.values()), document_id(deleted))

    migrate(models.new["semantic"], work)

    assert texts(models.new["semantic"], "handbook chunk rope") == {"A new handbook.", "An added chunk."}
    assert models.new["semantic"].count() == 2


def test_what_a_flip_says_of_a_document_is_taken_along(models: Models) -> None:
    """Regression: points that were copied before their flip stayed without category and title."""
    index(models.old, "000002-b", handbook())

    def flip(done: int, total: int) -> None:
        if done == total and not models.old["semantic"].generations(document_id(), active=True) & {"000002-b"}:
            found = {"constrained_category": "Books", "document_title": "The handbook"}
            generations.publish(list(models.old.values()), document_id(), "000002-b", found)

    migrate(models.new["semantic"], flip)

    store = models.new["semantic"]
    hits = [store.hit(point, 0.0) for point in store.scroll(store.filter(document_id=document_id()), ["metadata"])]
    assert len(hits) == CHUNKS
    assert {(hit.metadata["constrained_category"], hit.metadata["document_title"]) for hit in hits} == {
        ("Books", "The handbook")
    }
    assert {hit.metadata["embedding_model"] for hit in hits} == {"new/model"}


def test_a_document_published_just_before_the_alias_moves_is_not_lost(
    models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = models.new["semantic"]
    make_current = Collection.make_current

    def publish_first(home: Collection) -> None:
        ingest({"semantic": models.old["semantic"]}, "000002-b", [record(0, "A new handbook.")])
        make_current(home)

    monkeypatch.setattr(Collection, "make_current", publish_first)
    migrate(store)

    assert texts(store) == {"A new handbook.", "Rope."}
    assert store.generations(document_id()) == {"000002-b"}


def test_search_goes_on_with_the_old_model_until_its_collection_is_dropped(models: Models) -> None:
    stop, faults = threading.Event(), []
    everything = {one.text for one in handbook()} | {"Rope."}

    def search() -> None:
        while not stop.is_set():
            if texts(models.old["pages"]) != everything:
                faults.append("incomplete")

    reader = threading.Thread(target=search)
    reader.start()
    try:
        done = migrate(models.new["pages"])
    finally:
        stop.set()
        reader.join()

    assert faults == []
    assert done.left_over == models.old["pages"].physical_collection
    drop_left_over(models.new["pages"], done.left_over)
    with pytest.raises(DeploymentError, match="migrate-embeddings"):
        texts(models.old["pages"])


def test_the_serving_collection_is_never_dropped(models: Models) -> None:
    with pytest.raises(ValueError, match="serves"):
        drop_left_over(models.old["pages"], models.old["pages"].physical_collection)


def test_workers_with_the_old_model_are_refused_afterwards(models: Models) -> None:
    index(models.old, "000002-b", [record(0, "A new handbook.")])
    migrate(models.new["pages"])

    with pytest.raises(DeploymentError, match="migrate-embeddings"):
        generations.publish([models.old["pages"]], document_id(), "000002-b")


ids = st.lists(st.text("abc", min_size=1, max_size=3), unique=True).map(sorted)


@given(ids, ids)
def test_two_collections_are_compared_point_by_point(before: list[str], after: list[str]) -> None:
    def states(names: list[str]) -> Iterator[PointState]:
        return (PointState(name, "document", "000001-a", True) for name in names)

    pairs = list(side_by_side(states(before), states(after)))

    assert [left.id for left, _ in pairs if left] == before
    assert [right.id for _, right in pairs if right] == after
    assert all(left.id == right.id for left, right in pairs if left and right)
    assert len(pairs) == len({*before, *after})


class OldVersion:
    """A folder as version 0.1.0 left it: title terms as sparse vectors, in collections named by the model alone."""

    def __init__(self, folder: Path, embedder: CountingEmbedder | LexicalEmbedder) -> None:
        settings = settings_for(folder)
        self.connection = connect(settings)
        self.stores = make_stores(settings, self.connection, embedder)
        for name, store in self.stores.items():
            place = Place(physical_name(store.collection, embedder.name), embedder, TitleTermsEncoder())
            self.stores[name] = store.pinned(place)


def test_sparse_vectors_are_made_anew_and_dense_ones_are_kept(tmp_path: Path) -> None:
    embedder = CountingEmbedder(64, name="paid-model")
    old = OldVersion(tmp_path, embedder)
    ingest(old.stores, "000001-a", handbook())
    store = make_stores(settings_for(tmp_path), old.connection, embedder)["semantic"]
    before = texts(store)
    embedder.asked.clear()

    done = migrate(store)

    assert (done.points, done.embedded, embedder.asked) == (CHUNKS, 0, [])
    assert store.physical_collection == store.collection + "--paid-model--bm25"
    assert texts(store) == before == {one.text for one in handbook()}
    [hit] = store.sample(1).hits
    found = store.connection.run(lambda client: client.retrieve(store.physical_collection, [hit.id], with_vectors=True))
    expected = Bm25Encoder().encode_passage(embedding_text(hit.text, hit.metadata), "en")
    assert found[0].vector["text-sparse"].indices == expected.indices  # type: ignore[index, union-attr]
    old.connection.close()


def test_what_0_1_0_stored_without_a_model_is_served_and_added_to_until_it_is_migrated(tmp_path: Path) -> None:
    """The default without a key was `lexical`; it is a static model now, whose vectors are others."""
    old = OldVersion(tmp_path, LexicalEmbedder())
    ingest(old.stores, "000001-a", handbook())
    store = make_stores(settings_for(tmp_path), old.connection, StaticEmbedder())["semantic"]

    assert store.physical_collection == store.collection + "--lexical-hash-512-v1"
    ingest({"semantic": store}, "000001-a", [record(0, "Rope.", source=OTHER)], source=OTHER)
    assert texts(store) == {one.text for one in handbook()} | {"Rope."}

    migrate(store)

    assert store.physical_collection == store.collection + "--wordllama-256-v1--bm25"
    assert texts(store) == {one.text for one in handbook()} | {"Rope."}
    old.connection.close()


def test_a_document_that_is_written_while_the_alias_moves_is_written_again(tmp_path: Path) -> None:
    embedder = CountingEmbedder(64, name="paid-model")
    old = OldVersion(tmp_path, embedder)
    ingest(old.stores, "000001-a", handbook())
    store = make_stores(settings_for(tmp_path), old.connection, embedder)["semantic"]
    pinned = store.pinned()
    index({"semantic": pinned}, "000002-b", [record(0, "A new handbook.")])
    migrate(store)

    with pytest.raises(TransientError, match="the next attempt writes there"):
        generations.publish([pinned], document_id(), "000002-b")

    ingest({"semantic": store.pinned()}, "000003-c", [record(0, "A new handbook.")])
    assert texts(store) == {"A new handbook."}
    old.connection.close()
