"""Moves a store to another embedding model or to this version's sparse vectors, from the text that it holds.

    copy what the current collection has ─ again, what changed meanwhile ─ … ─ nothing did ─ move the alias ─ late ones

No PDF is read again. Sparse vectors are made anew, which costs nothing; dense ones are taken over where the model is
the same, so that no model is asked. The new collection stands beside the old one, which serves until the alias moves,
in one step. Points keep their ids, so that one which is there already is not made again: an interrupted migration goes
on where it was. Workers write to the old collection until the alias moves; from then on what they were writing fails
the flip (`Collection.check_current`) and comes back from the queue. Searches with the old model find the old collection
until it is deleted.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from embeddings.base import Vector
from embeddings.language import detect_language
from foundation.batches import in_batches
from vector_stores import generations
from vector_stores.base import Hit, VectorStore
from vector_stores.collection import DENSE, SPARSE
from vector_stores.folders import SOURCE_FOLDERS, folders_of
from vector_stores.place import place_of
from vector_stores.points import embedding_sha256, embedding_text

if TYPE_CHECKING:
    from qdrant_client import models

log = structlog.get_logger("vector_stores")

BATCH_POINTS = 64
BATCHES_IN_FLIGHT = 4
#: Workers that write all the time could keep this going: after so many rounds the alias moves all the same.
MAX_ROUNDS = 10
#: Of each document so much is looked at to tell its language.
_LANGUAGE_POINTS = 40
_LANGUAGE_SAMPLE_CHARACTERS = 500

#: Told how many points have been compared and copied, and how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration came to. `embedded` counts texts that a model was asked for.

    `left_over` is the collection that served before, None if there was none.
    """

    points: int
    embedded: int
    left_over: str | None


@dataclass(frozen=True, slots=True)
class PointState:
    """What two collections are compared by."""

    id: str
    document_id: str
    generation: str
    active: bool


def migrate(store: VectorStore, progress: Progress = lambda done, total: None) -> Migrated:
    """Fill the collection of the store's model and this version's sparse encoder from the one that serves now.

    `store` is made with the new model. Does nothing when it serves already. Raises what the model and Qdrant
    raise; calling it again goes on.
    """
    old = store.home.current()
    store = store.pinned(store.home.target)
    if old is None or old == store.physical_collection:
        return Migrated(store.count(), 0, None)
    store.home.prepare(store.indexed_fields)
    migration = _Migration(store, old, progress)
    for _ in range(MAX_ROUNDS):
        if not migration.catch_up():
            break
    store.home.make_current()
    log.info("alias moved", store=store.name, alias=store.collection, before=old, now=store.physical_collection)
    migration.publish_late_ones()
    return Migrated(store.count(), migration.embedded, old)


def drop_left_over(store: VectorStore, collection: str) -> None:
    """Delete the collection that a migration has left; searches with its model end here."""
    if collection == store.home.current():
        raise ValueError(f"{collection} is the one that serves")
    store.connection.run(lambda client: client.delete_collection(collection))


class _Migration:
    def __init__(self, store: VectorStore, old: str, progress: Progress) -> None:
        self._store = store
        self._old = old
        self._new = store.physical_collection
        self._progress = progress
        self._place = store.home.target
        before = place_of(old, store.collection, self._place.embedder)
        #: The same model made the dense vectors of the old collection.
        self._keeps_dense = before is not None and before.embedder.name == self._place.embedder.name
        self._languages: dict[str, str] = {}
        self.embedded = 0

    def catch_up(self) -> int:
        """Make the new collection what the old one is; how many points differed.

        Both are gone through once, side by side in the order of their ids: memory holds a page of each and the
        batches in flight.
        """
        total = self._store.connection.run(lambda client: client.count(self._old)).count
        done = changed = 0
        missing: list[str] = []
        with ThreadPoolExecutor(BATCHES_IN_FLIGHT, thread_name_prefix="migrate") as threads:
            copies: set[Future[int]] = set()
            for before, after in side_by_side(self._states(self._old), self._states(self._new)):
                done += before is not None
                changed += before != after
                if before is None and after is not None:
                    self._delete(after.id)
                elif before is not None and after is None:
                    missing.append(before.id)
                elif before is not None and before != after:
                    self._follow(before)
                if len(missing) == BATCH_POINTS:
                    copies.add(threads.submit(self._copy, missing))
                    missing = []
                    copies = self._drain(copies, BATCHES_IN_FLIGHT)
                    self._progress(done, total)
            if missing:
                copies.add(threads.submit(self._copy, missing))
            self._drain(copies, 0)
        self._progress(total, total)
        return changed

    def publish_late_ones(self) -> None:
        """Take over documents that a worker published in the old collection between the last look and the move."""
        late: dict[str, str] = {}
        for before, after in side_by_side(self._states(self._old), self._states(self._new)):
            if before is not None and before.active and before != after:
                late[before.document_id] = max(late.get(before.document_id, ""), before.generation)
        for document_id, generation in late.items():
            served = self._store.generations(document_id, active=True)
            if generation > max(served, default=""):
                wanted = self._store.filter(document_id=document_id, generations=[generation])
                for batch in in_batches([state.id for state in self._states(self._old, wanted)], BATCH_POINTS):
                    self.embedded += self._copy(batch, active=False)
                generations.publish([self._store], document_id, generation)

    def _copy(self, ids: list[str], *, active: bool | None = None) -> int:
        """Make the vectors of these points again where they are of other encoders; how many texts were embedded."""
        from qdrant_client import models

        found = self._store.connection.run(
            lambda client: client.retrieve(self._old, ids, with_payload=True, with_vectors=[DENSE])
        )
        hits = [self._store.hit(point, 0.0) for point in found]
        texts = [embedding_text(hit.text, hit.metadata) for hit in hits]
        model = self._place.embedder
        kept = [_dense_of(point) if self._keeps_dense else None for point in found]
        missing = [at for at, vector in enumerate(kept) if vector is None]
        made = dict(zip(missing, model.embed([texts[at] for at in missing]), strict=True)) if missing else {}
        points = []
        for at, (point, hit, text) in enumerate(zip(found, hits, texts, strict=True)):
            metadata = self._metadata(hit, text)
            if active is not None:
                metadata["active"] = active
            sparse = self._place.sparse.encode_passage(text, metadata["language"])
            points.append(
                models.PointStruct(
                    id=point.id,
                    payload=(point.payload or {}) | {self._store.metadata_field: metadata},
                    vector={
                        DENSE: made[at] if at in made else kept[at],  # type: ignore[dict-item]
                        SPARSE: models.SparseVector(indices=sparse.indices, values=sparse.values),
                    },
                )
            )
        if points:
            self._store.connection.run(lambda client: client.upsert(self._new, points, wait=True))
        return len(missing)

    def _metadata(self, hit: Hit, text: str) -> dict[str, Any]:
        """What the copy of a point says, whose vectors stand for this text."""
        model_name = self._place.embedder.name
        return hit.metadata | {
            "embedding_model": model_name,
            "embedding_sha256": embedding_sha256(text, model_name),
            "language": self._language_of(hit.metadata, text),
            SOURCE_FOLDERS: folders_of(str(hit.metadata.get("source") or "")),
        }

    def _language_of(self, metadata: Mapping[str, Any], text: str) -> str:
        """What is stored, or what some of the document's texts are in: version 0.1.0 didn't store it.

        Threads that ask at once come to the same answer.
        """
        if stored := metadata.get("language"):
            return str(stored)
        document_id = str(metadata.get("document_id", ""))
        if document_id not in self._languages:
            wanted = self._store.filter(document_id=document_id)
            found, _ = self._store.connection.run(
                lambda client: client.scroll(self._old, wanted, limit=_LANGUAGE_POINTS, with_payload=True)
            )
            self._languages[document_id] = detect_language(
                " ".join(self._store.hit(point, 0.0).text[:_LANGUAGE_SAMPLE_CHARACTERS] for point in found) or text
            )
        return self._languages[document_id]

    def _drain(self, copies: set[Future[int]], at_most: int) -> set[Future[int]]:
        """Wait until at most so many are under way; raise what one of the others raised."""
        while len(copies) > at_most:
            finished, copies = wait(copies, return_when=FIRST_COMPLETED)
            self.embedded += sum(copy.result() for copy in finished)
        return copies

    def _follow(self, state: PointState) -> None:
        """Take over what a flip has changed of a point since it was copied: what it says of the document, too."""
        key = self._store.metadata_field
        found = self._store.connection.run(lambda client: client.retrieve(self._old, [state.id], with_payload=True))
        for hit in (self._store.hit(point, 0.0) for point in found):
            metadata = self._metadata(hit, embedding_text(hit.text, hit.metadata))
            self._store.connection.run(
                lambda client, metadata=metadata: client.set_payload(self._new, metadata, points=[state.id], key=key)  # type: ignore[misc]
            )

    def _delete(self, point_id: str) -> None:
        self._store.connection.run(lambda client: client.delete(self._new, [point_id]))

    def _states(self, collection: str, wanted: "models.Filter | None" = None) -> Iterator[PointState]:
        """Every point of a collection in the order of the ids."""
        root = self._store.metadata_field
        fields = [f"{root}.{field}" for field in ("document_id", "generation", "active")]
        for point in self._store.connection.scroll(collection, wanted, fields):
            metadata = (point.payload or {}).get(root) or {}
            yield PointState(
                str(point.id),
                metadata.get("document_id", ""),
                metadata.get("generation", ""),
                metadata.get("active", False),
            )


def side_by_side(
    before: Iterator[PointState], after: Iterator[PointState]
) -> Iterator[tuple[PointState | None, PointState | None]]:
    """Pairs of the same id from two collections in the order of their ids; None where one hasn't got it."""
    left, right = next(before, None), next(after, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.id < right.id):
            yield left, None
            left = next(before, None)
        elif left is None or right.id < left.id:
            yield None, right
            right = next(after, None)
        else:
            yield left, right
            left, right = next(before, None), next(after, None)


def _dense_of(point: "models.Record") -> Vector | None:
    vector = point.vector.get(DENSE) if isinstance(point.vector, dict) else None
    return vector if isinstance(vector, list) else None  # type: ignore[return-value]
