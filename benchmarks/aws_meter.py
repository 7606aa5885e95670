"""Counts and times a worker's AWS calls by botocore's own events, and can answer some of them instead of a server."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: Botocore waits for these before it sends, and when it has the answer.
_BEFORE, _AFTER, _FAILED = "before-call", "after-call", "after-call-error"


@dataclass
class Operation:
    """Calls of one operation: how many, their wall seconds added up (they overlap), the bytes of their bodies."""

    calls: int = 0
    seconds: float = 0.0
    bytes_sent: int = 0


@dataclass
class AwsMeter:
    """Attach it to clients before they are used. Thread-safe."""

    operations: dict[str, Operation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attach(self, clients: Iterable[Any]) -> None:
        for client in clients:
            client.meta.events.register_first(_BEFORE, self._before)
            client.meta.events.register(_AFTER, self._after)
            client.meta.events.register(_FAILED, self._after)

    def reset(self) -> None:
        with self._lock:
            self.operations = {}

    def _before(self, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        body = params.get("body", b"")
        context["meter"] = (time.monotonic(), _size(body))

    def _after(self, context: dict[str, Any], **event: Any) -> None:
        started_at, size = context["meter"]
        # The failed event has no model, but is named for the operation as all are: after-call-error.s3.PutObject
        name = str(event["event_name"]).partition(".")[2]
        with self._lock:
            operation = self.operations.setdefault(name, Operation())
            operation.calls += 1
            operation.seconds += time.monotonic() - started_at
            operation.bytes_sent += size


class Answered:
    """An HTTP answer that was never sent: all that botocore looks at."""

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


def answer_s3_puts_after(seconds: float, client: Any, prefixes: Iterable[str]) -> None:
    """Let PutObject of keys that begin so take `seconds` and keep nothing, without any request."""
    beginnings = [f"/{prefix}" for prefix in prefixes]

    def answer(model: Any, params: dict[str, Any], **_: Any) -> tuple[Answered, dict[str, Any]] | None:
        # The bucket stands before the key, or in the host's name.
        if model.name != "PutObject" or not any(beginning in params["url_path"] for beginning in beginnings):
            return None
        time.sleep(seconds)
        return Answered(200), {"ETag": '"none"', "ResponseMetadata": {"HTTPStatusCode": 200}}

    # For all calls and last, so that the meter, which is first for all calls, sees it.
    client.meta.events.register_last(_BEFORE, answer)


def _size(body: Any) -> int:
    if isinstance(body, (bytes, bytearray, str)):
        return len(body)
    if hasattr(body, "seek"):
        here = body.tell()
        end = int(body.seek(0, 2))
        body.seek(here)
        return end - int(here)
    return 0
