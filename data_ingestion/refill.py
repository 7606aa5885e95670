"""Puts a document's points back into stores that lost them, from the files in S3: no PDF is read, no model is asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from data_ingestion.artifacts import Artifacts
from data_ingestion.kept_points import POINTS_FILE, KeptBatch, KeptEnd, read_points
from embeddings.sparse import SparseEncoder
from foundation.store_names import StoreName
from vector_stores import generations
from vector_stores.base import EmbeddedRecord, VectorStore


class RefillState(StrEnum):
    """What became of a document in one store."""

    REFILLED = "refilled"
    SERVED = "served"  # it was there
    NOT_KEPT = "not_kept"  # stored before points were kept, or never
    OTHER_MODEL = "other_model"  # its vectors are another model's


@dataclass(frozen=True, slots=True)
class Refilled:
    """By store; `points` are those that were written."""

    states: dict[StoreName, RefillState]
    points: int = 0


@dataclass(slots=True)
class _Filling:
    """One file's way into the stores that lack it."""

    stores: dict[StoreName, VectorStore]
    others: set[StoreName] = field(default_factory=set)
    written: dict[StoreName, int] = field(default_factory=dict)


def refill_document(artifacts: Artifacts, stores: Mapping[StoreName, VectorStore], s3_key: str) -> Refilled:
    """Serve in each store what the newest file has for it. Repeating it changes nothing.

    Workers may go on meanwhile: a newer generation that one of them publishes is left alone. Raises what stores and S3
    raise, and CancelledWorkError when a store serves a newer generation than is kept.
    """
    document_id = artifacts.document_id(s3_key)
    states: dict[StoreName, RefillState] = {}
    points = 0
    files = sorted((key for key in artifacts.file_keys(s3_key) if key.endswith(f"/{POINTS_FILE}")), reverse=True)
    for key in files:
        missing = {name: store for name, store in stores.items() if name not in states}
        if not missing:
            break
        found = _refill_from(artifacts, missing, document_id, key)
        states |= found.states
        points += found.points
    return Refilled({name: states.get(name, RefillState.NOT_KEPT) for name in stores}, points)


def _refill_from(artifacts: Artifacts, stores: Mapping[StoreName, VectorStore], document_id: str, key: str) -> Refilled:
    generation = key.split("/")[-2]
    with artifacts.open_points(key) as lines:
        ends = [part for part in read_points(lines) if isinstance(part, KeptEnd)]
        if not ends:
            return Refilled({})
        [end] = ends
        states = {
            name: RefillState.SERVED
            for name, count in end.points.items()
            if name in stores and stores[name].count(document_id, generation, active=True) == count
        }
        filling = _Filling(
            {name: stores[name].pinned() for name in end.points if name in stores and name not in states}
        )
        if filling.stores:
            lines.seek(0)
            states |= _fill(filling, document_id, generation, lines, end)
    return Refilled(states, sum(filling.written.values()))


def _fill(
    filling: _Filling, document_id: str, generation: str, lines: Iterable[bytes], end: KeptEnd
) -> dict[StoreName, RefillState]:
    for store in filling.stores.values():
        store.ensure()
    for part in read_points(lines):
        if isinstance(part, KeptBatch):
            _write(filling, document_id, generation, part)
    whole = {name: store for name, store in filling.stores.items() if name not in filling.others}
    generations.publish(list(whole.values()), document_id, generation, end.described, end.points)
    return {
        name: RefillState.OTHER_MODEL if name in filling.others else RefillState.REFILLED for name in filling.stores
    }


def _write(filling: _Filling, document_id: str, generation: str, batch: KeptBatch) -> None:
    by_encoder: dict[str, list[EmbeddedRecord]] = {}
    for name in batch.stores:
        store = filling.stores.get(name)
        if store is None or name in filling.others:
            continue
        place = store.home.place
        if place.embedder.name != batch.embedder:
            filling.others.add(name)
            continue
        if place.sparse.name not in by_encoder:
            by_encoder[place.sparse.name] = embedded(batch, place.sparse)
        store.write(document_id, generation, by_encoder[place.sparse.name])
        filling.written[name] = filling.written.get(name, 0) + len(batch.records)


def embedded(batch: KeptBatch, encoder: SparseEncoder) -> list[EmbeddedRecord]:
    """The batch's records with both vectors."""
    return [
        EmbeddedRecord(
            record,
            dense,
            encoder.encode_passage(record.embedding_text, batch.language, record.heading_path, record.started_sections),
            batch.language,
        )
        for record, dense in zip(batch.records, batch.dense, strict=True)
    ]
