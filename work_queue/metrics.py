"""Metrics in CloudWatch's embedded metric format: JSON lines on standard output that the log driver turns into numbers.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from work_queue.outcome import Abandon, Outcome, Quarantine, Renew, Retry

#: Every metric that the worker knows, and its unit.
UNITS = {
    "Documents": "Count",  # by State
    "DocumentSeconds": "Seconds",
    "StageSeconds": "Seconds",  # by Stage
    "Pages": "Count",
    "TokensIn": "Count",
    "TokensOut": "Count",
    "CostUsd": "None",
    "Messages": "Count",  # by Outcome
    "QueueSeconds": "Seconds",  # from sent to first received
    "RetriedAgeSeconds": "Seconds",  # from first sent to given back for another try
    "Quarantined": "Count",  # by Code
    "PausedWorkers": "Count",  # once a minute from each that waits for a dependency, by Dependency
    "LeaseLosses": "Count",
    "DuplicateReceives": "Count",  # receives of a message beyond its first
    "WastedSeconds": "Seconds",  # of work that ended in neither done nor quarantine
    "WastedTokens": "Count",  # that a model took for a document that came to nothing this time
    "WastedUsd": "None",
    "WakeToFirstReceiveSeconds": "Seconds",
}


class Metrics:
    """Thread-safe. `stream` None: nowhere."""

    def __init__(self, namespace: str, stream: TextIO | None, now: Callable[[], float] = time.time) -> None:
        self._namespace = namespace
        self._stream = stream
        self._now = now
        self._lock = threading.Lock()

    def document_ended(
        self,
        state: str,
        *,
        s3_key: str,
        seconds: float,
        pages: int = 0,
        tokens_in: int = 0,
        tokens_out: int = 0,
        cost_usd: float = 0.0,
        stage_seconds: Mapping[str, float] | None = None,
        **fields: object,
    ) -> None:
        values: dict[str, float] = {
            "Documents": 1,
            "DocumentSeconds": seconds,
            "Pages": pages,
            "TokensIn": tokens_in,
            "TokensOut": tokens_out,
            "CostUsd": cost_usd,
        }
        self.put(values, {"State": state}, s3_key=s3_key, **fields)
        for stage, of_stage in (stage_seconds or {}).items():
            self.put({"StageSeconds": of_stage}, {"Stage": stage}, s3_key=s3_key)

    def work_wasted(self, *, tokens: int, cost_usd: float) -> None:
        """Answers of a model are kept, so that another attempt gets most of this back."""
        if tokens:
            self.put({"WastedTokens": tokens, "WastedUsd": cost_usd})

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
            "Metrics": [{"Name": name, "Unit": UNITS[name]} for name in values],
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
