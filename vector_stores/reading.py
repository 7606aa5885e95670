"""The reading half of a store: what is there, and what it looks like. Changes nothing."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from embeddings.base import Embedder
from foundation.store_names import StoreName
from vector_stores.client import QdrantConnection
from vector_stores.collection import Collection
from vector_stores.filters import NO_LIMITS, SearchFilter, conditions, holds
from vector_stores.folders import sources_of, unfilled
from vector_stores.place import Place
from vector_stores.points import Hit

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

T = TypeVar("T")

#: More than one document can have: each publish removes all generations but one.
_MAX_GENERATIONS = 1_000
_MAX_COUNTED_DOCUMENTS = 10_000
_MAX_LANGUAGES = 20
#: Categories or languages that a person can choose from.
MAX_VALUES = 100
_KNOWN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Some points, and where to go on; None at the end."""

    hits: list[Hit]
    next_offset: str | None


@dataclass(frozen=True, slots=True)
class StoreStats:
    """Numbers of a store for people. `serving` is the collection behind the alias `collection`, if there is one."""

    store: StoreName
    collection: str
    serving: str | None
    embedding_model: str
    points: int
    active_points: int
    documents: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class StoreReader:
    """Points of one kind (pages or chunks) of all documents, to read. Thread-safe.

    Every call may raise errors.TransientError, DeploymentError or PermanentError with the code `store_failed`.
    """

    name: ClassVar[StoreName]
    #: Where the payload holds the text and everything else.
    text_field: ClassVar[str] = "text"
    metadata_field: ClassVar[str] = "metadata"

    def __init__(
        self, connection: QdrantConnection, collection: str, embedder: Embedder, place: Place | None = None
    ) -> None:
        self.connection = connection
        self.collection = collection
        self.home = Collection(connection, collection, embedder, place)
        self._configured_embedder = embedder
        self._languages: dict[str, tuple[float, list[str]]] = {}
        self._facets: dict[str, tuple[float, list[str]]] = {}
        self._unfilled: dict[str, tuple[float, list[str]]] = {}

    def pinned(self, place: Place | None = None) -> Self:
        """The same store that stays with one collection: `place`, or else the one that serves now.

        For what takes several calls: writing a document, a search. It is also cheaper, as the alias isn't looked up.
        """
        made = type(self)(self.connection, self.collection, self._configured_embedder, place or self.home.place)
        made._unfilled = self._unfilled
        return made

    @property
    def embedder(self) -> Embedder:
        """What makes the dense vectors of the collection in use."""
        return self.home.place.embedder

    @property
    def physical_collection(self) -> str:
        """The collection behind the alias `collection` that is read and written."""
        return self.home.name

    def exists(self) -> bool:
        """Whether anything was ever written with this model. Raises DeploymentError if only with another one."""
        if self.home.exists():
            return True
        self.home.check_current()
        return False

    def generations(self, document_id: str, *, active: bool | None = None) -> set[str]:
        """The generations of which a document has points."""
        wanted = self.filter(document_id=document_id, active=active)
        return set(self._values("generation", wanted, _MAX_GENERATIONS))

    def languages(self, place: Place) -> list[str]:
        """The languages that active texts in the collection were encoded in. Looked up at most once a minute."""
        known = self._languages.get(place.name)
        if known is None or time.monotonic() - known[0] > _KNOWN_SECONDS:
            found = self.pinned(place)._values("language", self.filter(active=True), _MAX_LANGUAGES)
            known = self._languages[place.name] = (time.monotonic(), found)
        return known[1]

    def values(self, field: str) -> list[str]:
        """Which values of an indexed metadata field active points have, at most MAX_VALUES. Looked up at most once a
        minute."""
        if not self.exists():
            return []
        store = self.pinned()
        known = self._facets.get(field)
        if known is None or time.monotonic() - known[0] > _KNOWN_SECONDS:
            found = sorted(store._values(field, self.filter(active=True), MAX_VALUES))
            known = self._facets[field] = (time.monotonic(), found)
        return known[1]

    def query(self, requests: "Sequence[models.QueryRequest]") -> "list[models.QueryResponse]":
        """Qdrant's answers to several queries, in one call."""
        return self._run(lambda client: client.query_batch_points(self.physical_collection, list(requests)))

    def scroll(self, wanted: "models.Filter", fields: list[str]) -> "Iterator[models.Record]":
        """Every point that the filter lets through, with these fields of its payload, without vectors."""
        return self.connection.scroll(self.physical_collection, wanted, fields)

    def sample(self, limit: int = 20, offset: str | None = None, wanted: SearchFilter | None = None) -> Sample:
        """Some active points in the order of their ids, for a person to look at."""
        only = self.filter(active=True, wanted=wanted)
        found = self._found(
            lambda client, name: client.scroll(name, only, limit=limit, offset=offset, with_payload=True)
        )  # fmt: skip
        points, next_offset = found or ([], None)
        return Sample([self.hit(point, 0.0) for point in points], str(next_offset) if next_offset else None)

    def find(self, point_id: str) -> Hit | None:
        """The active point with this id (a UUID), or None."""
        return next(iter(self.find_all([point_id])), None)

    def find_all(self, point_ids: Sequence[str], wanted: SearchFilter = NO_LIMITS) -> list[Hit]:
        """The active points with these ids (UUIDs) that are `wanted`, in this order."""
        found = self._found(lambda client, name: client.retrieve(name, list(point_ids), with_payload=True))
        hits = {str(point.id): self.hit(point, 0.0) for point in found or ()}
        kept = [hits[name] for name in point_ids if name in hits]
        return [hit for hit in kept if hit.metadata.get("active") and holds(hit.metadata, wanted)]

    def on_page(self, document_id: str, page: int, limit: int = 1) -> list[Hit]:
        """Active points of a document that are on a page, from 1; of the pages store there is one."""
        if not self.exists():
            return []
        only = self.filter(
            document_id=document_id, active=True, wanted=SearchFilter(first_page=page, last_page=page)
        )  # fmt: skip
        points = islice(self.scroll(only, [self.text_field, self.metadata_field]), limit)
        return [self.hit(point, 0.0) for point in points]

    def count(
        self, document_id: str | None = None, generation: str | None = None, *, active: bool | None = None
    ) -> int:
        """How many points there are, of one document or generation if given."""
        generations = None if generation is None else [generation]
        wanted = self.filter(document_id=document_id, generations=generations, active=active)
        name = self.physical_collection
        found = self.connection.find(lambda client: client.count(name, wanted, exact=True))
        return found.count if found else 0

    def stats(self) -> StoreStats:
        """Numbers for a person. Documents are counted up to 10,000."""
        serving = self.home.current()
        store = self.pinned()
        points = store.count()
        documents = store._values("document_id", self.filter(active=True), _MAX_COUNTED_DOCUMENTS) if points else []
        return StoreStats(
            store=self.name,
            collection=self.collection,
            serving=serving,
            embedding_model=store.embedder.name,
            points=points,
            active_points=store.count(active=True),
            documents=len(documents),
        )

    def hit(self, point: "models.ScoredPoint | models.Record", score: float) -> Hit:
        """A point as a search gives it back."""
        text = (point.payload or {}).get(self.text_field) or ""
        return Hit(str(point.id), score, text, self._metadata_of(point))

    def filter(
        self,
        *,
        document_id: str | None = None,
        generations: Sequence[str] | None = None,
        active: bool | None = None,
        wanted: SearchFilter | None = None,
    ) -> "models.Filter":
        """A Qdrant filter on this store's payload. One by `source_prefix` may have to look up documents first."""
        prefix = wanted.source_prefix if wanted else None
        return conditions(
            self.metadata_field,
            document_id=document_id,
            generations=generations,
            active=active,
            wanted=wanted,
            sources=self._sources_beginning_with(prefix) if prefix is not None else (),
        )

    def unfilled_sources(self) -> list[str]:
        """Documents whose points don't say their folders, as those of 0.2.0. Looked up at most once a minute.

        Raises DeploymentError when they are more than a search can name.
        """
        name = self.physical_collection
        known = self._unfilled.get(name)
        if known is None or time.monotonic() - known[0] > _KNOWN_SECONDS:
            found = sources_of(self.connection, name, self.metadata_field, unfilled(self.metadata_field))
            known = self._unfilled[name] = (time.monotonic(), found)
        return known[1]

    def _sources_beginning_with(self, prefix: str) -> list[str]:
        """The documents that a filter for this prefix must name. Of a folder they are those that don't say theirs."""
        if prefix.endswith("/"):
            named = self.unfilled_sources()
        else:
            folder = prefix[: prefix.rfind("/") + 1]
            wanted = self.filter(active=True, wanted=SearchFilter(source_prefix=folder) if folder else None)
            named = sources_of(self.connection, self.physical_collection, self.metadata_field, wanted)
        return [source for source in named if source.startswith(prefix)]

    def _metadata_of(self, point: "models.ScoredPoint | models.Record") -> dict[str, Any]:
        return (point.payload or {}).get(self.metadata_field) or {}

    def _values(self, field: str, wanted: "models.Filter", limit: int) -> list[str]:
        """The distinct values of a metadata field."""
        key = f"{self.metadata_field}.{field}"
        found = self._run(
            lambda client: client.facet(self.physical_collection, key, wanted, limit=limit, exact=True)
        )  # fmt: skip
        return [str(hit.value) for hit in found.hits]

    def _run(self, call: "Callable[[QdrantClient], T]") -> T:
        return self.connection.run(call)

    def _found(self, call: "Callable[[QdrantClient, str], T]") -> T | None:
        """What `call` answers of the collection in use; None when nothing was ever written with this model. Raises
        DeploymentError if only with another one."""
        name = self.physical_collection
        found = self.connection.find(lambda client: call(client, name))
        if found is None:
            self.home.check_current()
        return found
