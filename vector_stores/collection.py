"""The Qdrant collection behind a store: one for each pair of encoders, and an alias that names the current one.

`dnd_semantic` (what the settings and other programs say) is an alias of, for example,
`dnd_semantic--text-embedding-3-small--bm25`. So vectors of two models never meet, and a migration fills the new
collection beside the old one and then moves the alias.
`place.py` says what a collection's name means.
"""

from typing import TYPE_CHECKING

from embeddings.base import Embedder
from foundation.errors import DeploymentError, FailureCode, PermanentError, TransientError
from vector_stores.client import QdrantConnection
from vector_stores.place import SEPARATOR, Place, configured_place, place_of

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

#: The names that Haystack gives them; all stores use them, so that one search serves all.
DENSE = "text-dense"
SPARSE = "text-sparse"


class Collection:
    """Where a store's points are. `alias` is the name in the settings, `target` what this version makes for its model.

    `pinned` fixes the place: what is written of one document goes to one collection, whatever a migration does
    meanwhile. Without it, each look follows the alias.
    """

    def __init__(
        self, connection: QdrantConnection, alias: str, embedder: Embedder, pinned: Place | None = None
    ) -> None:
        self._connection = connection
        self._embedder = embedder
        self._pinned = pinned
        self._is_ready = False
        self.alias = alias
        self.target = configured_place(alias, embedder)

    @property
    def place(self) -> Place:
        """The collection to read and write: the one that serves if it can be read, else this version's own.

        The latter is also that of a model which serves no more: searches with it go on until it is deleted.
        """
        return self._pinned or self._place_while(self.current())

    @property
    def name(self) -> str:
        return self.place.name

    def ensure(self, indexed_fields: dict[str, str]) -> None:
        """Create what is missing: collection, payload indexes (field → schema), alias. Any number of workers may.

        Raises DeploymentError, with what to do, when the alias names the collection of another model or the dimensions
        are others, and TransientError when a migration has moved the alias since this collection was pinned.
        """
        current = self.check_current()
        if current and self._is_ready:
            return  # one that was deleted since has taken its alias along, and is made again
        self._prepare(self._place_while(current), indexed_fields)
        if current is None:
            if self.current() is None:
                self._let_alias_name_it(old=None)
            self.check_current()  # a worker with another model may have been quicker
        self._is_ready = True

    def prepare(self, indexed_fields: dict[str, str]) -> None:
        """The same but for the alias: what a migration fills before it is current."""
        self._prepare(self.place, indexed_fields)

    def exists(self) -> bool:
        """Whether the collection is there."""
        name = self.name
        return self._connection.run(lambda client: client.collection_exists(name))

    def current(self) -> str | None:
        """The collection that the alias names, or None."""
        return current_collection(self._connection, self.alias)

    def check_current(self) -> str | None:
        """The collection that the alias names, or None. Raises DeploymentError or TransientError when it isn't the one
        in use."""
        current = self.current()
        if current is None:
            return None
        name = self._place_while(current).name
        if current == name:
            return current
        if current == self.target.name:
            raise TransientError(
                FailureCode.STORE_FAILED,
                f"{self.alias} was moved from {name} to {current} meanwhile: the next attempt writes there",
            )
        raise _misfit(
            f"{self.alias} holds vectors of another model ({current}) than {self._embedder.name}: set the model"
            " back, or run manage_vector_stores.py migrate-embeddings",
        )

    def check_fit(self) -> None:
        """As `check_current`, and the vectors have as many dimensions as are stored, where any are."""
        place = self._place_while(self.check_current())
        if not self._is_ready and (info := self._info(place)):
            _check_dimensions(place, info)

    def make_current(self) -> None:
        """Let the alias name this collection: one step, in which every reader sees the old or the new one."""
        self._let_alias_name_it(old=self.current())

    def _let_alias_name_it(self, *, old: str | None) -> None:
        from qdrant_client import models

        name = self._place_while(old).name
        create = models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=name, alias_name=self.alias)
        )
        delete = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=self.alias))
        operations: list[models.AliasOperations] = [create] if old is None else [delete, create]
        self._connection.run(lambda client: client.update_collection_aliases(operations))

    def _place_while(self, current: str | None) -> Place:
        """The place while the alias names `current`."""
        return self._pinned or (current and place_of(current, self.alias, self._embedder)) or self.target

    def _prepare(self, place: Place, indexed_fields: dict[str, str]) -> None:
        info = self._info(place)
        if info is None:
            self._create(place)
            info = self._info(place)
        if info is None:
            raise TransientError(FailureCode.STORE_FAILED, f"{place.name} was deleted while it was made")
        _check_dimensions(place, info)
        indexed = {field: index.data_type.value for field, index in info.payload_schema.items()}
        missing = {field: schema for field, schema in indexed_fields.items() if indexed.get(field) != schema}
        if missing:
            self._connection.run(lambda client: _index_fields(client, place.name, missing))

    def _info(self, place: Place) -> "models.CollectionInfo | None":
        return self._connection.find(lambda client: client.get_collection(place.name))

    def _create(self, place: Place) -> None:
        from qdrant_client import models

        layout = self._connection.layout

        def create(client: "QdrantClient") -> None:
            if client.collection_exists(self.alias) and self.alias not in _aliases(client):
                raise _misfit(
                    f"there is a collection named {self.alias} that this program did not make: delete or rename it, or"
                    " choose another name in the settings (QDRANT_…_COLLECTION)",
                )
            client.create_collection(
                place.name,
                vectors_config={DENSE: layout.dense(place.embedder.dimensions)},
                sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                metadata={"embedding_model": place.embedder.name, "sparse_encoder": place.sparse.name},
                **layout.options(),
            )

        try:
            self._connection.run(create)
        except (PermanentError, TransientError):
            # Another worker was quicker (409), or it's real.
            if self._info(place) is None:
                raise


def _check_dimensions(place: Place, info: "models.CollectionInfo") -> None:
    """Raises DeploymentError when the place's model makes vectors that the collection doesn't take."""
    vectors = info.config.params.vectors
    found = vectors[DENSE].size if isinstance(vectors, dict) and DENSE in vectors else None
    if found != place.embedder.dimensions:
        raise _misfit(
            f"the collection {place.name} takes vectors of {found} dimensions, {place.embedder.name} makes"
            f" {place.embedder.dimensions}: give the model another name, or delete the collection and ingest again",
        )


def _misfit(message: str) -> DeploymentError:
    """True of every document until somebody changes the settings or the collections."""
    return DeploymentError(FailureCode.STORE_FAILED, message, dependency="collections")


def _index_fields(client: "QdrantClient", name: str, fields: dict[str, str]) -> None:
    """Creating an index that is there changes nothing."""
    from qdrant_client import models

    for field, schema in fields.items():
        client.create_payload_index(name, field, field_schema=models.PayloadSchemaType(schema))


def current_collection(connection: QdrantConnection, alias: str) -> str | None:
    """The collection that an alias names, or None."""
    return connection.run(_aliases).get(alias)


def collections_of(connection: QdrantConnection, alias: str) -> list[str]:
    """Every collection behind an alias: the current one, and what a migration fills or has left."""
    found = connection.run(lambda client: client.get_collections())
    prefix = alias + SEPARATOR
    return sorted(collection.name for collection in found.collections if collection.name.startswith(prefix))


def _aliases(client: "QdrantClient") -> dict[str, str]:
    return {alias.alias_name: alias.collection_name for alias in client.get_aliases().aliases}
