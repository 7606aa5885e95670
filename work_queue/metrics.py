"""Metrics in CloudWatch's embedded metric format: JSON lines on standard output that the log driver turns into numbers.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from work_queue.outcome import Abandon, Outcome, Quarantine, Renew, Retry


@dataclass(frozen=True, slots=True)
class Metric:
    """Its unit in CloudWatch's words, what it counts, and the dimension that it is split by, if any."""

    unit: str
    meaning: str
    dimension: str | None = None


#: Every metric that the worker knows. docs/metrics.md is written from it.
METRICS = {
    "Documents": Metric("Count", "documents that ended", "State"),
    "DocumentSeconds": Metric("Seconds", "how long an attempt at a document took", "State"),
    "StageSeconds": Metric("Seconds", "how long each stage of a document took", "Stage"),
    "Pages": Metric("Count", "pages of documents that ended", "State"),
    "TokensIn": Metric("Count", "tokens that were sent to models", "State"),
    "TokensOut": Metric("Count", "tokens that models answered with", "State"),
    "CostUsd": Metric("None", "what models cost, in US dollars", "State"),
    "Messages": Metric("Count", "messages by how they ended", "Outcome"),
    "QueueSeconds": Metric("Seconds", "from a message's sending to its first receive", "Outcome"),
    "RetriedAgeSeconds": Metric("Seconds", "age of a message that is given back for another try", "Outcome"),
    "Quarantined": Metric("Count", "messages that went to the dead-letter queue", "Code"),
    "PausedWorkers": Metric("Count", "once a minute from each worker that waits for a dependency", "Dependency"),
    "LeaseLosses": Metric("Count", "leases that were lost during work", "Outcome"),
    "DuplicateReceives": Metric("Count", "receives of a message after its first", "Outcome"),
    "WastedSeconds": Metric("Seconds", "work that ended neither in success nor in the dead-letter queue", "Outcome"),
    "WastedTokens": Metric("Count", "tokens that a model took for an attempt that came to nothing"),
    "WastedUsd": Metric("None", "what these tokens cost, in US dollars"),
    "UnsentEventSeconds": Metric("Seconds", "age of the oldest event that an attempt could not send"),
    "WakeToFirstReceiveSeconds": Metric("Seconds", "from the start of a task to its first receive"),
}


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """How an attempt at a document ended: a document's state, or `unfinished` with the error's `code`."""

    state: str
    s3_key: str
    seconds: float
    pages: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    code: str | None = None


class Metrics:
    """Thread-safe. `stream` None: nowhere."""

    def __init__(self, namespace: str, stream: TextIO | None, now: Callable[[], float] = time.time) -> None:
        self._namespace = namespace
        self._stream = stream
        self._now = now
        self._lock = threading.Lock()

    def document_ended(self, ended: EndedAttempt) -> None:
        values: dict[str, float] = {
            "Documents": 1,
            "DocumentSeconds": ended.seconds,
            "Pages": ended.pages,
            "TokensIn": ended.tokens_in,
            "TokensOut": ended.tokens_out,
            "CostUsd": ended.cost_usd,
        }
        code = {"code": ended.code} if ended.code else {}
        self.put(values, {"State": ended.state}, s3_key=ended.s3_key, **code)
        for stage, seconds in ended.stage_seconds.items():
            self.put({"StageSeconds": seconds}, {"Stage": stage}, s3_key=ended.s3_key)

    def work_wasted(self, *, tokens: int, cost_usd: float) -> None:
        """Answers of a model are kept, so that another attempt gets most of this back."""
        if tokens:
            self.put({"WastedTokens": tokens, "WastedUsd": cost_usd})

    def events_unsent(self, age_seconds: float) -> None:
        self.put({"UnsentEventSeconds": age_seconds})

    def message_ended(
        self,
        outcome: Outcome,
        *,
        message_id: str,
        receive_count: int,
        seconds: float,
        queue_seconds: float,
        age_seconds: float,
    ) -> None:
        """`queue_seconds` are from sent to received, `age_seconds` from first sent, in whatever message, until now."""
        values: dict[str, float] = {"Messages": 1}
        if receive_count > 1:
            values["DuplicateReceives"] = 1
        else:
            values["QueueSeconds"] = queue_seconds
        if isinstance(outcome, Abandon):
            values["LeaseLosses"] = 1
        if isinstance(outcome, Abandon | Retry | Renew):
            values["WastedSeconds"] = seconds
        if isinstance(outcome, Retry | Renew):
            values["RetriedAgeSeconds"] = age_seconds
        self.put(values, {"Outcome": type(outcome).__name__.lower()}, message_id=message_id)
        if isinstance(outcome, Quarantine):
            self.put({"Quarantined": 1}, {"Code": str(outcome.code)}, message_id=message_id)

    def put(self, values: Mapping[str, float], dimensions: Mapping[str, str] | None = None, **fields: Any) -> None:
        """One line: `values` are metrics, with and without their dimensions; `fields` are only told."""
        if self._stream is None:
            return
        dimensions = dimensions or {}
        definition = {
            "Namespace": self._namespace,
            "Dimensions": [[], list(dimensions)] if dimensions else [[]],
            "Metrics": [{"Name": name, "Unit": METRICS[name].unit} for name in values],
        }
        line = {
            "_aws": {"Timestamp": int(self._now() * 1_000), "CloudWatchMetrics": [definition]},
            **dimensions,
            **{name: round(value, 6) for name, value in values.items()},
            **fields,
        }
        with self._lock:
            self._stream.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            self._stream.flush()


def standard_output() -> TextIO | None:
    """Where the log driver reads; a person at a terminal is spared the JSON."""
    return None if sys.stdout.isatty() else sys.stdout
