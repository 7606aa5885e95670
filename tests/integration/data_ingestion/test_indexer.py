"""The indexer with embedded stores: embeds a text once, takes vectors over, and stops when told to."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from data_ingestion.indexer import BATCH_RECORDS, DocumentVersion, Indexed, Indexer
from data_ingestion.lease import NoLease
from embeddings.base import Vector
from foundation.errors import CancelledWorkError, FailureCode, TransientError
from foundation.store_names import StoreName
from tests.support.stores import CHUNK_STORES, CountingEmbedder, document_id, index, ingest, open_stores, record
from vector_stores import generations
from vector_stores.base import VectorStore

VERSION = DocumentVersion(document_id(), "000001-a")

Stores = Mapping[StoreName, VectorStore]


@pytest.fixture
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def stores(tmp_path: Path, embedder: CountingEmbedder) -> Iterator[Stores]:
    with open_stores(tmp_path / "qdrant", embedder) as opened:
        yield opened


class Cancelled(NoLease):
    """A lease that is lost before the nth publish of a kind."""

    def __init__(self, before: str, nth: int = 1) -> None:
        self._before, self._left = before, nth

    def check(self, before: str) -> None:
        self._left -= before == self._before
        if self._left == 0:
            raise CancelledWorkError("the lease is lost", code=FailureCode.LEASE_LOST)


def test_stores_that_share_chunks_share_their_vectors(stores: Stores, embedder: CountingEmbedder) -> None:
    with Indexer(stores, embedder, VERSION, NoLease()) as indexer:
        indexer.add([record(0, "A page.")], ("pages",))
        indexer.add([record(n, f"Chunk {n}.") for n in range(3)], CHUNK_STORES)
        indexed = indexer.finish()

    assert indexed == Indexed({"pages": 1, "semantic": 3, "haystack": 3}, embedded=4, reused=0)
    assert sorted(embedder.asked) == ["A page.", "Chunk 0.", "Chunk 1.", "Chunk 2."]


def test_a_text_is_embedded_once_however_often_and_wherever_it_stands(
    stores: Stores, embedder: CountingEmbedder
) -> None:
    repeated = [record(n, "All rights reserved.") for n in range(3 * BATCH_RECORDS)]

    with Indexer(stores, embedder, VERSION, NoLease()) as indexer:
        indexer.add(repeated, ("pages",))
        indexer.add(repeated, CHUNK_STORES)
        indexed = indexer.finish()

    assert embedder.asked == ["All rights reserved."]
    assert indexed.points == dict.fromkeys(stores, 3 * BATCH_RECORDS)
    assert {store.count(document_id(), "000001-a") for store in stores.values()} == {3 * BATCH_RECORDS}


def test_only_what_changed_is_embedded_again(stores: Stores, embedder: CountingEmbedder) -> None:
    before = [record(n, f"Chunk {n}.") for n in range(200)]
    ingest(stores, "000001-a", before)
    embedder.asked.clear()

    changed = [*before[:100], record(100, "A new chunk."), *(record(n + 1, f"Chunk {n}.") for n in range(100, 200))]
    indexed = ingest(stores, "000002-b", changed)

    assert embedder.asked == ["A new chunk."]
    assert (indexed.embedded, indexed.reused) == (1, 200)


def test_vectors_taken_over_are_those_that_were_stored(stores: Stores, embedder: CountingEmbedder) -> None:
    ingest(stores, "000001-a", [record(0, "Owls hunt.")])
    ingest(stores, "000002-b", [record(0, "Owls hunt.")])

    store = stores["semantic"]
    [point] = store.known_texts(document_id()).values()
    assert store.dense_vectors([point])[point] == pytest.approx(embedder.embed(["Owls hunt."])[0], abs=1e-6)


def test_the_heading_path_is_part_of_what_is_embedded(stores: Stores, embedder: CountingEmbedder) -> None:
    """The same words under another heading stand for something else."""
    ingest(stores, "000001-a", [record(0, "They hunt.", "Owls")])
    ingest(stores, "000002-b", [record(0, "They hunt.", "Foxes")])

    assert embedder.asked == ["Owls\n\nThey hunt.", "Foxes\n\nThey hunt."]


def test_another_model_takes_nothing_over(tmp_path: Path) -> None:
    one, other = CountingEmbedder(name="one"), CountingEmbedder(name="other")
    records = [record(0, "Owls hunt.")]
    with open_stores(tmp_path / "first", one) as stores:
        ingest(stores, "000001-a", records)
        known = stores["pages"].known_texts(document_id())
    with open_stores(tmp_path / "second", other) as stores:
        ingest(stores, "000001-a", records)
        assert stores["pages"].known_texts(document_id()).keys().isdisjoint(known)


def test_vectors_paid_for_by_a_failed_attempt_are_taken_over(stores: Stores, embedder: CountingEmbedder) -> None:
    records = [record(n, f"Chunk {n}.") for n in range(BATCH_RECORDS)]
    index(stores, "000001-a", records)
    embedder.asked.clear()

    assert index(stores, "000002-b", records).embedded == 0
    assert embedder.asked == []


def test_a_failure_in_the_background_reaches_the_caller(stores: Stores) -> None:
    class Down(CountingEmbedder):
        def embed(self, texts: object) -> list[list[float]]:
            raise TransientError(FailureCode.EMBEDDINGS_FAILED, "the API is away", dependency="embeddings")

    with pytest.raises(TransientError, match="the API is away"):
        index(stores, "000001-a", [record(0, "Owls hunt.")], embedder=Down())


def test_nothing_is_written_once_the_lease_is_lost(stores: Stores) -> None:
    with pytest.raises(CancelledWorkError):
        index(stores, "000001-a", [record(0, "Owls hunt.")], lease=Cancelled("write-points"))

    assert [store.count() for store in stores.values()] == [0, 0, 0]


def test_work_that_is_cancelled_does_not_wait_for_an_embedding_api_that_backs_off(stores: Stores) -> None:
    released, asked = threading.Event(), threading.Event()

    class Throttled(CountingEmbedder):
        def embed(self, texts: Sequence[str]) -> list[Vector]:
            asked.set()
            assert released.wait(60)
            return super().embed(texts)

    class LostMeanwhile(NoLease):
        def check(self, before: str) -> None:
            if asked.is_set():
                raise CancelledWorkError("the lease is lost", code=FailureCode.LEASE_LOST)

    try:
        with pytest.raises(CancelledWorkError):
            index(stores, "000001-a", [record(0, "Owls hunt.")], embedder=Throttled(), lease=LostMeanwhile())
        assert not released.is_set()
    finally:
        released.set()


def test_records_are_written_while_more_are_being_made(stores: Stores, embedder: CountingEmbedder) -> None:
    """A document of any length is never in memory as a whole: the caller waits while batches are in flight."""
    written_before_the_last_was_made = 0

    def records() -> Iterator[object]:
        nonlocal written_before_the_last_was_made
        for n in range(40 * BATCH_RECORDS):
            yield record(n, f"Chunk {n}.")
        written_before_the_last_was_made = stores["pages"].count()

    with Indexer(stores, embedder, VERSION, NoLease()) as indexer:
        indexer.add(records(), ("pages",))  # type: ignore[arg-type]
        indexer.finish()

    assert written_before_the_last_was_made > 20 * BATCH_RECORDS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Xyzzy plugh", "de", id="too little to tell"),
        pytest.param(
            "The owls of the barn hunt in the dark, and they are not seen by the mice that live there.", "en", id="told"
        ),
    ],
)
def test_a_documents_own_language_counts_where_its_text_tells_none(
    stores: Stores, embedder: CountingEmbedder, text: str, expected: str
) -> None:
    with Indexer(stores, embedder, replace(VERSION, language="de"), NoLease()) as indexer:
        indexer.add([record(0, text)], ("pages",))
        indexer.finish()

    store = stores["pages"]
    generations.publish([store], document_id(), "000001-a")
    assert store.languages(store.home.place) == [expected]
