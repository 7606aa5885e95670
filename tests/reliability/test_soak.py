"""The soak: a thousand messages of every kind through three workers that are killed and stopped at random.

What is sent: small PDFs by S3's own events, the same again as duplicate events and bulk messages, broken bodies, keys
without an object, events about other prefixes. What must hold in the end: every message was deleted after success or
lies in the dead-letter queue with its reason; every document is served once; the queue is empty. Messages of documents
that happened to be under way in two killed workers are redriven once, as the runbook says.
"""

import json
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote_plus

import pymupdf
import pytest

from composition.parts import Parts
from config import Settings
from tests.support.workers import Stack, Worker, Workers
from work_queue.dead_letters import DeadLetters, Filter
from work_queue.messages import parse
from work_queue.producer import BulkRequest
from work_queue.queue import Outgoing

WORKERS = 3
VISIBILITY_SECONDS = 8
SEED = 20261124
#: In order, killed, or told to stop before the interpreter had come as far as to listen.
ENDS = (0, -signal.SIGKILL, -signal.SIGTERM)
#: So many strikes are meant. They come as the queue gets shorter: a slow machine is struck as often as a fast one.
STRIKES = 40


@dataclass
class Soak:
    """Sends, strikes, and keeps the books."""

    settings: Settings
    workers: Workers
    stack: Stack
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    sent: Counter[str] = field(default_factory=Counter)
    strikes: Counter[str] = field(default_factory=Counter)
    documents: list[str] = field(default_factory=list)

    def upload(self, folder: Path, count: int) -> None:
        parts = Parts(self.settings)
        for number in range(count):
            key = f"source-pdfs/soak/paper {number} ü.pdf"
            path = folder / f"{number}.pdf"
            with pymupdf.open() as pdf:  # type: ignore[no-untyped-call]
                for page in range(1, 3):
                    pdf.new_page().insert_text((72, 72), f"Paper {number}, page {page}: tides and moorings.")
                pdf.save(path)
            parts.artifacts.upload_source(path, key)
            self.documents.append(key)
            self.sent["upload"] += 1

    def send_the_rest(self, total: int) -> None:
        """Until there are `total` messages, in an order by chance."""
        bodies: list[tuple[str, str]] = []
        while len(bodies) + self.sent.total() < total:
            kind = self.chance.choices(
                ["duplicate event", "bulk", "rebuild", "broken", "missing object", "other prefix"],
                [45, 30, 2, 8, 5, 10],
            )[0]
            bodies.append((kind, self._body(kind, len(bodies))))
        self.chance.shuffle(bodies)
        for start in range(0, len(bodies), 10):
            assert self.stack.queue.send_batch([Outgoing(body) for _, body in bodies[start : start + 10]]) == {}
        self.sent.update(kind for kind, _ in bodies)

    def _body(self, kind: str, number: int) -> str:
        key = self.chance.choice(self.documents)
        if kind in ("bulk", "rebuild"):
            return BulkRequest(key, cache_behavior="rebuild" if kind == "rebuild" else "use").body()
        if kind == "broken":
            return self.chance.choice(["{", '{"Records": []}', "[]", f'{{"number": {number}}}'])
        if kind == "missing object":
            return BulkRequest(f"source-pdfs/missing/{number}.pdf").body()
        key = "elsewhere/a.pdf" if kind == "other prefix" else key
        bucket = {"name": self.settings.aws_s3_bucket_name}
        record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": bucket, "object": {"key": quote_plus(key)}}}
        return json.dumps({"Records": [record]})

    def run(self, patience_seconds: float, *, strike: bool) -> None:
        """Three workers at a time until the queue is empty; each that is struck is replaced."""
        until = time.monotonic() + patience_seconds
        running: list[Worker] = []
        step = max(1, self.stack.queue.backlog().total // STRIKES)
        strike_below = self.stack.queue.backlog().total - step
        while True:
            left = self.stack.queue.backlog().total
            assert time.monotonic() < until, f"not done in time: {left} messages left"
            ended = [worker for worker in running if worker.process.poll() is not None]
            for worker in ended:
                assert worker.process.returncode in ENDS, worker.log_file.read_text()[-2_000:]
            running = [worker for worker in running if worker not in ended]
            if left == 0:
                break
            while len(running) < WORKERS:
                running.append(self.workers.start())
            if strike and left <= strike_below:
                self._strike(self.chance.choice(running))
                strike_below = left - self.chance.randint(1, 2 * step)
            time.sleep(0.2)  # between two looks at the queue
        for worker in running:
            assert worker.wait() in ENDS

    def _strike(self, worker: Worker) -> None:
        number = self.chance.choice([signal.SIGKILL, signal.SIGTERM])
        worker.process.send_signal(number)
        self.strikes[number.name] += 1

    def outcomes(self) -> Counter[str]:
        """How deliveries ended, by the workers' own logs."""
        events = [event for worker in self.workers.started for event in worker.events()]
        return Counter(event["outcome"] for event in events if event["event"] == "message ended")


@pytest.fixture
def soak(settings: Settings, stack_env: dict[str, str], tmp_path: Path) -> Soak:
    env = {
        **stack_env, "EXTRACTION_PROCESSES": "1", "WORKER_CONCURRENCY": "2",
        "VISIBILITY_TIMEOUT_SECONDS": str(VISIBILITY_SECONDS), "SHUTDOWN_GRACE_SECONDS": "5",
    }  # fmt: skip
    workers = Workers(env, tmp_path)
    stack = Stack(settings)
    stack.forget_test_event()
    return Soak(settings, workers, stack)


@pytest.mark.timeout(1_500)
@pytest.mark.parametrize(
    ("messages", "documents"),
    [pytest.param(60, 6, marks=pytest.mark.slow), pytest.param(1_000, 40, marks=pytest.mark.slow)],
)
def test_nothing_is_lost_and_nothing_is_served_twice(soak: Soak, messages: int, documents: int, tmp_path: Path) -> None:
    began = time.monotonic()
    soak.upload(tmp_path, documents)
    soak.send_the_rest(messages)
    soak.run(1_200, strike=True)

    dead = DeadLetters(soak.stack.dead_letters, soak.stack.queue, partial(parse, bucket="", prefix="source-pdfs/"))
    codes = Counter(letter.code for letter in dead.letters())
    for code in set(codes) - {"malformed_message", "source_missing"}:
        dead.redrive(Filter(code=code))
    soak.run(300, strike=False)

    letters = dead.letters()
    # Dying between the copy and the deletion leaves a message in both queues, never in none: it is counted twice then.
    left = Counter({letter.original_id: letter.code for letter in letters}.values())
    report = {
        "seconds": round(time.monotonic() - began), "sent": dict(soak.sent), "strikes": dict(soak.strikes),
        "workers": len(soak.workers.started), "deliveries": dict(soak.outcomes()), "dead letters": dict(codes),
        "told twice": len(letters) - left.total(),
    }  # fmt: skip
    print(json.dumps(report, indent=1))  # noqa: T201 (the table of what happened; pytest shows it with -s)
    # Every message is accounted for: what could not be done is there with its reason, and only that.
    assert left == Counter(malformed_message=soak.sent["broken"], source_missing=soak.sent["missing object"])
    assert soak.stack.queue.backlog().total == 0
    for key in soak.documents:
        soak.stack.assert_served(key, pages=2)
    assert soak.workers.survivors() == []


@pytest.mark.slow
@pytest.mark.timeout(1_500)
def test_eight_workers_on_200_documents_leave_200_history_entries(soak: Soak, tmp_path: Path) -> None:
    """Each entry is there as soon as the last worker has ended, without another flush."""
    soak.upload(tmp_path, 200)
    workers = [soak.workers.start(VISIBILITY_TIMEOUT_SECONDS="60") for _ in range(8)]
    for worker in workers:
        assert worker.process.wait(1_200) == 0, worker.log_file.read_text()[-2_000:]
    entries = Parts(soak.settings).history.read()
    assert set(entries) == set(soak.documents)
    assert {entry["status"] for entry in entries.values()} == {"succeeded"}
