"""How a collection is described: the body that creates it, and what `GET /collections/NAME` answers."""

from typing import Any

from development_stack.qdrant_server.collection import PointCollection
from development_stack.qdrant_server.fields import known_fields, payload_like

#: Settings of speed, place and copies: taken, described as they were given, and without effect.
_TAKEN = (
    "shard_number",
    "replication_factor",
    "write_consistency_factor",
    "on_disk_payload",
    "payload",
    "id_tracker",
    "hnsw_config",
    "wal_config",
    "optimizers_config",
)
_UNSPOKEN = ("sharding_method", "quantization_config", "strict_mode_config", "init_from", "uuid")
#: Qdrant's defaults, so that clients find the fields that they expect.
_HNSW = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000, "max_indexing_threads": 0, "on_disk": False}
_OPTIMIZERS = {
    "deleted_threshold": 0.2,
    "vacuum_min_vector_number": 1_000,
    "default_segment_number": 0,
    "indexing_threshold": 10_000,
    "flush_interval_sec": 5,
}
_WAL = {"wal_capacity_mb": 32, "wal_segments_ahead": 0}


def creation(body: Any) -> dict[str, Any]:
    """The settings of a new collection. Raises RefusalError."""
    given = known_fields(body, "body", ("vectors", "sparse_vectors", "metadata", *_TAKEN), unspoken=_UNSPOKEN)
    payload_like(given.get("metadata", {}), "metadata")
    return given


def changes(body: Any, before: dict[str, Any]) -> dict[str, Any]:
    """The settings that a collection has after a request to change some of them. Raises RefusalError."""
    known = ("metadata", "optimizers_config", "hnsw_config", "params")
    unspoken = ("vectors", "sparse_vectors", "quantization_config", "strict_mode_config")
    given = known_fields(body, "body", known, unspoken=unspoken)
    params = given.pop("params", {})
    given |= known_fields(params, "params", _TAKEN, unspoken=("read_fan_out_factor", "read_fan_out_delay_ms"))
    return {
        name: {**payload_like(before.get(name) or {}, name), **value} if isinstance(value, dict) else value
        for name, value in given.items()
    }


def info(collection: PointCollection) -> dict[str, Any]:
    """What Qdrant answers of a collection."""
    described, shard, indexes = collection.info()
    params: dict[str, Any] = {
        "vectors": described.get("vectors") or {},
        "shard_number": described.get("shard_number", 1),
        "replication_factor": described.get("replication_factor", 1),
        "write_consistency_factor": described.get("write_consistency_factor", 1),
        "on_disk_payload": described.get("on_disk_payload", True),
    }
    if described.get("sparse_vectors"):
        params["sparse_vectors"] = described["sparse_vectors"]
    config = {
        "params": params,
        "hnsw_config": _HNSW | (described.get("hnsw_config") or {}),
        "optimizer_config": _OPTIMIZERS | (described.get("optimizers_config") or {}),
        "wal_config": _WAL | (described.get("wal_config") or {}),
        "quantization_config": None,
    }
    if described.get("metadata"):
        config["metadata"] = described["metadata"]
    return {
        "status": "green",
        "optimizer_status": "ok",
        "indexed_vectors_count": shard.indexed_vectors_count,
        "points_count": shard.points_count,
        "segments_count": shard.segments_count,
        "config": config,
        "payload_schema": indexes,
    }
