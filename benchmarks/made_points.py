"""As many points as a benchmark wants, made from those of real chunks: alike in what a search has to look at."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from embeddings.sparse import SparseVector
from vector_stores.base import Record

_AT_ONCE = 2_000
#: How far a made vector is from the real one: cosine .9.
NOISE = 0.5
#: A point's text; what is read of the found ones hardly matters, what all of them take on the disk does.
TEXT_CHARACTERS = 400
LEFT_OUT = frozenset({"boxes", "line_boxes"})


@dataclass(frozen=True, slots=True)
class Real:
    """Chunks of real documents with their vectors (a row each)."""

    records: list[Record]
    dense: np.ndarray[Any, Any]
    sparse: list[SparseVector]

    @property
    def titles(self) -> list[str]:
        return list(dict.fromkeys(record.heading_path[-1] for record in self.records if record.heading_path))


Made = tuple[str, list[float], SparseVector, dict[str, Any]]


def made_points(real: Real) -> Iterator[Made]:
    """Without end: the real ones first, then ones made of them, the same each time."""
    random = np.random.default_rng(7)
    number = 0
    while True:
        chosen = np.arange(len(real.records)) if number == 0 else random.integers(len(real.records), size=_AT_ONCE)
        dense = real.dense[chosen]
        if number:
            noise = random.standard_normal(dense.shape, dtype=np.float32) * NOISE / np.sqrt(dense.shape[1])
            dense = dense + noise
            dense /= np.linalg.norm(dense, axis=1, keepdims=True)
        others = random.integers(len(real.records), size=len(chosen))
        for at, one, other, vector in zip(range(len(chosen)), chosen, others, dense.tolist(), strict=True):
            sparse = real.sparse[one] if number == 0 else _mixed(real.sparse[one], real.sparse[other], at % 2)
            yield str(uuid.UUID(int=number + at + 1)), vector, sparse, _payload(real.records[one], number + at)
        number += len(chosen)


def _mixed(one: SparseVector, other: SparseVector, parity: int) -> SparseVector:
    """Every second term of each."""
    values = dict(zip(one.indices[parity::2], one.values[parity::2], strict=True))
    values |= dict(zip(other.indices[1 - parity :: 2], other.values[1 - parity :: 2], strict=True))
    return SparseVector(list(values), list(values.values()))


def _payload(record: Record, number: int) -> dict[str, Any]:
    metadata = {name: value for name, value in record.metadata.items() if name not in LEFT_OUT}
    document = f"{record.metadata['document_id']}-{number // 3_000}"
    more = {"active": True, "generation": "000001", "language": "en", "document_id": document}
    return {"text": record.text[:TEXT_CHARACTERS], "metadata": metadata | more}
