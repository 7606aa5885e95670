"""How well workers keep to the tokens a minute that they share, in real time, through DynamoDB.

    python -m benchmarks.rate_limit [--workers 8] [--tokens-a-minute 300000] [--seconds 180] [--endpoint-url URL]

Each worker is a process with eight calls in flight, of 500 to 2,500 tokens and half a second; together they want about
forty times the default limit. Reports the tokens of the fullest and the mean sliding minute as shares of the limit and
the writes to the table. Writes `benchmarks/results/rate_limit.json` and the chart beside it. Without an endpoint it
starts moto_server.
"""

import argparse
import json
import multiprocessing
import random
import threading
import time
import uuid
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import boto3

from development_stack.stack import moto_server
from ledger.table import Table, Update
from model_api.rate_limit import Limits, SharedRateLimit

RESULTS = Path(__file__).resolve().parent / "results"
MODEL = "benchmark"
CALLS_IN_FLIGHT = 8
CALL_SECONDS = 0.5
#: What is reserved beyond what a call then takes, as max_output_tokens is.
RESERVED_TOO_MUCH = 1_000

Uses = list[tuple[float, int]]


class CountingTable(Table):
    """Counts what each worker asks of DynamoDB."""

    writes = 0

    def update(self, update: Update) -> dict[str, Any]:
        self.writes += 1
        return super().update(update)


def work(endpoint_url: str, table_name: str, tokens_a_minute: int, end: float, results: Any) -> None:
    """One worker: calls until `end` (epoch seconds), then puts (uses, writes) into `results`."""
    table = CountingTable(_dynamodb(endpoint_url), table_name)
    limit = SharedRateLimit(table, Limits(tokens_a_minute, None))
    uses: Uses = []

    def call_on_and_on() -> None:
        dice = random.Random()
        while time.time() < end:
            tokens = dice.randint(500, 2_500)
            wait = limit.reserve(MODEL, tokens + RESERVED_TOO_MUCH)
            if wait > 0:
                time.sleep(min(wait, max(0.0, end - time.time())))
                continue
            uses.append((time.time(), tokens))
            time.sleep(CALL_SECONDS)
            limit.settle(MODEL, tokens + RESERVED_TOO_MUCH, tokens)

    threads = [threading.Thread(target=call_on_and_on) for _ in range(CALLS_IN_FLIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((uses, table.writes))


def measure(endpoint_url: str, workers: int, tokens_a_minute: int, seconds: float) -> tuple[Uses, int]:
    """Every use of all workers by time since the first, and the writes to the table."""
    table_name = f"rates-{uuid.uuid4().hex[:8]}"
    _dynamodb(endpoint_url).create_table(
        TableName=table_name,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    arguments = (endpoint_url, table_name, tokens_a_minute, time.time() + seconds, results)
    processes = [spawn.Process(target=work, args=arguments) for _ in range(workers)]
    for process in processes:
        process.start()
    found = [results.get(timeout=seconds + 60) for _ in processes]
    for process in processes:
        process.join()
    uses = sorted(use for worker_uses, _ in found for use in worker_uses)
    return [(at - uses[0][0], tokens) for at, tokens in uses], sum(writes for _, writes in found)


def sliding_minutes(uses: Uses) -> list[int]:
    """Tokens of the minute that begins at each second, as far as whole minutes go."""
    by_second: Counter[int] = Counter()
    for at, tokens in uses:
        by_second[int(at)] += tokens
    last = int(uses[-1][0])
    return [sum(by_second[start + i] for i in range(60)) for start in range(max(0, last - 59))]


def draw_chart(minutes: list[int], uses: Uses, tokens_a_minute: int, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4))
    by_ten_seconds: Counter[int] = Counter()
    for at, tokens in uses:
        by_ten_seconds[int(at) // 10] += tokens
    whole = sorted(by_ten_seconds)[:-1]
    axes.bar(
        [n * 10 + 5 for n in whole], [by_ten_seconds[n] * 6 for n in whole], width=9, color="#cfd8dc", label="10 s"
    )
    axes.plot([n + 30 for n in range(len(minutes))], minutes, color="#0d47a1", label="sliding minute")
    axes.axhline(tokens_a_minute, color="#b71c1c", linestyle="--", label="limit")
    axes.axhline(tokens_a_minute * 1.05, color="#b71c1c", linestyle=":", label="limit + 5 %")
    axes.set(xlabel="seconds", ylabel="tokens a minute", ylim=(0, tokens_a_minute * 1.25))
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--tokens-a-minute", type=int, default=300_000)
    parser.add_argument("--seconds", type=float, default=180.0, help="more than 60")
    parser.add_argument("--endpoint-url")
    arguments = parser.parse_args()
    with nullcontext(arguments.endpoint_url) if arguments.endpoint_url else moto_server() as endpoint_url:
        uses, writes = measure(endpoint_url, arguments.workers, arguments.tokens_a_minute, arguments.seconds)
    minutes = sliding_minutes(uses)
    result = {
        "workers": arguments.workers,
        "tokens_a_minute": arguments.tokens_a_minute,
        "seconds": arguments.seconds,
        "calls": len(uses),
        "writes": writes,
        "fullest_minute": round(max(minutes) / arguments.tokens_a_minute, 4),
        "mean_minute": round(sum(minutes) / len(minutes) / arguments.tokens_a_minute, 4),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "rate_limit.json").write_text(json.dumps(result, indent=2) + "\n")
    draw_chart(minutes, uses, arguments.tokens_a_minute, RESULTS / "rate_limit.png")
    print(json.dumps(result, indent=2))


def _dynamodb(endpoint_url: str) -> Any:
    keys: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client("dynamodb", endpoint_url=endpoint_url, **keys)


if __name__ == "__main__":
    main()
