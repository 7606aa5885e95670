"""What went through the queue, as workers count it: every document, re-runs among them."""

import json
from pathlib import Path

from composition.parts import Parts
from ledger.queue_hours import QueueHours
from tests.support.machine import Machine

HOUR = 1_800_000_000.0 // 3_600 * 3_600


def test_a_document_counts_where_it_began_and_where_it_ended(parts: Parts) -> None:
    hours = QueueHours(parts.table, clock=lambda: HOUR + 10)
    hours.count(HOUR - 10, 70.0, True)
    hours.count(HOUR + 5, 20_000.0, False)
    hours.count(HOUR + 5, None, True)
    before, now = hours.newest(1)
    assert {name: before[name] for name in before if name.startswith(("good", "failed", "waited"))} == {"waited_5": 1}
    assert (now["good"], now["failed"], now["waited_longer"]) == (2, 1, 1)


def test_a_worker_counts_uploads_runs_and_failures(stack_env: dict[str, str], parts: Parts, samples: Path) -> None:
    """Only the first attempts of uploads were known."""
    machine = Machine(stack_env)
    machine.manage("upload", str(samples / "notice-to-mariners.pdf"))
    machine.work()
    machine.manage("enqueue-all", "--cache-behavior", "rebuild")
    missing = json.dumps({"s3_key": "source-pdfs/never.pdf"})
    parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_queue_url, MessageBody=missing)
    machine.work()
    items = parts.queue_hours.newest(1)
    told = {name: sum(item.get(name, 0) for item in items) for name in ("good", "failed")}
    waits = sum(count for item in items for name, count in item.items() if name.startswith("waited_"))
    assert told == {"good": 2, "failed": 1}
    assert waits == 3
