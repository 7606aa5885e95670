"""Owns the embedded Qdrant folder and serves it on loopback, so that panel, worker and commands use it at once.

One process may open the folder. This one does, and speaks those calls of Qdrant's REST API that this project makes
(https://api.qdrant.tech), so that the others need no other code than for a real server: `QDRANT_URL`. Nothing beside
`make up` and its tests should use it: no authentication, no speed, no index.

    python development_stack/qdrant_process.py FOLDER [PORT]

prints its address once it serves, and ends when its standard input does: with the process that started it.
"""

import argparse
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_jsonable_python
from qdrant_client import QdrantClient
from qdrant_client.http import models
from werkzeug.serving import WSGIRequestHandler, make_server

from vector_stores.client import QdrantConnection

Call = Callable[[QdrantClient], Any]


def serve_embedded(connection: QdrantConnection) -> Flask:
    """The REST routes over an embedded store. Writes are one transaction each, as in a worker of its own."""
    app = Flask(__name__)
    read, write = connection.read, connection.write

    @app.get("/collections")
    def list_collections() -> ResponseReturnValue:
        return _result(read(lambda client: client.get_collections()))

    @app.get("/aliases")
    def list_aliases() -> ResponseReturnValue:
        return _result(read(lambda client: client.get_aliases()))

    @app.post("/collections/aliases")
    def change_aliases() -> ResponseReturnValue:
        body = _body(models.ChangeAliasesOperation)
        return _result(read(lambda client: client.update_collection_aliases(body.actions)))

    @app.get("/collections/<name>/exists")
    def has_collection(name: str) -> ResponseReturnValue:
        return _result({"exists": read(lambda client: client.collection_exists(name))})

    @app.get("/collections/<name>")
    def describe_collection(name: str) -> ResponseReturnValue:
        return _result(read(lambda client: client.get_collection(name)))

    @app.put("/collections/<name>")
    def make_collection(name: str) -> ResponseReturnValue:
        body = _body(models.CreateCollection)
        return _result(
            read(
                lambda client: client.create_collection(
                    name,
                    vectors_config=body.vectors,
                    sparse_vectors_config=body.sparse_vectors,
                    metadata=body.metadata,
                )
            )
        )

    @app.delete("/collections/<name>")
    def drop_collection(name: str) -> ResponseReturnValue:
        return _result(read(lambda client: client.delete_collection(name)))

    @app.put("/collections/<name>/index")
    def make_index(name: str) -> ResponseReturnValue:
        return _result(_DONE)  # the embedded store searches without

    @app.put("/collections/<name>/points")
    def upsert(name: str) -> ResponseReturnValue:
        body = _body(models.PointsList)
        return _result(write(name, lambda client: client.upsert(name, body.points)))

    @app.post("/collections/<name>/points")
    def retrieve(name: str) -> ResponseReturnValue:
        body = _body(models.PointRequest)
        return _result(
            read(
                lambda client: client.retrieve(name, body.ids, _default(body.with_payload), _default(body.with_vector))
            )
        )

    @app.post("/collections/<name>/points/delete")
    def delete(name: str) -> ResponseReturnValue:
        body: Any = TypeAdapter(models.PointsSelector).validate_python(request.get_json())
        return _result(write(name, lambda client: client.delete(name, body)))

    @app.post("/collections/<name>/points/batch")
    def batch(name: str) -> ResponseReturnValue:
        body = _body(models.UpdateOperations)
        return _result(write(name, lambda client: client.batch_update_points(name, body.operations)))

    @app.post("/collections/<name>/points/scroll")
    def scroll(name: str) -> ResponseReturnValue:
        body = _body(models.ScrollRequest)
        points, offset = read(
            lambda client: client.scroll(
                name,
                body.filter,
                limit=body.limit or 10,
                offset=body.offset,
                with_payload=_default(body.with_payload),
                with_vectors=_default(body.with_vector),
            )
        )
        return _result({"points": points, "next_page_offset": offset})

    @app.post("/collections/<name>/points/count")
    def count(name: str) -> ResponseReturnValue:
        body = _body(models.CountRequest)
        return _result(read(lambda client: client.count(name, body.filter)))

    @app.post("/collections/<name>/points/query/batch")
    def query(name: str) -> ResponseReturnValue:
        body = _body(models.QueryRequestBatch)
        return _result(read(lambda client: client.query_batch_points(name, body.searches)))

    @app.post("/collections/<name>/facet")
    def facet(name: str) -> ResponseReturnValue:
        body = _body(models.FacetRequest)
        return _result(read(lambda client: client.facet(name, body.key, body.filter, limit=body.limit or 10)))

    @app.errorhandler(ValueError)
    def of_refusal(error: ValueError) -> ResponseReturnValue:
        """What the embedded store says of a collection that isn't there, or of one that is, for instance."""
        status = 404 if "not found" in str(error) else 409 if "already exists" in str(error) else 400
        return jsonify(status={"error": str(error)}, time=0.0), status

    return app


_DONE = {"operation_id": 0, "status": "completed"}


def _body(model: type[BaseModel]) -> Any:
    return model.model_validate(request.get_json())


def _default(wanted: Any) -> Any:
    return False if wanted is None else wanted


def _result(value: Any) -> ResponseReturnValue:
    return jsonify(result=to_jsonable_python(value), status="ok", time=0.0)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept

    def log_request(self, *_: Any) -> None:
        """Nothing: every search would be a line."""


def main() -> None:
    parser = argparse.ArgumentParser(description="The embedded Qdrant of a folder, served until standard input ends.")
    parser.add_argument("folder")
    parser.add_argument("port", type=int, nargs="?", default=0, help="0, the default, takes a free one")
    options = parser.parse_args()
    client = QdrantClient(path=options.folder, force_disable_check_same_thread=True)
    app = serve_embedded(QdrantConnection(client, embedded=True))
    server = make_server("127.0.0.1", options.port, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()
    client.close()
    os._exit(0)  # connections that are kept have threads


if __name__ == "__main__":
    main()
