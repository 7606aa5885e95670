"""How many documents a minute so many workers get done, and what limits them: a model of bounds.

    python -m benchmarks.capacity [--model-call-seconds 3] [--tokens-per-minute 10000000] [--requests-per-minute 10000]

Nothing can be faster than its busiest part (bounds of operational analysis: Denning and Buzen, 1978). A document takes
of every part what `many_documents.py` has counted; every part has a limit, which grows with the workers or is one for
all. The least of what the parts allow is an upper bound: queues, uneven documents and starts come off it. How far it is
off is measured: the same bound for workers and engines on this machine's cores stands beside what `many_workers.py` has
measured. Writes `benchmarks/results/capacity.md` and `.json`.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.costs import Assumptions, measured_uses, template_assumptions
from benchmarks.document_use import INDEX_WRITES, DocumentUse
from benchmarks.machine import RESULTS, keep, markdown

WORKERS = (1, 2, 4, 8, 16, 50, 200)
MINUTE = 60.0
#: Of one folder before S3 has split it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
S3_PUTS_A_SECOND, S3_GETS_A_SECOND = 3_500.0, 5_500.0
#: Of one partition: all documents of one state share one in the index of states.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
PARTITION_WRITES_A_SECOND = 1_000.0
#: Of a new table on demand; it doubles with use.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
NEW_TABLE_WRITES_A_SECOND, NEW_TABLE_READS_A_SECOND = 4_000.0, 12_000.0
#: gpt-4.1-mini, tier 4; an account's own limits are what counts. https://platform.openai.com/docs/guides/rate-limits
TOKENS_A_MINUTE, REQUESTS_A_MINUTE = 10_000_000.0, 10_000.0
#: text-embedding-3-small, tier 4.
EMBEDDING_TOKENS_A_MINUTE = 5_000_000.0
QDRANT_CORES = 2.0


@dataclass(frozen=True, slots=True)
class Limit:
    """Documents a minute that a part allows: each worker's own, or all of them together."""

    name: str
    a_minute: float
    grows_with_workers: bool = False

    def allows(self, workers: int) -> float:
        return self.a_minute * workers if self.grows_with_workers else self.a_minute


@dataclass(frozen=True, slots=True)
class Provider:
    """What the models' provider allows in a minute."""

    tokens: float = TOKENS_A_MINUTE
    requests: float = REQUESTS_A_MINUTE
    embedding_tokens: float = EMBEDDING_TOKENS_A_MINUTE


def limits_on_aws(use: DocumentUse, given: Assumptions, provider: Provider) -> list[Limit]:
    """Of tasks, provider and services. SQS isn't among them: a standard queue has no limit that matters here."""
    found = [
        Limit("CPU of tasks", _rate(given.vcpus * MINUTE, use.worker_cpu), grows_with_workers=True),
        Limit(
            "model slots of tasks",
            _rate(given.slots * MINUTE, use.chat_calls * given.model_call_seconds),
            grows_with_workers=True,
        ),
        Limit("provider's tokens", _rate(provider.tokens, use.chat_tokens)),
        Limit("provider's requests", _rate(provider.requests, use.chat_calls)),
        Limit("provider's embedding tokens", _rate(provider.embedding_tokens, use.embedding_tokens)),
        Limit("S3 puts, one folder", _rate(S3_PUTS_A_SECOND * MINUTE, use.busiest_folder_puts)),
        Limit("S3 gets, one folder", _rate(S3_GETS_A_SECOND * MINUTE, use.s3_gets)),
        Limit("DynamoDB, index of states", _rate(PARTITION_WRITES_A_SECOND * MINUTE, INDEX_WRITES)),
        Limit("DynamoDB, writes of a new table", _rate(NEW_TABLE_WRITES_A_SECOND * MINUTE, use.write_units)),
        Limit("DynamoDB, reads of a new table", _rate(NEW_TABLE_READS_A_SECOND * MINUTE, use.read_units)),
    ]
    if use.qdrant_cpu:
        found.append(Limit(f"Qdrant, {QDRANT_CORES:g} cores", _rate(QDRANT_CORES * MINUTE, use.qdrant_cpu)))
    return found


def limits_of_run(run: Mapping[str, Any], cores: float) -> list[Limit]:
    """Of workers on one machine with everything that takes its cores, from a run of `many_workers.py`."""
    cpu = sum(value or 0.0 for value in run["cpu"].values()) / run["documents"]
    calls = run["calls"] / run["documents"]
    return [
        Limit("model slots", _rate(run["slots"] * MINUTE, calls * run["chat_seconds"]), grows_with_workers=True),
        Limit("this machine's cores", _rate(cores * MINUTE, cpu)),
    ]


def tightest(limits: Sequence[Limit], workers: int) -> Limit:
    return min(limits, key=lambda limit: limit.allows(workers))


def _rate(allowed: float, used: float) -> float:
    return allowed / used if used else float("inf")


def aws_table(limits: Mapping[str, Sequence[Limit]], pages: float) -> str:
    """Workers by rows, scopes by columns."""
    columns = ["workers"]
    for scope in limits:
        columns += [f"{scope} scope: documents a minute", "pages a minute", "limited by"]
    rows: list[list[Any]] = []
    for workers in WORKERS:
        row: list[Any] = [workers]
        for found in limits.values():
            limit = tightest(found, workers)
            row += [limit.allows(workers), round(limit.allows(workers) * pages), limit.name]
        rows.append(row)
    return markdown(columns, rows)


def limits_table(limits: Mapping[str, Sequence[Limit]]) -> str:
    """What each part allows."""
    rows = [
        [found[0].name, *(f"{limit.a_minute:,.0f}{' a worker' if limit.grows_with_workers else ''}" for limit in found)]
        for found in zip(*limits.values(), strict=True)
    ]
    return markdown(["documents a minute", *(f"{scope} scope" for scope in limits)], rows)


def machine_table(runs: Sequence[Mapping[str, Any]], cores: int) -> str:
    """Measured beside the bound. The bound of every row is worked out from its own CPU a document."""
    rows = []
    for run in runs:
        limit = tightest(limits_of_run(run, cores), run["workers"])
        bound = limit.allows(run["workers"])
        share = run["documents_a_minute"] / bound
        rows.append([run["workers"], run["documents_a_minute"], bound, limit.name, f"{share:.0%}"])
    return markdown(["workers", "measured, documents a minute", "bound", "limited by", "measured ÷ bound"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-call-seconds", type=float, default=Assumptions().model_call_seconds)
    parser.add_argument("--tokens-per-minute", type=float, default=TOKENS_A_MINUTE)
    parser.add_argument("--requests-per-minute", type=float, default=REQUESTS_A_MINUTE)
    options = parser.parse_args()
    given = template_assumptions(options.model_call_seconds, Assumptions().output_tokens_a_call)
    provider = Provider(options.tokens_per_minute, options.requests_per_minute)
    uses = measured_uses()
    pages = next(iter(uses.values())).pages
    limits = {scope: limits_on_aws(use, given, provider) for scope, use in uses.items()}
    parts = [
        f"Tasks of {given.vcpus:g} vCPUs and {given.slots:g} slots, {given.model_call_seconds:g} s a call (assumed);"
        f" a provider of {provider.tokens:,.0f} tokens and {provider.requests:,.0f} requests a minute;"
        f" documents of {pages:.1f} pages:",
        aws_table(limits, pages),
        "What each part allows:",
        limits_table(limits),
    ]
    kept: dict[str, Any] = {
        "limits": {
            scope: {limit.name: {"a_minute": limit.a_minute, "a_worker": limit.grows_with_workers} for limit in found}
            for scope, found in limits.items()
        }
    }
    measured = RESULTS / "many_workers.json"
    if measured.is_file():
        runs, cores = json.loads(measured.read_text(encoding="utf-8"))["workers"], os.cpu_count() or 1
        parts += [f"Workers, models and engines on the {cores} cores of one machine:", machine_table(runs, cores)]
    text = "\n\n".join(parts) + "\n"
    print(text)
    (RESULTS / "capacity.md").write_text(text, encoding="utf-8")
    keep("capacity", kept)


if __name__ == "__main__":
    main()
