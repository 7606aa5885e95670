"""A Qdrant that takes everything and keeps nothing, as a process of its own.

What a worker does is seen without what the embedded store does with it: that one lives in the worker's process, has no
index and searches all points for every filter.

    python -m benchmarks.qdrant_sink

prints its address once it serves, and ends when its standard input does. Collections and aliases are real; points are
received in full and forgotten, so that no document is ever there already.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.machine import Tree

#: How requests for points end, and what they are told.
_DONE = {"operation_id": 0, "status": "completed"}
_ANSWERS: dict[str, object] = {
    "/points/scroll": {"points": [], "next_page_offset": None},
    "/points/delete": _DONE,
    "/points/batch": [_DONE],
    "/facet": {"hits": []},
}


@dataclass(frozen=True, slots=True)
class QdrantSink:
    """A running one, seen from the benchmark."""

    url: str
    tree: Tree


@contextmanager
def qdrant_sink() -> Iterator[QdrantSink]:
    """Ends with the block."""
    command = [sys.executable, "-m", "benchmarks.qdrant_sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield QdrantSink(process.stdout.readline().strip(), Tree(process.pid))
        finally:
            process.kill()


def main() -> None:
    from flask import jsonify, request
    from flask.typing import ResponseReturnValue
    from qdrant_client import QdrantClient
    from werkzeug.serving import WSGIRequestHandler, make_server

    from development_stack.qdrant_process import serve_embedded
    from vector_stores.client import QdrantConnection

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, *_: object) -> None:
            """Nothing."""

    app = serve_embedded(QdrantConnection(QdrantClient(":memory:"), embedded=True))

    @app.before_request
    def forget() -> ResponseReturnValue | None:
        request.get_data()
        if request.path.endswith("/points"):
            return jsonify(result=_DONE if request.method == "PUT" else [], status="ok", time=0.0)
        result = next((answer for end, answer in _ANSWERS.items() if request.path.endswith(end)), None)
        return None if result is None else jsonify(result=result, status="ok", time=0.0)

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
