"""Counts and times a worker's AWS calls, with what DynamoDB would charge for them."""

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.dynamodb_units import Units, units_of
from foundation.aws import AwsClients
from foundation.object_writer import ObjectWriter

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
    """Attach it to clients before they are used: to botocore's own events, and to what doesn't use botocore.
    Thread-safe."""

    operations: dict[str, Operation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attach(self, clients: AwsClients) -> None:
        self._count_writes(clients.writer)
        for client in (clients.s3, clients.sqs, clients.dynamodb):
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
        self._count(name, started_at, size, _units(name, body, event.get("parsed")))

    def _count_writes(self, writer: ObjectWriter) -> None:
        is_written = writer._is_written

        def count(key: str, body: bytes, content_type: str) -> bool:
            started_at = time.monotonic()
            done = is_written(key, body, content_type)
            if done:
                self._count("s3.PutObject", started_at, len(body), Units())
            return done

        writer._is_written = count  # type: ignore[method-assign]

    def _count(self, name: str, started_at: float, size: int, units: Units) -> None:
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
