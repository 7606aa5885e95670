"""Connections to development servers that are kept: a client's next request needs no new connection and no new thread.

werkzeug closes each, as it doesn't know whether the application has read a request to its end. Here each request is
read whole before the application sees it, and answered whole: for a development server, whose objects fit in memory.
"""

import io
import logging
from collections.abc import Iterable
from typing import Any

from werkzeug.serving import WSGIRequestHandler, connection_dropped_errors

log = logging.getLogger(__name__)

#: Statuses whose answers have no body, and so no length.
_BODILESS = frozenset({204, 304})


class KeptRequestHandler(WSGIRequestHandler):
    """Answers requests of one connection until the client closes it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the interim answer to `Expect` and the answer are two writes
    #: A longer body, or one that doesn't say its length, is the application's to read, and closes the connection.
    max_body_bytes: int | None = None
    _headers_buffer: list[bytes]  # typeshed leaves it out

    def handle_expect_100(self) -> bool:
        """`run_wsgi` sends it, once."""
        return True

    def run_wsgi(self) -> None:
        if not self._is_read_whole():
            super().run_wsgi()
            return
        try:
            if self.headers.get("Expect", "").strip().lower() == "100-continue":
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            environ = self.environ = self.make_environ()
            if not environ.get("wsgi.input_terminated"):
                environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0)))
            else:
                environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read())
            self._send(*self._answer(environ))
        except connection_dropped_errors:
            self.close_connection = True

    def _is_read_whole(self) -> bool:
        if self.max_body_bytes is None:
            return True
        length = self.headers.get("Content-Length", "0")
        is_chunked = "Transfer-Encoding" in self.headers
        return not is_chunked and length.isdecimal() and int(length) <= self.max_body_bytes

    def _answer(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status line, headers and body. A fault of the application's is status 500, as werkzeug answers it."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started.append((status, headers))

        try:
            parts: Iterable[bytes] = self.server.app(environ, start_response)
            try:
                body = b"".join(parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except Exception:
            log.exception("%s %s failed", self.command, self.path)
            return "500 INTERNAL SERVER ERROR", [("Content-Type", "text/plain")], b"the server failed"
        return *started[-1], body

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in names and int(code) not in _BODILESS:
            self.send_header("Content-Length", str(len(body)))
        self._headers_buffer.append(b"\r\n")
        head = b"".join(self._headers_buffer)
        self._headers_buffer = []
        self.wfile.write(head if self.command == "HEAD" else head + body)
