"""What went through the queue, as workers count it: every document, re-runs among them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from composition.parts import Parts
from ledger.queue_hours import QueueHours, Throughput
from tests.support.machine import Machine

HOUR = 1_800_000_000.0 // 3_600 * 3_600


def test_a_document_counts_where_it_began_and_where_it_ended(parts: Parts) -> None:
    hours = QueueHours(parts.table, clock=lambda: HOUR + 10)
    hours.count(HOUR - 10, 70.0, True)
    hours.count(HOUR + 5, 20_000.0, False)
    hours.count(HOUR + 5, None, True)
    before, now = hours.newest(1)
    this_hour = datetime.fromtimestamp(HOUR, UTC)
    assert before == Throughput(this_hour - timedelta(hours=1), 0, 0, (0, 1, 0, 0, 0, 0))
    assert now == Throughput(this_hour, 2, 1, (0, 0, 0, 0, 0, 1))


def test_a_worker_counts_uploads_runs_and_failures(stack_env: dict[str, str], parts: Parts, samples: Path) -> None:
    """Only the first attempts of uploads were known."""
    machine = Machine(stack_env)
    machine.manage("upload", str(samples / "notice-to-mariners.pdf"))
    machine.work()
    machine.manage("enqueue-all", "--cache-behavior", "rebuild")
    missing = json.dumps({"s3_key": "source-pdfs/never.pdf"})
    parts.aws.sqs.send_message(QueueUrl=parts.settings.sqs_queue_url, MessageBody=missing)
    machine.work()
    hours = parts.queue_hours.newest(1)
    assert sum(hour.good for hour in hours) == 2
    assert sum(hour.failed for hour in hours) == 1
    assert sum(sum(hour.waits) for hour in hours) == 3
