"""Metric lines follow the embedded metric format, and say what the alarms and the dashboard ask."""

import io
import json
from pathlib import Path
from typing import Any

from foundation.errors import FailureCode
from work_queue.metrics import METRICS, EndedAttempt, Metrics
from work_queue.outcome import Abandon, Done, Quarantine, Retry

REPOSITORY = Path(__file__).resolve().parents[3]


class Printed:
    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.metrics = Metrics("Test", self._stream, now=lambda: 1_700_000_000.5)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def test_every_line_declares_the_metrics_that_it_has() -> None:
    printed = Printed()
    printed.metrics.document_ended(EndedAttempt("succeeded", "k", 1.5, pages=3, stage_seconds={"read": 0.7}))
    printed.metrics.message_ended(
        Quarantine(FailureCode.CORRUPT, "r"),
        message_id="m",
        receive_count=2,
        seconds=1.0,
        queue_seconds=1.0,
        age_seconds=1.0,
    )
    for line in printed.lines():
        (definition,) = line["_aws"]["CloudWatchMetrics"]
        assert line["_aws"]["Timestamp"] == 1_700_000_000_500
        assert definition["Namespace"] == "Test"
        for metric in definition["Metrics"]:
            assert METRICS[metric["Name"]].unit == metric["Unit"]
            assert isinstance(line[metric["Name"]], int | float)
        for dimensions in definition["Dimensions"]:
            assert all(isinstance(line[dimension], str) for dimension in dimensions)


def test_a_document_is_counted_by_state_and_its_stages_by_name() -> None:
    printed = Printed()
    ended = EndedAttempt(
        "degraded", "k", 2.0, pages=3, tokens_in=5, tokens_out=7, cost_usd=0.01,
        stage_seconds={"read": 0.7, "index": 0.2},
    )  # fmt: skip
    printed.metrics.document_ended(ended)
    document, *stages = printed.lines()
    assert (document["State"], document["Documents"], document["Pages"], document["s3_key"]) == ("degraded", 1, 3, "k")
    assert (document["TokensIn"], document["TokensOut"], document["CostUsd"]) == (5, 7, 0.01)
    assert [(line["Stage"], line["StageSeconds"]) for line in stages] == [("read", 0.7), ("index", 0.2)]


def test_waste_and_losses_are_counted_by_how_the_message_ended() -> None:
    printed = Printed()
    for outcome in (Done(), Retry(5.0, "r"), Abandon(), Quarantine("corrupt", "r")):
        printed.metrics.message_ended(
            outcome, message_id="m", receive_count=1, seconds=4.0, queue_seconds=9.0, age_seconds=5_000.0
        )
    done, retried, abandoned, quarantined, by_code = printed.lines()
    assert [line["Outcome"] for line in (done, retried, abandoned, quarantined)] == [
        "done", "retry", "abandon", "quarantine",
    ]  # fmt: skip
    assert [line.get("WastedSeconds") for line in (done, retried, abandoned, quarantined)] == [None, 4.0, 4.0, None]
    ages = [line.get("RetriedAgeSeconds") for line in (done, retried, abandoned, quarantined)]
    assert ages == [None, 5_000.0, None, None], "SQS leaves it out from the third receive on"
    assert [line.get("LeaseLosses") for line in (done, retried, abandoned)] == [None, None, 1]
    assert (by_code["Code"], by_code["Quarantined"]) == ("corrupt", 1)


def test_receives_beyond_the_first_are_counted_as_duplicates() -> None:
    printed = Printed()
    for receive_count in (1, 2):
        printed.metrics.message_ended(
            Done(),
            message_id="m",
            receive_count=receive_count,
            seconds=0.0,
            queue_seconds=9.0,
            age_seconds=9.0,
        )
    assert [line.get("DuplicateReceives") for line in printed.lines()] == [None, 1]


def test_waiting_in_the_queue_is_told_once_a_message_and_ends_with_its_first_receive() -> None:
    printed = Printed()
    for receive_count in (1, 2):
        printed.metrics.message_ended(
            Done(),
            message_id="m",
            receive_count=receive_count,
            seconds=0.0,
            queue_seconds=9.0,
            age_seconds=9.0,
        )
    assert [line.get("QueueSeconds") for line in printed.lines()] == [9.0, None]


def test_every_metric_that_is_declared_is_measured_somewhere() -> None:
    files = (*REPOSITORY.glob("worker/*.py"), *REPOSITORY.glob("work_queue/*.py"))
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    assert [name for name in METRICS if sources.count(f'"{name}"') < 2] == []


def test_without_a_stream_nothing_is_printed() -> None:
    Metrics("Test", None).put({"Documents": 1})


def test_what_a_model_took_for_nothing_is_counted_and_nothing_is_said_of_nothing() -> None:
    printed = Printed()
    printed.metrics.work_wasted(tokens=0, cost_usd=0.0)
    printed.metrics.work_wasted(tokens=1_200, cost_usd=0.03)
    (line,) = printed.lines()
    assert (line["WastedTokens"], line["WastedUsd"]) == (1_200, 0.03)
