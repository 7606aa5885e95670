"""Regression: stale points of the version before, and documents that were half there while they were replaced.

Readers search all three stores while a document is ingested again twenty times; of three attempts one is killed
while it writes and one fails in the middle of the flip, and both leave what they wrote. Each search must find one whole
version.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from data_ingestion.lease import NoLease
from foundation.errors import CancelledWorkError, FailureCode, TransientError
from foundation.store_names import StoreName
from tests.support.stores import CountingEmbedder, app_config, document_id, index, ingest, open_stores, record
from vector_stores import generations
from vector_stores.base import Record, VectorStore
from vector_stores.search import Searcher

CHUNKS = 20
REPLACEMENTS = 20

Stores = Mapping[StoreName, VectorStore]


def version(number: int) -> list[Record]:
    """Half of the chunks change with every version, so that vectors are taken over as well."""
    return [
        record(n, f"Chunk {n} of the handbook, as it always was." if n % 2 else f"Chunk {n} as of version {number}.")
        for n in range(CHUNKS)
    ]


def expected_texts(number: int) -> frozenset[str]:
    return frozenset(one.text for one in version(number))


@dataclass
class Reader:
    """Searches the stores in turn until told to stop, and remembers what was wrong."""

    stores: Stores
    allowed: frozenset[frozenset[str]]
    searches: int = 0
    faults: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    has_read: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            while not self.stop.is_set() and not self.faults:
                for name, store in self.stores.items():
                    self._search(name, store)
                self.searches += 1
                self.has_read.set()
        except BaseException as error:  # noqa: BLE001 - a reader must not fail either
            self.faults.append(repr(error))
        finally:
            self.has_read.set()

    def _search(self, name: str, store: VectorStore) -> None:
        hits = Searcher(store, app_config()).search("chunk of the handbook version", CHUNKS * 3)
        served = {hit.metadata["generation"] for hit in hits}
        if len(served) != 1 or len(hits) != CHUNKS:
            self.faults.append(f"{name}: {len(hits)} hits of generations {sorted(served)}")
        elif frozenset(hit.text for hit in hits) not in self.allowed:
            self.faults.append(f"{name}: a mix of versions")


class Killed(NoLease):
    """A lease that ends the work before its nth write."""

    def __init__(self, nth: int) -> None:
        self._left = nth

    def check(self, before: str) -> None:
        self._left -= before == "write-points"
        if self._left < 0:
            raise CancelledWorkError("killed", code=FailureCode.LEASE_LOST)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with open_stores(tmp_path / "qdrant", CountingEmbedder()) as opened:
        yield opened


@pytest.fixture
def failing_flips(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """`{generation: store}`: the flip to that generation fails in that store, after it was carried out."""
    wanted: dict[str, str] = {}
    flip = VectorStore.flip

    def fail(store: VectorStore, document: str, *, activate: Sequence[str], **more: Any) -> None:
        flip(store, document, activate=activate, **more)
        if any(wanted.get(generation) == store.name for generation in activate):
            raise TransientError(FailureCode.STORE_FAILED, "timed out", dependency="qdrant")

    monkeypatch.setattr(VectorStore, "flip", fail)
    return wanted


@pytest.mark.system
def test_a_reader_always_finds_one_whole_version(stores: Stores, failing_flips: dict[str, str]) -> None:
    ingest(stores, "000000-a", version(0))
    reader = Reader(stores, frozenset(expected_texts(n) for n in range(REPLACEMENTS + 1)))
    thread = threading.Thread(target=reader.run)
    thread.start()
    published = []
    try:
        for number in range(1, REPLACEMENTS + 1):
            reader.has_read.clear()
            if replace(stores, number, failing_flips):
                published.append(number)
            assert reader.has_read.wait(timeout=60)  # every version is read at least once
    finally:
        reader.stop.set()
        thread.join()

    assert reader.faults == []
    assert reader.searches >= REPLACEMENTS
    assert published == [*range(3, REPLACEMENTS, 3), REPLACEMENTS]
    for store in stores.values():
        assert store.generations(document_id()) == {name_of(REPLACEMENTS)}
        assert store.count() == CHUNKS


def name_of(number: int) -> str:
    return f"{number:06d}-a"


def replace(stores: Stores, number: int, failing_flips: dict[str, str]) -> bool:
    """Ingest a version and say whether that worked; only every third attempt does, and the last."""
    generation, last = name_of(number), number == REPLACEMENTS
    lease = Killed(number // 3 % 3) if number % 3 == 1 else NoLease()
    if number % 3 == 2 and not last:
        failing_flips[generation] = list(stores)[number // 3 % 3]
    try:
        index(stores, generation, version(number), lease=lease)
        generations.publish(list(stores.values()), document_id(), generation)
    except (CancelledWorkError, TransientError):
        return False
    return True
