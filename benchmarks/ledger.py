"""What the past costs: deciding about a document with few and with many in the ledger, and the history file's rewrite.

    python -m benchmarks.ledger [--documents 10 10000] [--decisions 200] [--entries 10000 100000]

Deciding is what a worker does when it hears of a document: a look at S3, one read of the ledger, `plan.decide`.
Claiming is the read and the conditional write that decide who works on it. Both sizes are measured in turns, each
against a moto_server of its own; CPU is this process's, so that the server's own search through its lists is left out.
Ending a document is left out as well: moto copies its whole table for a transaction. The history's rewrite takes 100
entries from the outbox into a file of so many, in a process of its own.
Prints tables and writes `benchmarks/results/ledger.json`.
"""

import argparse
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import keep
from composition.parts import Parts
from config import Settings
from data_ingestion.plan import decide
from development_stack.stack import local_stack
from ledger import ClaimRequest, Claims, DocumentRecord, DocumentState
from ledger.documents import document_key
from ledger.history import HISTORY_KEY
from ledger.history_entry import HistoryEntry
from ledger.item_values import to_item
from ledger.records import ServedStore

STORES = ("pages", "semantic", "haystack")
OUTBOX_ENTRIES = 100
#: Of an object without content.
EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"
#: What DynamoDB takes in one batch.
BATCH = 25


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one document, medians. Bytes are those of the answers."""

    step: str
    documents: int
    calls: float
    answer_bytes: int
    cpu_milliseconds: float
    wall_milliseconds: float


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One flush of the history."""

    entries: int
    megabytes: float
    calls: int
    cpu_seconds: float
    wall_seconds: float
    #: Beyond that of a flush into a file of one entry.
    peak_megabytes: float


class Place:
    """A stack with so many documents in ledger and history."""

    def __init__(self, env: dict[str, str], documents: int, told_of: int = 0) -> None:
        self.documents = documents
        self.parts = Parts(Settings(_env_file=None, **{name.lower(): value for name, value in env.items()}))  # type: ignore[call-arg, arg-type]
        self.calls: Counter[str] = Counter()
        self.answer_bytes = 0
        put_documents(self.parts, documents)
        put_history(self.parts, documents)
        for key in {self.key(number) for number in range(told_of + 1)}:
            self.parts.aws.s3.put_object(Bucket=self.parts.settings.aws_s3_bucket_name, Key=key, Body=b"")
        for client in (self.parts.aws.s3, self.parts.aws.dynamodb):
            client.meta.events.register("after-call", self._count)
        self.claims = Claims(self.parts.table, "benchmark")

    def _count(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.calls[model.name] += 1
        self.answer_bytes += int(parsed["ResponseMetadata"]["HTTPHeaders"].get("content-length") or 0)

    def key(self, number: int) -> str:
        """Of the document that the n-th event is about."""
        return key_of(number * 7 % self.documents)

    def decide(self, number: int) -> None:
        """An event about a document that is up to date."""
        key = self.key(number)
        source = self.parts.artifacts.find_source(key)
        seen = self.parts.documents.get(self.parts.artifacts.document_id(key))
        plan = decide(
            seen, stores=STORES, shapes=frozenset({"shape"}), cache_behavior="use", etag=source.etag if source else ""
        )
        assert not plan.is_needed

    def claim(self, number: int) -> None:
        """A new document."""
        key = key_of(self.documents + number)
        document_id = self.parts.artifacts.document_id(key)
        seen = self.parts.documents.get(document_id)
        self.claims.take(ClaimRequest(document_id, key, EMPTY_ETAG, STORES, "use"), seen, lease_seconds=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[10, 10_000])
    parser.add_argument("--decisions", type=int, default=200)
    parser.add_argument("--entries", type=int, nargs="+", default=[10_000, 100_000])
    arguments = parser.parse_args()

    costs = measure_costs(arguments.documents, arguments.decisions)
    print("step            documents   calls   answer bytes   CPU ms   wall ms")
    for cost in costs:
        print(
            f"{cost.step:14}{cost.documents:11,}{cost.calls:8.1f}{cost.answer_bytes:15,}{cost.cpu_milliseconds:9.2f}"
            f"{cost.wall_milliseconds:10.1f}"
        )
    rewrites = [measure_rewrite(entries) for entries in arguments.entries]
    print("\nhistory entries      MB   calls   CPU s   wall s   peak MB")
    for rewrite in rewrites:
        print(
            f"{rewrite.entries:15,}{rewrite.megabytes:8.1f}{rewrite.calls:8}{rewrite.cpu_seconds:8.2f}"
            f"{rewrite.wall_seconds:9.2f}{rewrite.peak_megabytes:10.0f}"
        )
    found = {"decisions": [asdict(cost) for cost in costs], "history": [asdict(rewrite) for rewrite in rewrites]}
    keep("ledger", found)


def measure_costs(sizes: Sequence[int], decisions: int) -> list[Cost]:
    """In turns, so that what else the machine does falls on all sizes alike."""
    with ExitStack() as stacks:
        places = [Place(stacks.enter_context(stack()), size, decisions) for size in sizes]
        steps: dict[str, Callable[[Place, int], None]] = {"decide": Place.decide, "claim": Place.claim}
        return [cost for name, step in steps.items() for cost in measure_step(name, step, places, decisions)]


def measure_step(name: str, step: Callable[[Place, int], None], places: list[Place], times: int) -> list[Cost]:
    samples: dict[int, list[tuple[float, float]]] = {place.documents: [] for place in places}
    for place in places:
        step(place, times)  # connects
        place.calls.clear()
        place.answer_bytes = 0
    for number in range(times):
        for place in places:
            cpu, wall = time.process_time(), time.perf_counter()
            step(place, number)
            samples[place.documents].append((time.process_time() - cpu, time.perf_counter() - wall))
    return [
        Cost(
            name,
            place.documents,
            place.calls.total() / times,
            round(place.answer_bytes / times),
            round(statistics.median(cpu for cpu, _ in samples[place.documents]) * 1_000, 3),
            round(statistics.median(wall for _, wall in samples[place.documents]) * 1_000, 2),
        )
        for place in places
    ]


def measure_rewrite(entries: int) -> Rewrite:
    """One flush, in a process of its own."""
    _, _, _, _, smallest = in_new_process(1)
    megabytes, calls, cpu, wall, peak = in_new_process(entries)
    return Rewrite(entries, round(megabytes, 2), calls, round(cpu, 3), round(wall, 2), round(peak - smallest, 1))


def in_new_process(entries: int) -> tuple[float, int, float, float, float]:
    with stack() as env, multiprocessing.get_context("spawn").Pool(1) as pool:
        place = Place(env, 1)
        put_history(place.parts, entries)
        for number in range(OUTBOX_ENTRIES):
            item = place.parts.history.outbox_item(f"doc{number}", key_of(number), entry_of(number), 1)
            assert item
            place.parts.table.put(item)
        return pool.apply(flush_once, (env,))


def flush_once(env: dict[str, str]) -> tuple[float, int, float, float, float]:
    """Megabytes of the file, AWS calls, CPU and wall seconds, peak megabytes of this process."""
    parts = Parts(Settings(_env_file=None, **{name.lower(): value for name, value in env.items()}))  # type: ignore[call-arg, arg-type]
    calls: Counter[str] = Counter()
    for client in (parts.aws.s3, parts.aws.dynamodb):
        client.meta.events.register("after-call", lambda model, **_: calls.update([model.name]))
    cpu, wall = time.process_time(), time.perf_counter()
    assert parts.history.flush() == OUTBOX_ENTRIES
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    head = parts.aws.s3.head_object(Bucket=parts.settings.aws_s3_bucket_name, Key=HISTORY_KEY)
    return head["ContentLength"] / 1e6, calls.total(), cpu, wall, peak


@contextmanager
def stack() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="ledger-") as folder, local_stack(Path(folder)) as made:
        yield made.env


def key_of(number: int) -> str:
    return f"source-pdfs/shelf {number % 40}/document number {number}.pdf"


def entry_of(number: int) -> HistoryEntry:
    """As the processor writes it."""
    served = ServedStore(sha256=f"{number:064x}", shape="shape", generation="000001")
    return HistoryEntry.of(
        DocumentRecord(
            content_sha256=f"{number:064x}",
            last_modified="2026-11-24T10:00:00+00:00",
            processed_at="2026-11-24T10:01:00Z",
            served=dict.fromkeys(STORES, served),
            pages_total=12,
            state=DocumentState.SUCCEEDED,
        )
    )


def put_documents(parts: Parts, count: int) -> None:
    """Documents that are done."""
    items = []
    for number in range(count):
        document_id = parts.artifacts.document_id(key_of(number))
        pk, sk = document_key(document_id)
        served = {"sha256": f"{number:064x}", "shape": "shape", "generation": f"000001-{number:012x}"}
        items.append(
            {
                "pk": pk, "sk": sk, "document_id": document_id, "s3_key": key_of(number), "generation_number": 1,
                "state": "succeeded", "state_changed_at": "2026-11-24T10:01:00Z", "etag": EMPTY_ETAG,
                "content_sha256": f"{number:064x}", "served": dict.fromkeys(STORES, served),
                "points": dict.fromkeys(STORES, 40), "pages_total": 12, "pages_done": 12, "attempt": 1,
            }
        )  # fmt: skip
    name = parts.settings.status_table_name
    for start in range(0, count, BATCH):
        requests: Any = [{"PutRequest": {"Item": to_item(item)}} for item in items[start : start + BATCH]]
        assert not parts.aws.dynamodb.batch_write_item(RequestItems={name: requests})["UnprocessedItems"]


def put_history(parts: Parts, entries: int) -> None:
    body = json.dumps({key_of(number): entry_of(number).to_json() for number in range(entries)}).encode()
    parts.aws.s3.put_object(Bucket=parts.settings.aws_s3_bucket_name, Key=HISTORY_KEY, Body=body)


if __name__ == "__main__":
    main()
