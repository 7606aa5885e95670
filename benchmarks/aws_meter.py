"""Counts and times a worker's AWS calls by botocore's own events, with what DynamoDB would charge for them."""

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.dynamodb_units import Units, units_of

#: Botocore waits for these before it sends, and when it has the answer.
_BEFORE, _AFTER, _FAILED = "before-call", "after-call", "after-call-error"


@dataclass
class Operation:
    """Calls of one operation: how many, their wall seconds added up (they overlap), the bytes of their bodies.

    `write_units` and `read_units` are DynamoDB's, see `dynamodb_units`.
    """

    calls: int = 0
    seconds: float = 0.0
    bytes_sent: int = 0
    write_units: float = 0.0
    read_units: float = 0.0


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
        context["meter"] = (time.monotonic(), _size(body), body)

    def _after(self, context: dict[str, Any], **event: Any) -> None:
        started_at, size, body = context["meter"]
        # The failed event has no model, but is named for the operation as all are: after-call-error.s3.PutObject
        name = str(event["event_name"]).partition(".")[2]
        units = _units(name, body, event.get("parsed"))
        with self._lock:
            operation = self.operations.setdefault(name, Operation())
            operation.calls += 1
            operation.seconds += time.monotonic() - started_at
            operation.bytes_sent += size
            operation.write_units += units.write
            operation.read_units += units.read


def _units(name: str, body: Any, answer: Any) -> Units:
    service, _, operation = name.partition(".")
    # What failed is charged too, but there is nothing to measure it by.
    if service != "dynamodb" or not isinstance(answer, dict) or "Error" in answer:
        return Units()
    return units_of(operation, json.loads(body), answer)


def _size(body: Any) -> int:
    if isinstance(body, (bytes, bytearray, str)):
        return len(body)
    if hasattr(body, "seek"):
        here = body.tell()
        end = int(body.seek(0, 2))
        body.seek(here)
        return end - int(here)
    return 0
