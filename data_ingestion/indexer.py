"""Indexer: records in, inactive points out; embeds only what no point of the document holds already.

Batches are embedded and written by a few threads while the caller still makes records, so that waiting for an API, for
Qdrant and for the next page overlap. Memory holds the batches in flight, not the document.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from data_ingestion.kept_points import KeptBatch
from data_ingestion.lease import Lease
from embeddings.base import Embedder, Vector
from embeddings.language import UNKNOWN, detect_language
from embeddings.sparse import SparseEncoder
from foundation.store_names import StoreName
from vector_stores.base import EmbeddedRecord, Record, VectorStore
from vector_stores.points import embedding_sha256, point_id, point_name

#: Texts in a batch: a request's worth for an API, and what Qdrant takes in one upsert.
BATCH_RECORDS = 64
#: Batches being embedded or written at once.
BATCHES_IN_FLIGHT = 6
#: And so many that are made, those in flight included: the caller waits with more.
BATCHES_WAITING = 8
#: Work that waits for vectors looks this often whether it is still wanted.
CHECK_SECONDS = 0.5
#: A document's language is guessed from the beginnings of a batch's texts.
_LANGUAGE_SAMPLE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One generation of one document. `language` is the code that the document names: it counts where its text doesn't
    tell."""

    document_id: str
    generation: str
    language: str = UNKNOWN


@dataclass(frozen=True, slots=True)
class Indexed:
    """What was written. `embedded` and `reused` count distinct texts; the others repeat one of them."""

    points: dict[StoreName, int]
    embedded: int
    reused: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """Records for the same stores. `own` digests are this batch's to make; `owners` make the others."""

    records: list[Record]
    digests: list[str]
    stores: tuple[StoreName, ...]
    language: str
    own: frozenset[str]
    owners: "frozenset[Future[None]]"


class Indexer:
    """Writes one generation of one document. Use it as a context manager: leaving it by an error drops what waits.

    `stores` are pinned (`VectorStore.pinned`). Each is filled with the vectors of its collection: `embedder`'s, or in
    one that an older version left, what it made. `keep` is given each batch once it is written, from any thread.
    `add` and `finish` are for one thread. Both raise what embedding or writing raised in the background.
    """

    def __init__(
        self,
        stores: Mapping[StoreName, VectorStore],
        embedder: Embedder,
        version: DocumentVersion,
        lease: Lease,
        keep: Callable[[KeptBatch], None] = lambda batch: None,
    ) -> None:
        self._keep = keep
        self._stores = stores
        self._version = version
        self._lease = lease
        self._threads = ThreadPoolExecutor(BATCHES_IN_FLIGHT, thread_name_prefix="index")
        self._calls = ThreadPoolExecutor(BATCHES_IN_FLIGHT, thread_name_prefix="vectors")
        self._room = threading.Semaphore(BATCHES_WAITING)
        self._waiting: dict[tuple[StoreName, ...], list[Record]] = {}
        #: Batches that are not done, with the digests that are theirs to make.
        self._open: list[tuple[Future[None], frozenset[str]]] = []
        self._owners: dict[str, Future[None]] = {}
        self._guard = threading.Lock()
        #: Counting words and packing points hold the interpreter: several at a time would keep others from it, those
        #: above all who wait for models and have next to nothing to do.
        self._turn = threading.Lock()
        #: Where the vector of a text is stored, by digest: what there was before, and what was made since. Of the
        #: latter there is one a text of a long document, hence numbers only: index * stores + place among the stores.
        self._stored_before: dict[str, tuple[VectorStore, str]] = {}
        self._made: dict[bytes, int] = {}
        #: Digests of what there was before that no batch has asked for yet.
        self._unused: set[str] = set()
        self._points = dict.fromkeys(stores, 0)
        self._embedders: dict[str, Embedder] = {embedder.name: embedder}
        self._language = UNKNOWN
        self._embedded = 0
        self._reused = 0

    def __enter__(self) -> Self:
        for store in self._stores.values():
            store.ensure()
            self._embedders.setdefault(store.embedder.name, store.embedder)
            known = store.known_texts(self._version.document_id)
            self._stored_before.update({digest: (store, point) for digest, point in known.items()})
        self._unused = set(self._stored_before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=True, cancel_futures=kind is not None)
        self._calls.shutdown(wait=False)

    def add(self, records: Iterable[Record], stores: Sequence[StoreName]) -> None:
        """Take records for some stores; those of one model share vectors. Waits while too many are in flight."""
        by_embedder: dict[str, list[StoreName]] = {}
        for name in stores:
            by_embedder.setdefault(self._stores[name].embedder.name, []).append(name)
        keys = [tuple(names) for names in by_embedder.values()]
        for record in records:
            for key in keys:
                waiting = self._waiting.setdefault(key, [])
                waiting.append(record)
                if len(waiting) == BATCH_RECORDS:
                    self._submit(key)

    def finish(self) -> Indexed:
        """Wait until all records are stored."""
        for key in list(self._waiting):
            self._submit(key)
        for future, _ in self._open:
            future.result()
        return Indexed(dict(self._points), self._embedded, self._reused)

    def _submit(self, stores: tuple[StoreName, ...]) -> None:
        records, self._waiting[stores] = self._waiting[stores], []
        if not records or not stores:
            return
        self._forget_done()
        if self._language == UNKNOWN:
            self._language = detect_language(" ".join(record.text[:_LANGUAGE_SAMPLE_CHARACTERS] for record in records))
        name = self._stores[stores[0]].embedder.name
        digests = [embedding_sha256(record.embedding_text, name) for record in records]
        own = frozenset(digests) - self._owners.keys()
        owners = frozenset(self._owners[digest] for digest in digests if digest not in own)
        self._room.acquire()
        language = self._version.language if self._language == UNKNOWN else self._language
        batch = _Batch(records, digests, stores, language, own, owners)
        future = self._threads.submit(self._store, batch)
        future.add_done_callback(lambda _: self._room.release())
        self._open.append((future, own))
        self._owners.update(dict.fromkeys(own, future))

    def _forget_done(self) -> None:
        """Raise what a batch raised; of one that is done, its texts are stored and need no owner."""
        still_open = []
        for future, own in self._open:
            if not future.done():
                still_open.append((future, own))
                continue
            future.result()
            for digest in own:
                del self._owners[digest]
        self._open = still_open

    def _store(self, batch: _Batch) -> None:
        # Owners were submitted earlier, so one of the threads has them: waiting cannot lock up.
        for owner in batch.owners:
            owner.result()
        vectors = self._vectors(batch)
        by_encoder: dict[str, list[EmbeddedRecord]] = {}
        for name in batch.stores:
            store, encoder = self._stores[name], self._stores[name].home.place.sparse
            with self._turn:
                if encoder.name not in by_encoder:
                    by_encoder[encoder.name] = _embedded(batch, vectors, encoder)
                points = store.pack(self._version.document_id, self._version.generation, by_encoder[encoder.name])
            self._lease.check("write-points")
            store.write_packed(points)
        dense = tuple(vectors[digest] for digest in batch.digests)
        embedder = self._stores[batch.stores[0]].embedder.name
        self._keep(KeptBatch(batch.stores, embedder, batch.language, tuple(batch.records), dense))
        self._note(batch)

    def _vectors(self, batch: _Batch) -> dict[str, Vector]:
        """A vector for every digest: taken from a stored point where there is one, else embedded."""
        vectors = self._stored_vectors(set(batch.digests))
        texts = {
            digest: record.embedding_text
            for record, digest in zip(batch.records, batch.digests, strict=True)
            if digest not in vectors
        }
        if texts:
            embedder = self._embedders[self._stores[batch.stores[0]].embedder.name]
            vectors.update(zip(texts, self._embed(embedder, list(texts.values())), strict=True))
        with self._guard:
            self._embedded += len(texts)
            asked = batch.own & self._unused
            self._unused -= asked
            self._reused += len(asked - texts.keys())
        return vectors

    def _embed(self, embedder: Embedder, texts: list[str]) -> list[Vector]:
        """In a thread of its own: an API that throttles is asked again for minutes, cancelled work leaves at once."""
        self._lease.check("embed")
        call = self._calls.submit(embedder.embed, texts)
        while not wait([call], CHECK_SECONDS).done:
            self._lease.check("embed")
        return call.result()

    def _stored_vectors(self, digests: set[str]) -> dict[str, Vector]:
        by_store: dict[StoreName, dict[str, str]] = {}
        with self._guard:
            for digest in digests:
                if place := self._place_of(digest):
                    store, point = place
                    by_store.setdefault(store.name, {})[digest] = point
        found: dict[str, Vector] = {}
        for name, points in by_store.items():
            stored = self._stores[name].dense_vectors(list(points.values()))
            found.update({digest: stored[point] for digest, point in points.items() if point in stored})
        return found

    def _place_of(self, digest: str) -> tuple[VectorStore, str] | None:
        made = self._made.get(bytes.fromhex(digest))
        if made is None:
            return self._stored_before.get(digest)
        index, number = divmod(made, len(self._stores))
        store = list(self._stores.values())[number]
        return store, point_id(point_name(self._version.document_id, store.name, self._version.generation, index))

    def _note(self, batch: _Batch) -> None:
        number = list(self._stores).index(batch.stores[0])
        with self._guard:
            for name in batch.stores:
                self._points[name] += len(batch.records)
            for record, digest in zip(batch.records, batch.digests, strict=True):
                self._made[bytes.fromhex(digest)] = record.index * len(self._stores) + number


def _embedded(batch: _Batch, vectors: Mapping[str, Vector], encoder: SparseEncoder) -> list[EmbeddedRecord]:
    return [
        EmbeddedRecord(
            record,
            vectors[digest],
            encoder.encode_passage(record.embedding_text, batch.language, record.heading_path, record.started_sections),
            batch.language,
        )
        for record, digest in zip(batch.records, batch.digests, strict=True)
    ]
