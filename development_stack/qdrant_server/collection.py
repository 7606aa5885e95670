"""One collection: a shard of the engine, and what the engine doesn't keep of it.

    FOLDER/collection.json      the request that created it, its metadata, the parameters of its payload indexes
    FOLDER/shard/               the engine's

The engine takes calls of several threads at once, carries out one update at a time, and lets no reader see half of one.
"""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import qdrant_edge as engine

from development_stack.qdrant_server.errors import NotFoundError, RefusalError, collection_missing, of_engine
from development_stack.qdrant_server.fields import boolean, format_error, known_fields, text
from development_stack.qdrant_server.files import read_json, write_json
from development_stack.qdrant_server.filters import filter_of
from development_stack.qdrant_server.indexes import index_schema, type_name
from development_stack.qdrant_server.points import (
    PointId,
    id_of,
    payload_selector,
    point_id,
    point_ids,
    record,
    scored_point,
    vector_selector,
)
from development_stack.qdrant_server.queries import QueryReader, limit_of, order_by
from development_stack.qdrant_server.schema import DEFAULT_VECTOR, engine_config, schema_of
from development_stack.qdrant_server.updates import batch_of, operation_of

T = TypeVar("T")

_DESCRIPTION = "collection.json"
_SHARD = "shard"


class PointCollection:
    """Reads and writes the points of one collection. Thread-safe. Every method raises RefusalError."""

    def __init__(self, name: str, folder: Path) -> None:
        """Open a collection that `create` has made."""
        self.name = name
        self._folder = folder
        self._description: dict[str, Any] = read_json(folder / _DESCRIPTION, {})
        self.schema = schema_of(self._description.get("vectors"), self._description.get("sparse_vectors"))
        self._shard = engine.EdgeShard.load(str(folder / _SHARD))
        self._shard.optimize()  # drops what was deleted; it holds updates up, which at the start nobody waits for
        self._describing = threading.Lock()
        self._operations = itertools.count()
        self._is_closed = False
        self._is_changed = False

    @staticmethod
    def create(folder: Path, description: dict[str, Any]) -> None:
        """Make the files of a collection without points. `description` is the body of the request."""
        config = engine_config(description.get("vectors"), description.get("sparse_vectors"))
        folder.mkdir(parents=True)
        with _refusals():
            engine.EdgeShard.create(str(folder / _SHARD), config).close()
        write_json(folder / _DESCRIPTION, description)

    # Writing

    def update(self, kind: str, body: Any) -> dict[str, Any]:
        """Carry out an update of one kind (`updates.KINDS`)."""
        return self._apply([operation_of(kind, body, self.schema)])

    def update_batch(self, body: Any) -> list[dict[str, Any]]:
        """Carry out several updates in their order."""
        return [self._apply([operation]) for operation in batch_of(body, self.schema)]

    def create_index(self, body: Any) -> dict[str, Any]:
        """Index a field of the payload. One that is there already costs nothing: making one waits for the disk."""
        given = known_fields(body, "body", ("field_name", "field_schema"), required=("field_name", "field_schema"))
        field, schema = text(given["field_name"], "field_name"), given["field_schema"]
        made = index_schema(schema)
        if self._index(field) == schema:
            return self._apply([])
        answer = self._apply([engine.UpdateOperation.create_field_index(field, made)])
        self._describe_index(field, schema if isinstance(schema, dict) else None)
        return answer

    def delete_index(self, field: str) -> dict[str, Any]:
        answer = self._apply([engine.UpdateOperation.delete_field_index(field)])
        self._describe_index(field, None)
        return answer

    def change_description(self, changes: dict[str, Any]) -> None:
        """Merge new settings into those that the collection was created with."""
        self._describe(lambda described: described.update(changes))

    # Reading

    def retrieve(self, body: Any) -> list[dict[str, Any]]:
        given = known_fields(
            body, "body", ("ids", "with_payload", "with_vector"), required=("ids",), unspoken=("shard_key",)
        )
        return self._retrieve(point_ids(given["ids"], "ids"), given.get("with_payload"), given.get("with_vector"))

    def retrieve_one(self, value: str) -> dict[str, Any]:
        found = self._retrieve([point_id(int(value) if value.isdecimal() else value)], True, True)
        if not found:
            raise NotFoundError(f"Not found: Point with id {value} does not exists!")
        return found[0]

    def scroll(self, body: Any) -> dict[str, Any]:
        known = ("offset", "limit", "filter", "with_payload", "with_vector", "order_by")
        given = known_fields(body, "body", known, unspoken=("shard_key",))
        payload = payload_selector(given.get("with_payload"), default=True)
        vector = vector_selector(given.get("with_vector"), self.schema)
        order = order_by(given["order_by"]) if "order_by" in given else None
        if order is not None and "offset" in given:
            raise format_error("offset and order_by cannot be used together: use order_by.start_from")
        request = engine.ScrollRequest(
            offset=point_id(given["offset"]) if "offset" in given else None,
            limit=limit_of(given),
            filter=filter_of(given.get("filter")),
            with_payload=payload,
            with_vector=vector,
            order_by=order,
        )
        points, following = self._run(lambda: self._shard.scroll(request))
        return {
            "points": [record(one, payload=payload is not False, vector=vector is not False) for one in points],
            "next_page_offset": None if following is None else id_of(following),
        }

    def count(self, body: Any) -> dict[str, int]:
        given = known_fields(body, "body", ("filter", "exact"), unspoken=("shard_key",))
        exact = boolean(given.get("exact", True), "exact")
        request = engine.CountRequest(exact=exact, filter=filter_of(given.get("filter")))
        return {"count": self._run(lambda: self._shard.count(request))}

    def facet(self, body: Any) -> dict[str, Any]:
        known = ("key", "limit", "filter", "exact")
        given = known_fields(body, "body", known, required=("key",), unspoken=("shard_key",))
        request = engine.FacetRequest(
            key=text(given["key"], "key"),
            limit=limit_of(given),
            exact=boolean(given.get("exact", False), "exact"),
            filter=filter_of(given.get("filter")),
        )
        found = self._run(lambda: self._shard.facet(request))
        return {"hits": [{"value": hit.value, "count": hit.count} for hit in found.hits]}

    def query(self, bodies: Iterable[Any]) -> list[list[dict[str, Any]]]:
        """The scored points of each query."""
        reader = QueryReader(self.schema, self._vector_of_point)
        asked = [reader.query(body) for body in bodies]
        answers = self._run(lambda: self._shard.query_batch(engine.QueryBatchRequest([one.request for one in asked])))
        return [
            [scored_point(point, payload=one.payload, vector=one.vector) for point in points]
            for one, points in zip(asked, answers, strict=True)
        ]

    def info(self) -> tuple[dict[str, Any], "engine.ShardInfo", dict[str, Any]]:
        """What the collection was created with, what the engine says, and its indexes as Qdrant describes them."""
        shard = self._run(lambda: self._shard.info())
        described = self._description
        indexes = {}
        for field, index in shard.payload_schema.items():
            indexes[field] = {"data_type": type_name(index.data_type), "points": index.points}
            if field in described["indexes"]:
                indexes[field]["params"] = described["indexes"][field]
        return described, shard, indexes

    # The files

    def flush(self) -> None:
        """Write what has changed to the data files, so that the next start has less of the log to go through."""
        if self._is_changed and not self._is_closed:
            self._is_changed = False
            self._run(lambda: self._shard.flush())

    def close(self) -> None:
        """Let the files go. Calls that come later answer that the collection is not there."""
        if not self._is_closed:
            self._is_closed = True
            self._shard.close()

    def _retrieve(self, ids: list[PointId], with_payload: Any, with_vector: Any) -> list[dict[str, Any]]:
        payload = payload_selector(with_payload, default=True)
        vector = vector_selector(with_vector, self.schema)
        found = self._run(lambda: self._shard.retrieve(ids, payload, vector))
        return [record(one, payload=payload is not False, vector=vector is not False) for one in found]

    def _vector_of_point(self, point: PointId, name: str) -> Any:
        found = self._run(lambda: self._shard.retrieve([point], False, [name]))
        if not found:
            raise NotFoundError(f"Not found: No point with id {point} found")
        vector = found[0].vector
        if name == DEFAULT_VECTOR and not isinstance(vector, dict):
            return vector
        if not isinstance(vector, dict) or name not in vector:
            raise NotFoundError(f"Not found: Point {point} has no vector `{name}`")
        return vector[name]

    def _apply(self, operations: list[engine.UpdateOperation]) -> dict[str, Any]:
        for operation in operations:
            self._is_changed = True
            self._run(lambda operation=operation: self._shard.update(operation))  # type: ignore[misc]
        return {"operation_id": next(self._operations), "status": "completed"}

    def _index(self, field: str) -> Any:
        """The schema of an index as it was asked for, None if there is none."""
        found = self._run(lambda: self._shard.info()).payload_schema.get(field)
        return None if found is None else self._description["indexes"].get(field, type_name(found.data_type))

    def _describe_index(self, field: str, params: dict[str, Any] | None) -> None:
        """Keep the parameters of an index; the engine knows its type."""
        if params is None and field not in self._description["indexes"]:
            return
        kept = {name: schema for name, schema in self._description["indexes"].items() if name != field}
        self._describe(lambda described: described.update(indexes=kept if params is None else kept | {field: params}))

    def _describe(self, change: Callable[[dict[str, Any]], Any]) -> None:
        with self._describing:
            described = dict(self._description)
            change(described)
            write_json(self._folder / _DESCRIPTION, described)
            self._description = described

    def _run(self, call: Callable[[], T]) -> T:
        try:
            with _refusals():
                return call()
        except RefusalError:
            if self._is_closed:
                raise collection_missing(self.name) from None
            raise


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except RefusalError:
        raise
    except (ValueError, TypeError, OverflowError) as error:  # what the binding says of values that it can't read
        raise format_error(str(error)) from error
    except Exception as error:  # the engine has no types of its own
        raise of_engine(error) from error
