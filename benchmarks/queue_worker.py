"""The consumer with a document half that only takes time: what `benchmarks/message_queue.py` starts, kills and stops.

A key `source-pdfs/sleep-2.5.pdf` is a document that takes 2.5 seconds. Every start and end is a line in the file given
as the only argument: what happened, the key, and the monotonic time.
"""

import json
import sys
import time
from functools import partial
from pathlib import Path

from composition.aws import make_clients
from config import load_settings
from foundation.logs import configure_logs
from work_queue.consumer import Consumer
from work_queue.dead_letter_writer import DeadLetterWriter
from work_queue.delivery import Deliveries
from work_queue.lease import Lease
from work_queue.limits import Limits
from work_queue.liveness import Liveness
from work_queue.messages import Job, parse
from work_queue.metrics import Metrics
from work_queue.outage import Outages
from work_queue.protection import TaskProtection
from work_queue.queue import SqsQueue
from work_queue.receive_gates import ReceiveGates
from work_queue.renewal import Renewals
from work_queue.signals import StopSignals


class Sleeper:
    """Implements `work_queue.delivery.Handler`."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal

    def handle(self, job: Job, lease: Lease) -> None:
        self.note("started", job.s3_key)
        lease.sleep(float(job.s3_key.rpartition("sleep-")[2].removesuffix(".pdf")))
        self.note("ended", job.s3_key)

    def give_up(self, job: Job, code: str, reason: str) -> None:
        self.note("given up", job.s3_key)

    def note(self, what: str, key: str = "", **more: float) -> None:
        line = {"what": what, "key": key, "at": time.monotonic(), "cpu_seconds": time.process_time(), **more}
        with self._journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def main() -> None:
    settings = load_settings()
    configure_logs("json", "WARNING")
    journal = Path(sys.argv[1])
    sleeper = Sleeper(journal)
    sqs = make_clients(settings).sqs
    calls = {"count": 0}

    def begin(**_: object) -> None:
        calls["count"] += 1

    sqs.meta.events.register("before-call.sqs", begin)
    queue = SqsQueue(sqs, settings.sqs_queue_url)
    deliveries = Deliveries(
        handler=sleeper,
        parse=partial(parse, bucket=settings.aws_s3_bucket_name, prefix=settings.aws_s3_pdf_prefix),
        dead_letters=DeadLetterWriter(SqsQueue(sqs, settings.sqs_dlq_url), "bench"),
        renewals=Renewals(queue),
        queue_facts=queue.facts(),
        outages=Outages({}),
        metrics=Metrics("Bench", None),
    )
    limits = Limits(
        settings.worker_concurrency, settings.visibility_timeout_seconds, settings.wait_time_seconds,
        settings.shutdown_grace_seconds,
    )  # fmt: skip
    consumer = Consumer(queue, deliveries, limits, gates=ReceiveGates(TaskProtection(None)), liveness=Liveness())
    with StopSignals(lambda name, count: consumer.stop(name) if count == 1 else consumer.hurry()):
        sleeper.note("polling")
        consumer.run()
    sleeper.note("stopped", api_calls=calls["count"])


if __name__ == "__main__":
    main()
