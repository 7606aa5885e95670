"""Replaces a document in several stores: every reader sees one version of it whole, the old or the new.

    write (inactive) ─ … ─ all stores complete ─ flip all stores ─ prune
                                                 └ a flip fails: flip all back, the old version goes on serving

Generations are strings whose order is their age; the first part is the number of the claim, so that of two workers on
the same document the one that was given it later wins, whatever the order in which they get here.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog

from foundation.errors import CancelledWorkError, FailureCode, IngestionError, TransientError
from foundation.store_names import StoreName
from vector_stores.base import VectorStore

log = structlog.get_logger("vector_stores")


def publish(
    stores: Sequence[VectorStore],
    document_id: str,
    generation: str,
    metadata: Mapping[str, Any] | None = None,
    written: Mapping[StoreName, int] | None = None,
) -> None:
    """Serve `generation` of a document in all `stores` instead of what they serve now, then delete what is older.

    `metadata` is what is known of the document only now; its points get it with the flip. Every store must hold the
    generation whole: `written` says of how many points it consists, where that is known. Raises what a store raised, or
    TransientError when points are missing, the old generation serving in all stores again as far as they answer; and
    CancelledWorkError (`lease_lost`) when a newer generation is served: somebody else got the work.
    """
    if not stores:
        return
    flips = [
        _plan(store, document_id, generation, metadata or {}, (written or {}).get(store.name, 0)) for store in stores
    ]
    # Side by side: Qdrant writes the payload of every point anew, on one core a store.
    with ThreadPoolExecutor(len(flips), thread_name_prefix="flip") as threads:
        applied = [threads.submit(flip.apply) for flip in flips]
    if failures := [error for flip in applied if (error := flip.exception())]:
        for flip in flips:
            _revert(flip)
        raise failures[0]
    for flip in flips:
        flip.prune()


def remove(stores: Sequence[VectorStore], document_id: str) -> None:
    """Delete everything that the stores hold of a document."""
    for store in stores:
        store.delete_document(document_id)


@dataclass(frozen=True, slots=True)
class _Flip:
    """What publishing changes in one store."""

    store: VectorStore
    document_id: str
    generation: str
    metadata: Mapping[str, Any]
    served: set[str]
    older: set[str]
    written: int

    def apply(self) -> None:
        self.store.flip(
            self.document_id,
            activate=[self.generation],
            deactivate=sorted(self.served - {self.generation}),
            metadata=self.metadata,
        )
        self._compare_counts()

    def _compare_counts(self) -> None:
        """A flip goes by a filter and answers the same however many points it met. Raises TransientError."""
        stored = self.store.count(self.document_id, self.generation)
        active = self.store.count(self.document_id, self.generation, active=True)
        if active != stored or stored < self.written:
            raise TransientError(
                FailureCode.STORE_FAILED,
                f"{self.store.name} shows {active} of {max(stored, self.written)} points after the flip",
                dependency="qdrant",
            )

    def revert(self) -> None:
        hidden = {self.generation} - self.served
        self.store.flip(self.document_id, activate=sorted(self.served), deactivate=sorted(hidden))

    def prune(self) -> None:
        """A failure leaves points that no search sees and that the next publish deletes."""
        try:
            self.store.delete_generations(self.document_id, sorted(self.older))
        except IngestionError as error:
            log.warning("prune failed", store=self.store.name, document_id=self.document_id, reason=str(error))


def _plan(store: VectorStore, document_id: str, generation: str, metadata: Mapping[str, Any], written: int) -> _Flip:
    store.ensure()
    served = store.generations(document_id, active=True)
    newer = {other for other in served if other > generation}
    if newer:
        raise CancelledWorkError(
            f"{store.name} serves generation {max(newer)} already, newer than {generation}", code=FailureCode.LEASE_LOST
        )
    older = {other for other in store.generations(document_id) if other < generation}
    return _Flip(store, document_id, generation, metadata, served, older, written)


def _revert(flip: _Flip) -> None:
    """Also the flip that failed: a request that timed out may have been carried out."""
    try:
        flip.revert()
    except IngestionError as error:
        # The store itself is down; the next attempt's publish puts it right.
        log.error("flip back failed", store=flip.store.name, document_id=flip.document_id, reason=str(error))
