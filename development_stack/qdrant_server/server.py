"""The HTTP side: one thread a connection, JSON in and out, Qdrant's envelope around every answer."""

import hmac
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json
from werkzeug.exceptions import HTTPException
from werkzeug.serving import ThreadedWSGIServer
from werkzeug.wrappers import Request, Response

from development_stack.kept_connections import KeptRequestHandler
from development_stack.qdrant_server import folder as folders
from development_stack.qdrant_server.catalog import Catalog
from development_stack.qdrant_server.errors import (
    BadRequestError,
    EngineError,
    NotSpokenError,
    RefusalError,
    UnauthorizedError,
)
from development_stack.qdrant_server.routes import API_VERSION, PATHS, ROUTES, check_parameters

log = logging.getLogger(__name__)

#: As much as Qdrant takes in a request.
MAX_BODY_BYTES = 32 * 1024 * 1024
#: So much of a body that is too long is read nevertheless, so that the client gets to the answer.
_DISCARDED_BYTES = 256 * 1024 * 1024
_FLUSH_SECONDS = 5.0
#: Connections that wait for their thread.
_BACKLOG = 128
_READY = {"/healthz": "healthz check passed", "/livez": "livez check passed", "/readyz": "all shards are ready"}
_ABOUT = {"title": "qdrant - vector search engine (development server)", "version": API_VERSION, "commit": ""}


class Application:
    """The WSGI application over a catalog. `api_key`, if given, is asked of every call but the probes."""

    def __init__(self, catalog: Catalog, api_key: str | None = None) -> None:
        self._catalog = catalog
        self._api_key = api_key

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = time.perf_counter()
        request = Request(environ)
        try:
            response = self._respond(request, started)
        except RefusalError as refusal:
            response = _json({"status": {"error": refusal.message}}, started, refusal.status)
        except BaseException as error:
            # The engine's panics are no Exception. The request is lost, the server goes on.
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            log.exception("%s %s failed", request.method, request.path)
            failure = EngineError(f"Service internal error: {type(error).__name__}: {error}")
            response = _json({"status": {"error": failure.message}}, started, failure.status)
        return response(environ, start_response)

    def _respond(self, request: Request, started: float) -> Response:
        if request.path == "/":
            return Response(to_json(_ABOUT), content_type="application/json")
        if request.path in _READY:
            return Response(_READY[request.path], content_type="text/plain")
        body = _read_body(request)
        self._authorize(request)
        try:
            key, names = PATHS.bind("", "/").match(request.path, request.method)
        except HTTPException as error:
            raise NotSpokenError(
                f"Not implemented: this development server does not speak {request.method} {request.path}"
            ) from error
        check_parameters(request.args)
        result = ROUTES[key](self._catalog, names, _parse(body))
        return _json({"result": result, "status": "ok"}, started)

    def _authorize(self, request: Request) -> None:
        if self._api_key is None:
            return
        given = request.headers.get("api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not given:
            raise UnauthorizedError("Must provide an API key or an Authorization bearer token")
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise UnauthorizedError("Invalid API key or JWT")


def _read_body(request: Request) -> bytes:
    length = request.content_length or 0
    if length <= MAX_BODY_BYTES:
        body = request.get_data(cache=False)
        if len(body) <= MAX_BODY_BYTES:  # a chunked one does not say how long it is
            return body
        length = len(body)
    left = min(length, _DISCARDED_BYTES)
    while left > 0 and (chunk := request.stream.read(min(left, 1 << 20))):
        left -= len(chunk)
    raise BadRequestError(
        f"Payload error: JSON payload ({length} bytes) is larger than allowed (limit: {MAX_BODY_BYTES} bytes)."
    )


def _parse(body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False) if body else None
    except ValueError as error:
        raise BadRequestError(f"Format error in JSON body: {error}") from error


def _json(answer: dict[str, Any], started: float, status: int = 200) -> Response:
    answer["time"] = time.perf_counter() - started
    return Response(to_json(answer), status, content_type="application/json")


class _HttpServer(ThreadedWSGIServer):
    """Ends the connections that clients keep when it is closed."""

    def __init__(self, host: str, port: int, application: Application, listener: int) -> None:
        self._connections: set[Any] = set()
        super().__init__(host, port, application, _Handler, fd=listener)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)  # what is being answered is answered


class _Handler(KeptRequestHandler):
    max_body_bytes = MAX_BODY_BYTES

    def log_request(self, *_: Any) -> None:
        """Nothing: every search would be a line."""


class Server:
    """Serves a folder until it is closed."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0, api_key: str | None = None) -> None:
        """Port 0 takes a free one. Raises FolderError and OSError (the port is taken)."""
        with ExitStack() as opened:
            self._lock = opened.enter_context(folders.lock(folder))
            self._catalog = opened.enter_context(closing(Catalog(folder / folders.OWN_FOLDER)))
            application = Application(self._catalog, api_key)
            # werkzeug ends the process when it can't bind; a socket of our own raises.
            with socket.create_server((host, port), backlog=_BACKLOG) as listener:
                self._http = _HttpServer(host, port, application, listener.fileno())
            opened.pop_all()
        self.url = f"http://{host}:{self._http.port}"
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._http.serve_forever, name="http", daemon=True),
            threading.Thread(target=self._flush, name="flush", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Take no more requests, write everything to the data files, let the folder go."""
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        for thread in self._threads:
            thread.join()
        self._catalog.close()
        self._lock.close()

    def _flush(self) -> None:
        while not self._closing.wait(_FLUSH_SECONDS):
            try:
                self._catalog.flush()
            except RefusalError:
                log.exception("flush failed")  # the log holds what was acknowledged; the next one tries again
