"""The real consumer, threads and all, over the in-memory queue. Events order what happens; nothing sleeps."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from work_queue.consumer import Consumer
from work_queue.dead_letter_writer import DeadLetterWriter
from work_queue.delivery import Deliveries
from work_queue.handover import Handover
from work_queue.in_memory_sqs import InMemoryQueue
from work_queue.lease import Lease
from work_queue.limits import Limits
from work_queue.liveness import Liveness
from work_queue.messages import Job, parse
from work_queue.metrics import Metrics
from work_queue.operator_pause import PauseWatch
from work_queue.outage import Outages, Probe
from work_queue.protection import TaskProtection
from work_queue.queue import Message, Outgoing
from work_queue.receive_gates import ReceiveGates
from work_queue.renewal import Renewals

#: For what is certain to come, however busy the machine is.
WAIT_SECONDS = 60.0
SHARE_OF_WAIT = 0.1


@dataclass
class Documents:
    """A document half that does what the test says, and remembers."""

    work: Callable[[Job, Lease], None] = lambda job, lease: None
    started: list[str] = field(default_factory=list)
    given_up: list[tuple[str, str]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def handle(self, job: Job, lease: Lease) -> None:
        with self.changed:
            self.started.append(job.s3_key)
            self.changed.notify_all()
        self.work(job, lease)

    def give_up(self, job: Job, code: str, reason: str) -> None:
        self.given_up.append((job.s3_key, code))

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.started) >= count, WAIT_SECONDS)


class BriskQueue(InMemoryQueue):
    """Waits a tenth as long for messages as it is asked to, as the tests' moto does."""

    def receive(self, *, max_messages: int, wait_seconds: float, visibility_timeout_seconds: int) -> list[Message]:
        return super().receive(
            max_messages=max_messages,
            wait_seconds=wait_seconds * SHARE_OF_WAIT,  # type: ignore[arg-type]
            visibility_timeout_seconds=visibility_timeout_seconds,
        )


class WatchedOutages(Outages):
    """Tells when the poll loop was refused."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        super().__init__(probes)
        self.refused = threading.Event()

    def allowance(self, wanted: int, in_hand: int) -> int:
        allowed = super().allowance(wanted, in_hand)
        if not allowed:
            self.refused.set()
        return allowed


class Gate(TaskProtection):
    """Scale-in protection as the test grants it; notes what it is asked for."""

    def __init__(self, *, is_open: bool) -> None:
        super().__init__("http://agent")
        self.is_open = is_open
        self.asked: list[str] = []
        self.changed = threading.Condition()

    def acquire(self) -> bool:
        self._note("acquire")
        return self.is_open

    def renew_if_due(self, _seconds: float = 0.0) -> None:
        self._note("renew")

    def release(self) -> None:
        self._note("release")

    def wait_for(self, what: str, count: int = 1) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.asked.count(what) >= count, WAIT_SECONDS)

    def _note(self, what: str) -> None:
        with self.changed:
            self.asked.append(what)
            self.changed.notify_all()


class Bench:
    """A consumer with everything around it in memory."""

    def __init__(
        self, folder: Path, work: Callable[[Job, Lease], None], *, concurrency: int = 2, grace: float = WAIT_SECONDS,
        max_memory_megabytes: int | None = None, protection: TaskProtection | None = None,
        probes: Mapping[str, Probe] | None = None, random: Callable[[], float] = lambda: 0.0,
        handover: Handover | None = None, queue: InMemoryQueue | None = None, pause: PauseWatch | None = None,
    ) -> None:  # fmt: skip
        self.dead_letters = InMemoryQueue("dead")
        self.queue = queue or BriskQueue("queue", max_receive_count=10, dead_letters=self.dead_letters)
        self.documents = Documents(work)
        self.outages = WatchedOutages(probes or {})
        self.stuck: int | None = None
        deliveries = Deliveries(
            handler=self.documents,
            parse=partial(parse, bucket="b", prefix="source-pdfs/"),
            dead_letters=DeadLetterWriter(self.dead_letters, "w"),
            renewals=Renewals(self.queue),
            queue_facts=self.queue.facts(),
            outages=self.outages,
            metrics=Metrics("Test", None),
            random=random,
        )
        self.consumer = Consumer(
            self.queue, deliveries, Limits(concurrency, 120, 1, grace, max_memory_megabytes),
            gates=ReceiveGates(protection or TaskProtection(None), handover, pause),
            liveness=Liveness(folder / "alive"),
        )  # fmt: skip
        self.until_empty = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.stuck = self.consumer.run(until_empty=self.until_empty)

    def send(self, *names: str) -> None:
        for name in names:
            self.queue.send(Outgoing(json.dumps({"s3_key": f"source-pdfs/{name}.pdf"})))

    def join(self) -> None:
        self.thread.join(WAIT_SECONDS)
        assert not self.thread.is_alive()

    def run_until_empty(self) -> None:
        self.consumer.run(until_empty=True)

    def visible_now(self) -> int:
        return self.queue.backlog().visible


@contextmanager
def running(bench: Bench) -> Iterator[Bench]:
    """The consumer in a thread; hurried to its end when the test forgets to stop it."""
    bench.thread.start()
    try:
        yield bench
    finally:
        bench.consumer.hurry()
        bench.thread.join(WAIT_SECONDS)


def until_cancelled(job: Job, lease: Lease) -> None:
    lease.sleep(3_600)


def deaf_until(release: threading.Event) -> Callable[[Job, Lease], None]:
    """Work that asks nobody whether it should stop."""

    def work(job: Job, lease: Lease) -> None:
        assert release.wait(WAIT_SECONDS)

    return work
