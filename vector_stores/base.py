"""One store: writes a document's points as an inactive generation, flips generations, reads what is there.

The three stores are small files on this base. `generations.py` says in which order several stores are flipped,
`search.py` how they are searched.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from embeddings.base import Vector
from vector_stores.collection import DENSE, collections_of
from vector_stores.folders import fill_folders
from vector_stores.packed_points import pack_point, upsert, upsert_batches
from vector_stores.points import (
    INDEXED_FIELDS,
    EmbeddedRecord,
    Hit,
    Record,
    point_id,
    point_name,
    stored_metadata,
)
from vector_stores.reading import Sample, StoreReader

if TYPE_CHECKING:
    from qdrant_client import models

__all__ = ["EmbeddedRecord", "Hit", "Record", "Sample", "VectorStore"]


class VectorStore(StoreReader):
    """Points of one kind (pages or chunks) of all documents. Thread-safe.

    Every call may raise errors.TransientError, DeploymentError or PermanentError with the code `store_failed`.
    """

    def ensure(self) -> None:
        """Make the collection ready for writing. Raises DeploymentError when another model's is the current one."""
        self.home.ensure(self.indexed_fields)

    def check_fit(self) -> None:
        """Raise DeploymentError when the collection that is there is not this embedding model's; changes nothing."""
        self.home.check_fit()

    @property
    def indexed_fields(self) -> dict[str, str]:
        """What has a payload index, with its schema."""
        return {f"{self.metadata_field}.{field}": schema for field, schema in INDEXED_FIELDS.items()}

    # Writing a generation

    def write(self, document_id: str, generation: str, records: Sequence[EmbeddedRecord]) -> None:
        """Store the records as points that no search sees yet. Writing them again changes nothing."""
        self.write_packed(self.pack(document_id, generation, records))

    def pack(self, document_id: str, generation: str, records: Iterable[EmbeddedRecord]) -> list[bytes]:
        """The points that `write` would store: only computing, while `write_packed` only waits."""
        embedder_name = self.home.place.embedder.name
        return [self._packed(document_id, generation, embedded, embedder_name) for embedded in records]

    def write_packed(self, points: Iterable[bytes]) -> None:
        """Store what `pack` made."""
        place = self.home.place
        for batch in upsert_batches(points):
            self.connection.run(lambda client, batch=batch: upsert(client, place.name, batch, _strong()))  # type: ignore[misc]

    def flip(
        self,
        document_id: str,
        *,
        activate: Iterable[str],
        deactivate: Iterable[str],
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Show some generations of a document to searches and hide others, in one batch.

        What is shown gets `metadata` as well.
        """
        # The new ones first: a reader in between sees both, which it can tell, and never nothing.
        operations = [
            self._set_metadata(document_id, generation, changes)
            for generations, changes in (
                (activate, {**(metadata or {}), "active": True}),
                (deactivate, {"active": False}),
            )
            for generation in generations
        ]
        if operations:
            self._run(
                lambda client: client.batch_update_points(
                    self.physical_collection, operations, wait=True, ordering=_strong()
                )
            )

    def delete_generations(self, document_id: str, generations: Sequence[str]) -> None:
        """Delete a document's inactive points of these generations; active ones stay."""
        if generations:
            doomed = self.filter(document_id=document_id, generations=generations, active=False)
            self._run(lambda client: client.delete(self.physical_collection, doomed, wait=True, ordering=_strong()))

    def delete_document(self, document_id: str) -> None:
        """Delete all of a document's points, also those in collections of other embedding models."""
        doomed = self.filter(document_id=document_id)
        for name in collections_of(self.connection, self.collection):
            self.connection.run(lambda client, name=name: client.delete(name, doomed, wait=True))  # type: ignore[misc]

    def fill_folders(self) -> int:
        """Give the points that serve the folders of their documents, where they lack them; how many documents did."""
        return fill_folders(self.connection, self.physical_collection, self.metadata_field)

    # Taking vectors over

    def known_texts(self, document_id: str) -> dict[str, str]:
        """Point ids by `embedding_sha256` of everything that is stored of a document, in any generation.

        Points of an attempt that failed count as well: their vectors were paid for.
        """
        wanted = self.filter(document_id=document_id)
        field = "embedding_sha256"
        digests = (
            (self._metadata_of(point).get(field), str(point.id))
            for point in self.scroll(wanted, [f"{self.metadata_field}.{field}"])
        )
        return {digest: found for digest, found in digests if digest}

    def dense_vectors(self, point_ids: Sequence[str]) -> dict[str, Vector]:
        """Dense vectors by point id; points that are gone are left out."""
        if not point_ids:
            return {}
        found = self._run(
            lambda client: client.retrieve(
                self.physical_collection, list(point_ids), with_payload=False, with_vectors=[DENSE]
            )
        )
        return {str(point.id): point.vector[DENSE] for point in found if isinstance(point.vector, dict)}  # type: ignore[misc]

    # The payload

    def payload(self, name: str, text: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """What is stored beside the vectors of the point called `name`."""
        return {self.text_field: text, self.metadata_field: metadata}

    def _packed(self, document_id: str, generation: str, embedded: EmbeddedRecord, embedder_name: str) -> bytes:
        record = embedded.record
        name = point_name(document_id, self.name, generation, record.index)
        metadata = stored_metadata(record, generation, embedder_name, embedded.language)
        return pack_point(point_id(name), self.payload(name, record.text, metadata), embedded.packed_vectors)

    def _set_metadata(self, document_id: str, generation: str, changes: dict[str, Any]) -> "models.SetPayloadOperation":
        from qdrant_client import models

        return models.SetPayloadOperation(
            set_payload=models.SetPayload(
                payload=changes,
                key=self.metadata_field,
                filter=self.filter(document_id=document_id, generations=[generation]),
            )
        )


def _strong() -> "models.WriteOrdering":
    """Writes go through the shard's leader, so that every replica has them in one order: an upsert, its flip, and the
    deletion of what it replaced."""
    from qdrant_client import models

    return models.WriteOrdering.STRONG
