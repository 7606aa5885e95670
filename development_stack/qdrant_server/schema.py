"""The vectors of a collection, as it was created: JSON to the engine's settings."""

from dataclasses import dataclass
from typing import Any

import qdrant_edge as engine

from development_stack.qdrant_server.errors import InvalidError
from development_stack.qdrant_server.fields import format_error, integer, known_fields, text

#: The name of a vector without one.
DEFAULT_VECTOR = ""
_DISTANCES = {
    "Cosine": engine.Distance.Cosine,
    "Dot": engine.Distance.Dot,
    "Euclid": engine.Distance.Euclid,
    "Manhattan": engine.Distance.Manhattan,
}
_DATATYPES = {
    "float32": engine.VectorStorageDatatype.Float32,
    "float16": engine.VectorStorageDatatype.Float16,
    "uint8": engine.VectorStorageDatatype.Uint8,
}
#: As large as Qdrant takes them.
_MAX_DIMENSIONS = 65_536
#: No HNSW graph is ever made: it takes 6 s for 12,000 vectors of 512 dimensions, in which the engine takes no update,
#: and saves a search 1.4 ms of 2.1. So every search is exact.
_NEVER_INDEXED_KB = 1 << 40


@dataclass(frozen=True, slots=True)
class VectorSchema:
    """What vectors a collection's points have. `dense`: dimensions by name; `multi`: those with several rows."""

    dense: dict[str, int]
    sparse: frozenset[str]
    multi: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        return self.sparse | self.dense.keys()


def schema_of(vectors: Any, sparse_vectors: Any) -> VectorSchema:
    dense = _by_name(vectors)
    return VectorSchema(
        {name: params["size"] for name, params in dense.items()},
        frozenset(sparse_vectors or {}),
        frozenset(name for name, params in dense.items() if params.get("multivector_config")),
    )


def engine_config(vectors: Any, sparse_vectors: Any) -> engine.EdgeConfig:
    """The engine's settings for `vectors` and `sparse_vectors` of a request. Raises RefusalError.

    Settings of speed and place (`on_disk`, `memory`, `hnsw_config`, `index`) are taken and have no effect.
    """
    dense = {name: _dense_params(params, name) for name, params in _by_name(vectors).items()}
    if not isinstance(sparse_vectors or {}, dict):
        raise format_error("invalid type: sparse_vectors must be an object")
    sparse = {name: _sparse_params(params, name) for name, params in (sparse_vectors or {}).items()}
    optimizers = engine.EdgeOptimizersConfig(indexing_threshold=_NEVER_INDEXED_KB)
    return engine.EdgeConfig(vectors=dense, sparse_vectors=sparse, optimizers=optimizers)


def _by_name(vectors: Any) -> dict[str, Any]:
    if not isinstance(vectors or {}, dict):
        raise format_error("invalid type: vectors must be an object")
    if vectors and "size" in vectors and not isinstance(vectors["size"], dict):
        return {DEFAULT_VECTOR: vectors}
    return dict(vectors or {})


def _dense_params(value: Any, name: str) -> engine.EdgeVectorParams:
    where = f"vectors.{name}" if name else "vectors"
    given = known_fields(
        value,
        where,
        ("size", "distance", "on_disk", "memory", "hnsw_config", "datatype", "multivector_config"),
        required=("size", "distance"),
        unspoken=("quantization_config",),
    )
    size = integer(given["size"], f"{where}.size")
    if not 1 <= size <= _MAX_DIMENSIONS:
        raise InvalidError(
            f"Validation error in JSON body: [{where}.size: value {size} invalid, must be from 1 to {_MAX_DIMENSIONS}]"
        )
    multi = None
    if "multivector_config" in given:
        comparator = known_fields(given["multivector_config"], where, ("comparator",), required=("comparator",))
        _choice(comparator["comparator"], {"max_sim": None}, "comparator")
        multi = engine.MultiVectorConfig(engine.MultiVectorComparator.MaxSim)
    return engine.EdgeVectorParams(
        size=size,
        distance=_choice(given["distance"], _DISTANCES, f"{where}.distance"),
        multivector_config=multi,
        datatype=_choice(given["datatype"], _DATATYPES, f"{where}.datatype") if "datatype" in given else None,
    )


def _sparse_params(value: Any, name: str) -> engine.EdgeSparseVectorParams:
    where = f"sparse_vectors.{name}"
    given = known_fields(value if value is not None else {}, where, ("index", "modifier"))
    modifiers = {"idf": engine.Modifier.Idf, "none": None}
    index = known_fields(
        given.get("index", {}), f"{where}.index", ("full_scan_threshold", "on_disk", "memory", "datatype")
    )
    return engine.EdgeSparseVectorParams(
        modifier=_choice(given.get("modifier", "none"), modifiers, f"{where}.modifier"),
        datatype=_choice(index["datatype"], _DATATYPES, f"{where}.index.datatype") if "datatype" in index else None,
    )


def _choice(value: Any, choices: dict[str, Any], where: str) -> Any:
    if text(value, where) not in choices:
        raise format_error(f"unknown variant `{value}` of {where}, expected one of {', '.join(choices)}")
    return choices[value]
