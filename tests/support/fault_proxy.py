"""A proxy between a worker and its services that makes one mistake at one call, and lets all others through.

One port for each service. Calls are named by what they do (`dynamodb UpdateItem`, `s3 PUT pdf-metadata`,
`qdrant PUT points`, `models chat`), so that a call of one document is found again in another.
"""

import http.client
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from urllib.parse import urlsplit

DELAY_SECONDS = 1.5
#: Headers of one connection, not of the message.
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect", "host"}


class FaultKind(StrEnum):
    DROP = "drop"  # the service does it, and the answer is lost
    ERROR = "error"  # 500, and nothing is done
    THROTTLE = "throttle"  # the service's own words for "too fast", and nothing is done
    CONFLICT = "conflict"  # another write was at the same item; of writes only
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived."""

    service: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def name(self) -> str:
        path, _, query = self.target.partition("?")
        operation = self.headers.get("x-amz-target", "").rpartition(".")[2]
        if operation:
            service = "sqs" if "AmazonSQS" in self.headers["x-amz-target"] else "dynamodb"
            about = " question" if operation == "TransactWriteItems" and b'"question#' in self.body else ""
            return f"{service} {operation}{about}"
        parts = [part for part in path.split("/") if part]
        if self.service == "aws":
            what = parts[1] if len(parts) > 1 else query.partition("=")[0] or "bucket"
            if what == "processing" and len(parts) > 2:
                what = parts[2]
            return f"s3 {self.method} {what}"
        if self.service == "models":
            return f"models {parts[-1]}"
        return f"qdrant {self.method} {'/'.join(part for part in parts if not re.match('t[0-9a-f]{10}', part))}"

    def can_meet(self, kind: FaultKind) -> bool:
        """Whether the service could do that to this call."""
        if kind is not FaultKind.CONFLICT:
            return True
        if self.name.startswith("dynamodb"):
            return self.name.split()[1] in ("UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems")
        return self.name.startswith("s3 PUT") and bool({"if-match", "if-none-match"} & self.headers.keys())


@dataclass
class Faults:
    """What goes wrong next, and what was called since `reset`. Thread-safe."""

    calls: list[Call] = field(default_factory=list)
    _armed: tuple[str, FaultKind, int] | None = None
    struck: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, name: str, kind: FaultKind, nth: int = 1) -> None:
        """The nth call of this name from now on meets the fault."""
        with self._lock:
            self.calls.clear()
            self._armed, self.struck = (name, kind, nth), False

    def reset(self) -> None:
        with self._lock:
            self.calls.clear()
            self._armed, self.struck = None, False

    def names(self) -> Counter[str]:
        with self._lock:
            return Counter(call.name for call in self.calls)

    def strike(self, call: Call) -> FaultKind | None:
        with self._lock:
            self.calls.append(call)
            if self._armed is None or call.name != self._armed[0]:
                return None
            name, kind, left = self._armed
            self._armed = (name, kind, left - 1) if left > 1 else None
            if left > 1:
                return None
            self.struck = True
            return kind


@contextmanager
def fault_proxy(
    service: str, upstream: str, faults: Faults, added: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """The address of a proxy of `upstream`, as long as the block lasts. `service` is aws, qdrant or models.

    `added` are headers that every request gets on its way.
    """
    parts = urlsplit(upstream)
    assert parts.hostname
    where = {"service": service, "upstream": (parts.hostname, parts.port), "faults": faults, "added": added}
    handler = type("Handler", (_Handler,), where)
    server = _Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, name=f"proxy-{service}", daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients end connections as they like."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service = ""
    upstream: tuple[str, int] = ("", 0)
    faults: Faults
    added: Mapping[str, str]

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.service, self.command, self.path, headers, self._body(headers))
        kind = self.faults.strike(call)
        if kind is FaultKind.DELAY:
            time.sleep(DELAY_SECONDS)
        if kind in (FaultKind.ERROR, FaultKind.THROTTLE, FaultKind.CONFLICT):
            self._reply(*_refusal(call, kind))
            return
        status, reply_headers, body = self._forward(call)
        if kind is FaultKind.DROP:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._reply(status, body, reply_headers)

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        pieces = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    def _forward(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        host, port = self.upstream
        connection = http.client.HTTPConnection(host, port, timeout=120)
        try:
            kept = {name: value for name, value in call.headers.items() if name not in _HOP}
            headers = {**kept, **self.added, "Content-Length": str(len(call.body))}
            connection.request(call.method, call.target, body=call.body, headers=headers)
            answer = connection.getresponse()
            return answer.status, {n: v for n, v in answer.getheaders() if n.lower() not in _HOP}, answer.read()
        finally:
            connection.close()

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        length = self.headers.get("x-no-length", str(len(body)))
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _refusal(call: Call, kind: FaultKind) -> tuple[int, bytes, dict[str, str]]:
    """How the call's service says it: status, body, headers."""
    if call.name.startswith("s3"):
        code = {"error": (500, "InternalError"), "throttle": (503, "SlowDown")}.get(
            kind, (409, "ConditionalRequestConflict")
        )
        body = f"<Error><Code>{code[1]}</Code><Message>no</Message></Error>".encode()
        return code[0], body, {"Content-Type": "application/xml"}
    if call.service == "aws":
        namespace = "com.amazonaws.dynamodb.v20120810" if call.name.startswith("dynamodb") else "com.amazonaws.sqs"
        name, status = {
            FaultKind.ERROR: ("InternalServerError", 500),
            FaultKind.THROTTLE: ("ThrottlingException", 400),
            FaultKind.CONFLICT: ("TransactionConflictException", 400),
        }[kind]
        said: dict[str, object] = {"message": "no"}
        if kind is FaultKind.CONFLICT and call.name.endswith("TransactWriteItems"):
            name = "TransactionCanceledException"
            said["CancellationReasons"] = [{"Code": "TransactionConflict"}]
        body = json.dumps({"__type": f"{namespace}#{name}", **said}).encode()
        return status, body, {"Content-Type": "application/x-amz-json-1.0"}
    status = 500 if kind is FaultKind.ERROR else 429
    said = {"error": {"message": "no", "code": None}} if call.service == "models" else {"status": {"error": "no"}}
    return status, json.dumps(said).encode(), {"Content-Type": "application/json", "Retry-After": "1"}
