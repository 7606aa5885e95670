"""What a million PDFs cost, and where many workers end, follows from what was counted."""

from dataclasses import fields, replace
from typing import Any

import pytest

from benchmarks.capacity import Limit, Provider, limits_of_run, limits_on_aws, tightest
from benchmarks.costs import (
    PRICES,
    Assumptions,
    Price,
    bill,
    dollars,
    read_prices,
    table,
    task_seconds,
    template_assumptions,
)
from benchmarks.document_use import EVENT_REQUESTS, INDEX_WRITES, DocumentUse
from infra.template import load_template

GIVEN = Assumptions(
    model_call_seconds=2, output_tokens_a_call=100, vcpus=2, memory_gigabytes=4, slots=32, efficiency=0.5
)
NOTHING = DocumentUse(**{field.name: 0.0 for field in fields(DocumentUse)})


def _operation(calls: float, write_units: float = 0.0, read_units: float = 0.0) -> dict[str, float]:
    return {"calls": calls, "seconds": 0.0, "bytes_sent": 0, "write_units": write_units, "read_units": read_units}


#: Ten documents.
RUN: dict[str, Any] = {
    "documents": 10, "pages": 400, "calls": 410, "chat_tokens": 500_000, "embedding_calls": 50,
    "embedded_characters": 4_000_000,
    "cpu": {"worker": 12.0, "children": 8.0, "model_server": 1.0, "aws_engine": 3.0, "qdrant_engine": 5.0},
    "aws": {
        "s3.PutObject": _operation(800), "s3.ListObjectsV2": _operation(10), "s3.GetObject": _operation(410),
        "s3.HeadObject": _operation(10), "s3.DeleteObject": _operation(20),
        "dynamodb.PutItem": _operation(400, write_units=600), "dynamodb.UpdateItem": _operation(40, write_units=40),
        "dynamodb.BatchGetItem": _operation(10, read_units=200),
        "sqs.ReceiveMessage": _operation(5), "sqs.DeleteMessage": _operation(10),
    },
    "footprint": {
        "objects": {"images": {"count": 400, "bytes": 100_000_000}, "metadata": {"count": 420, "bytes": 5_000_000}},
        "table": {"items": 420, "bytes": 900_000, "document_item_bytes": 1_500},
        "collections": {
            "pages": {"points": 400, "dimensions": 1_000, "payload_bytes": 3_000.0},
            "semantic": {"points": 1_600, "dimensions": 1_000, "payload_bytes": 1_000.0},
        },
    },
}  # fmt: skip


def test_a_documents_use_is_a_tenth_of_what_ten_took() -> None:
    assert DocumentUse.of(RUN) == DocumentUse(
        pages=40, worker_cpu=2.0, qdrant_cpu=0.5, chat_calls=41, chat_tokens=50_000, embedding_calls=5,
        embedding_tokens=100_000, s3_puts=81, s3_gets=42, busiest_folder_puts=42,
        # An update is charged for the whole item of 1,500 bytes: two units each, whatever the call has shown.
        write_units=(600 + 40 * 2) / 10 + INDEX_WRITES, read_units=20, sqs_requests=1.5 + EVENT_REQUESTS,
        stored_bytes=10_500_000, table_bytes=90_000, points=200, vector_bytes=800_000, payload_bytes=280_000,
    )  # fmt: skip


def test_cpu_of_an_engine_that_nobody_sees_is_unknown() -> None:
    use = DocumentUse.of({**RUN, "cpu": {**RUN["cpu"], "qdrant_engine": None}})
    assert use.qdrant_cpu is None
    assert not any(limit.name.startswith("Qdrant") for limit in limits_on_aws(use, GIVEN, Provider()))


@pytest.mark.parametrize(
    ("worker_cpu", "chat_calls", "seconds"),
    [(4.0, 0.0, 4.0), (0.0, 16.0, 2.0), (4.0, 16.0, 4.0), (1.0, 32.0, 4.0), (0.0, 0.0, 0.0)],
)
def test_a_task_works_as_long_as_cpu_or_model_takes(worker_cpu: float, chat_calls: float, seconds: float) -> None:
    assert task_seconds(replace(NOTHING, worker_cpu=worker_cpu, chat_calls=chat_calls), GIVEN) == seconds


@pytest.mark.parametrize(
    ("use", "line", "usd"),
    [
        ({"chat_tokens": 50_000}, "model, tokens in", 50_000 * 0.40),
        ({"chat_calls": 41}, "model, tokens out", 41 * 100 * 1.60),
        ({"embedding_tokens": 100_000}, "embeddings, tokens", 100_000 * 0.02),
        ({"worker_cpu": 3_600}, "Fargate, vCPU hours", 1_000_000 * 3_600 / 2 / 0.5 / 3_600 * 2 * 0.04048),
        ({"worker_cpu": 3_600}, "Fargate, GB hours", 1_000_000 * 3_600 / 2 / 0.5 / 3_600 * 4 * 0.004445),
        ({"s3_puts": 81}, "S3, puts and lists", 81 * 5),
        ({"s3_gets": 42}, "S3, gets", 42 * 0.4),
        ({"write_units": 71}, "DynamoDB, write units", 71 * 0.625),
        ({"read_units": 20}, "DynamoDB, read units", 20 * 0.125),
        ({"sqs_requests": 2.5}, "SQS, requests", 2.5 * 0.4),
        ({"stored_bytes": 1e7}, "S3, GB", 1e7 / 1e3 * 0.023),
        ({"table_bytes": 1e5}, "DynamoDB, GB", 1e5 / 1e3 * 0.25),
        ({"vector_bytes": 8e5}, "Qdrant, GB of memory", 8e5 * 1.5 / 1e3 * 4.60),
        ({"vector_bytes": 8e5, "payload_bytes": 3e5}, "Qdrant, GB on disk", (8e5 * 1.5 + 3e5) / 1e3 * 0.08),
    ],
)
def test_a_million_documents_cost(use: dict[str, float], line: str, usd: float) -> None:
    prices, _ = read_prices(PRICES)
    lines = {one.name: one for one in bill(replace(NOTHING, **use), GIVEN)}
    assert dollars(lines[line], 1_000_000, prices) == pytest.approx(usd)


def test_every_price_has_a_source_and_is_used() -> None:
    prices, said = read_prices(PRICES)
    assert {line.price for line in bill(NOTHING, GIVEN)} == set(prices)
    assert all(price.source.startswith("https://") for price in prices.values())
    assert "us-east-1, 20" in said


def test_totals_are_told_once_and_a_month() -> None:
    prices = {name: Price(1.0, 1.0, "of it", "") for name in read_prices(PRICES)[0]}
    use = replace(NOTHING, s3_puts=2.0, stored_bytes=3e9)
    rows = table({"page": bill(use, GIVEN)}, 10, prices).splitlines()
    assert [row.split("|")[-2].strip() for row in rows if "**" in row] == ["**20**", "**30**"]


def test_tasks_are_those_of_the_template() -> None:
    parameters = load_template()["Parameters"]
    given = template_assumptions(2.0, 100.0)
    assert (given.vcpus * 1_024, given.slots) == (parameters["Cpu"]["Default"], parameters["LlmConcurrency"]["Default"])


def test_the_tightest_limit_changes_with_the_workers() -> None:
    limits = [Limit("CPU", 10.0, grows_with_workers=True), Limit("provider", 35.0)]
    found = [(tightest(limits, workers).name, tightest(limits, workers).allows(workers)) for workers in (1, 3, 4, 16)]
    assert found == [("CPU", 10.0), ("CPU", 30.0), ("provider", 35.0), ("provider", 35.0)]


def test_limits_on_aws_are_documents_a_minute() -> None:
    found = {limit.name: limit.a_minute for limit in limits_on_aws(DocumentUse.of(RUN), GIVEN, Provider())}
    assert found["CPU of tasks"] == 2 * 60 / 2.0
    assert found["model slots of tasks"] == pytest.approx(32 * 60 / (41 * 2))
    assert found["provider's tokens"] == 10_000_000 / 50_000
    assert found["S3 puts, one folder"] == 3_500 * 60 / 42
    assert found["DynamoDB, index of states"] == 1_000 * 60 / INDEX_WRITES
    assert found["Qdrant, 2 cores"] == 2 * 60 / 0.5


def test_what_is_not_used_limits_nothing() -> None:
    limits = limits_on_aws(replace(NOTHING, worker_cpu=1.0), GIVEN, Provider())
    assert tightest(limits, 1).name == "CPU of tasks"


@pytest.mark.parametrize(("workers", "name", "bound"), [(1, "model slots", 30.0), (16, "this machine's cores", 60.0)])
def test_a_machine_is_limited_by_slots_and_then_by_its_cores(workers: int, name: str, bound: float) -> None:
    run = {"cpu": {"worker": 12.0, "aws_engine": 8.0, "qdrant_engine": None}, "documents": 10, "calls": 40, "slots": 4,
           "chat_seconds": 2.0}  # fmt: skip
    limit = tightest(limits_of_run(run, 2), workers)
    assert (limit.name, limit.allows(workers)) == (name, bound)
