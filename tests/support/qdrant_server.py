"""The development server of the tests: what a test deletes is emptied and given to the next that makes its like.

Making a collection with its indexes, and deleting its files, takes 40 ms of CPU; emptying it takes one. A collection
that is made again has no points, no indexes until they are asked for, and no statistics of what it held. Its files stay
where they were first made, so that this server can't be started again over its folder.

    python -m tests.support.qdrant_server --path DIR     takes the options of the development server
"""

import os
import sys
import uuid
from collections import defaultdict
from typing import Any

from pydantic_core import to_json

from development_stack.qdrant_server import __main__ as program
from development_stack.qdrant_server import catalog, server
from development_stack.qdrant_server.collection import PointCollection
from development_stack.qdrant_server.errors import RefusalError

#: One that holds or has held more is deleted: emptied points leave their places behind.
MAX_POINTS = 1_000
_MAX_PLACES = 5_000


class Recycler:
    """Collections that wait for a new name, by what they were created with."""

    def __init__(self) -> None:
        self._empty: defaultdict[bytes, list[PointCollection]] = defaultdict(list)
        #: Indexes that the engine has of an earlier use, and nobody has asked for yet.
        self.hidden: dict[PointCollection, set[str]] = {}
        self._created_as: dict[PointCollection, bytes] = {}
        self._places: dict[PointCollection, int] = {}

    def take(self, name: str, description: dict[str, Any]) -> PointCollection | None:
        waiting = self._empty[to_json(description)]
        if not waiting:
            return None
        collection = waiting.pop()
        collection.name = name
        return collection

    def watch(self, collection: PointCollection, description: dict[str, Any]) -> None:
        self._created_as[collection] = to_json(description)
        self._places[collection] = 0
        self.hidden[collection] = set()

    def give(self, collection: PointCollection) -> bool:
        """Empty it and keep it; False when it must be deleted: changed settings, special indexes, many points."""
        if to_json(collection._description) != self._created_as.get(collection):
            return False
        try:
            points = collection.count({})["count"]
            self._places[collection] += points
            if points > MAX_POINTS or self._places[collection] > _MAX_PLACES:
                return False
            _empty(collection)
            self.hidden[collection] = set(collection._shard.info().payload_schema)
        except RefusalError:
            return False
        self._empty[self._created_as[collection]].append(collection)
        return True


def _empty(collection: PointCollection) -> None:
    """Delete all points. First each gets empty vectors: a point that is deleted with its words counts for their
    rarity (IDF) for as long as its segment lives."""
    bare: dict[str, Any] = {name: {"indices": [], "values": []} for name in collection.schema.sparse}
    found = collection.scroll({"limit": MAX_POINTS, "with_payload": False})["points"]
    if found:
        collection.update("upsert", {"points": [{"id": point["id"], "vector": bare, "payload": {}} for point in found]})
        collection.update("delete", {"points": [point["id"] for point in found]})


_recycler = Recycler()


class RecyclingCatalog(catalog.Catalog):
    def _make(self, name: str, description: dict[str, Any]) -> PointCollection:
        collection = _recycler.take(name, description)
        if collection is None:
            # Its files keep the name that they get here, whatever the collection is called.
            collection = super()._make(uuid.uuid4().hex, description)
            collection.name = name
            _recycler.watch(collection, description)
        return collection

    def _discard(self, collection: PointCollection) -> None:
        if not _recycler.give(collection):
            collection.name = collection._folder.name
            super()._discard(collection)


class RecycledCollection(PointCollection):
    """Shows no index before it is asked for."""

    def create_index(self, body: Any) -> dict[str, Any]:
        hidden = _recycler.hidden.get(self, set())
        if isinstance(body, dict):
            hidden.discard(str(body.get("field_name")))
        return super().create_index(body)

    def delete_index(self, field: str) -> dict[str, Any]:
        _recycler.hidden.get(self, set()).discard(field)
        return super().delete_index(field)

    def info(self) -> Any:
        described, shard, indexes = super().info()
        hidden = _recycler.hidden.get(self, set())
        return described, shard, {field: index for field, index in indexes.items() if field not in hidden}


def main() -> int:
    catalog.PointCollection = RecycledCollection  # type: ignore[attr-defined]
    server.Catalog = RecyclingCatalog  # type: ignore[attr-defined]
    return program.main()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # as the server itself
