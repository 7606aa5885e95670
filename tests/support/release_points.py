"""Run by a released version's own Python in its own checkout: prints its collections and their points as JSON lines."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

#: Where that version keeps what is needed: the modules are those of the checkout, which is the working folder.
#: 0.1.0 had `parts.py` and opened Qdrant in its own process, where `read` takes turns with `run`.
SETTINGS_MODULE = "config"
PARTS_MODULE = "composition.parts" if Path("composition").is_dir() else "parts"


def main() -> None:
    sys.path.insert(0, ".")
    parts = import_module(PARTS_MODULE).Parts(import_module(SETTINGS_MODULE).load_settings())
    read = parts.qdrant.read if PARTS_MODULE == "parts" else parts.qdrant.run
    found = read(lambda client: client.get_aliases()).aliases
    aliases = {one.alias_name: one.collection_name for one in found}
    for store in parts.stores.values():
        name = aliases[store.collection]
        info = read(lambda client, name=name: client.get_collection(name))
        params = info.config.params
        # Read from the code, not from the collection: an embedded store has no payload indexes.
        described = {
            "name": name,
            "alias": store.collection,
            "dense": {key: {"size": one.size, "distance": one.distance.value} for key, one in params.vectors.items()},
            "sparse": {
                key: {"modifier": one.modifier.value if one.modifier else None}
                for key, one in params.sparse_vectors.items()
            },
            "metadata": info.config.metadata or {},
            "payload_indexes": store.indexed_fields,
        }
        points, _ = read(
            lambda client, name=name: client.scroll(name, limit=100_000, with_payload=True, with_vectors=True)
        )
        whole = {**described, "points": [_plain(point) for point in points]}
        sys.stdout.write(json.dumps(whole, ensure_ascii=False) + "\n")
    parts.close()


def _plain(point: Any) -> dict[str, Any]:
    sparse = {name: one for name, one in point.vector.items() if hasattr(one, "indices")}
    return {
        "id": str(point.id),
        "payload": point.payload,
        "dense": {name: one for name, one in point.vector.items() if name not in sparse},
        "sparse": {name: {"indices": list(one.indices), "values": list(one.values)} for name, one in sparse.items()},
    }


if __name__ == "__main__":
    main()
