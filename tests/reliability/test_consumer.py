"""The real consumer, threads and all, over the in-memory queue: stopping, draining, slots, outages. Events order what
happens; nothing sleeps."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from errors import BusyError, FailureCode, PermanentError, TransientError
from work_queue import consumer as consumer_module
from work_queue.consumer import Consumer, Limits
from work_queue.delivery import Deliveries
from work_queue.health import Pulse
from work_queue.in_memory_sqs import InMemoryQueue
from work_queue.lease import Lease
from work_queue.messages import Job, parse
from work_queue.metrics import Metrics
from work_queue.outage import Outages
from work_queue.protection import TaskProtection
from work_queue.quarantine import Quarantine
from work_queue.queue import Message, Outgoing

#: For what is certain to come, however busy the machine is.
WAIT_SECONDS = 60.0


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


class WatchedOutages(Outages):
    """Tells when the poll loop was refused."""

    def __init__(self) -> None:
        super().__init__({})
        self.refused = threading.Event()

    def allowance(self, wanted: int) -> int:
        allowed = super().allowance(wanted)
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
    ) -> None:  # fmt: skip
        self.dead_letters = InMemoryQueue("dead")
        self.queue = InMemoryQueue("queue", max_receive_count=10, dead_letters=self.dead_letters)
        self.documents = Documents(work)
        self.outages = WatchedOutages()
        self.stuck: int | None = None
        deliveries = Deliveries(
            handler=self.documents,
            parse=partial(parse, bucket="b", prefix="source-pdfs/"),
            quarantine=Quarantine(self.dead_letters, "w"),
            queue_facts=self.queue.facts(),
            outages=self.outages,
            metrics=Metrics("Test", None),
            random=lambda: 0.0,
        )
        self.consumer = Consumer(
            self.queue, deliveries, Limits(concurrency, 120, 1, grace, max_memory_megabytes),
            protection=protection or TaskProtection(None), outages=self.outages, pulse=Pulse(folder / "alive"),
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


def test_until_empty_ends_when_every_message_is_done(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.send(*(str(number) for number in range(25)))
    bench.run_until_empty()
    assert sorted(bench.documents.started) == sorted(f"source-pdfs/{number}.pdf" for number in range(25))
    assert (bench.queue.messages(), bench.dead_letters.messages()) == ([], [])


def test_until_empty_waits_for_messages_that_are_in_flight_elsewhere(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.send("a")
    (held,) = bench.queue.receive(max_messages=1, wait_seconds=0, visibility_timeout_seconds=120)
    bench.until_empty = True
    with running(bench):
        assert bench.queue.wait_until(lambda queue: queue.calls.get("backlog", 0) >= 3, WAIT_SECONDS)
        bench.queue.change_visibility(held.receipt_handle, 0)
        bench.documents.wait_for(1)
        bench.join()
    assert bench.queue.messages() == []


def test_no_more_is_received_than_can_be_started(tmp_path: Path) -> None:
    bench = Bench(tmp_path, until_cancelled, concurrency=3)
    bench.send(*"abcdefgh")
    with running(bench):
        bench.documents.wait_for(3)
        assert bench.queue.backlog().in_flight == 3
        assert bench.visible_now() == 5


def test_a_slow_document_does_not_hold_up_small_ones(tmp_path: Path) -> None:
    release = threading.Event()

    def work(job: Job, lease: Lease) -> None:
        if job.s3_key.endswith("slow.pdf"):
            assert release.wait(WAIT_SECONDS)

    bench = Bench(tmp_path, work)
    bench.send("slow", *"abcdef")
    with running(bench):
        bench.documents.wait_for(7)
        assert bench.queue.wait_until(lambda queue: len(queue.messages()) == 1)
        release.set()
        assert bench.queue.wait_until(lambda queue: not queue.messages())


def test_stopping_lets_running_documents_finish_and_starts_no_other(tmp_path: Path) -> None:
    release = threading.Event()
    bench = Bench(tmp_path, deaf_until(release), concurrency=1)
    bench.send("running", "waiting")
    with running(bench):
        bench.documents.wait_for(1)
        bench.consumer.stop("SIGTERM")
        release.set()
        bench.join()
    assert bench.documents.started == ["source-pdfs/running.pdf"]
    assert bench.stuck == 0
    assert [stored.receive_count for stored in bench.queue.messages()] == [0]


def test_what_a_poll_brings_after_the_stop_is_given_back_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, until_cancelled)
    polling = threading.Event()
    receive = bench.queue.receive

    def slow_receive(**arguments: int) -> list[Message]:
        polling.set()
        bench.consumer._stopping.wait(WAIT_SECONDS)  # the stop comes while the poll is under way
        bench.send("late")
        return receive(**arguments)

    bench.queue.receive = slow_receive  # type: ignore[method-assign]
    with running(bench):
        assert polling.wait(WAIT_SECONDS)
        bench.consumer.stop("SIGTERM")
        bench.join()
    assert bench.documents.started == []
    assert bench.visible_now() == 1


def test_after_the_grace_period_documents_are_cancelled_and_given_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, until_cancelled, grace=0.0)
    bench.send("a", "b")
    with running(bench):
        bench.documents.wait_for(2)
        bench.consumer.stop("SIGTERM")
        bench.join()
    assert (bench.stuck, bench.visible_now()) == (0, 2)


def test_a_second_signal_does_not_wait_for_the_grace_period(tmp_path: Path) -> None:
    bench = Bench(tmp_path, until_cancelled, grace=3_600)
    bench.send("a")
    with running(bench):
        bench.documents.wait_for(1)
        bench.consumer.stop("SIGTERM")
        bench.consumer.hurry()
        bench.join()
    assert bench.visible_now() == 1


def test_a_document_that_ignores_its_cancellation_is_reported_and_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "CANCEL_SECONDS", 0.05)
    monkeypatch.setattr(consumer_module, "LAST_SECONDS", 0.05)
    release = threading.Event()
    bench = Bench(tmp_path, deaf_until(release), concurrency=1, grace=0.0)  # no poll under way takes it back
    bench.send("deaf")
    with running(bench):
        bench.documents.wait_for(1)
        bench.consumer.stop("SIGTERM")
        bench.join()
        assert (bench.stuck, bench.visible_now()) == (1, 1)
        release.set()


def test_a_worker_that_has_grown_too_large_drains_and_ends(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None, concurrency=1, max_memory_megabytes=100)
    has_polled: list[bool] = []

    def read_memory_megabytes() -> float:
        # The slot isn't free yet: however long this takes, nothing is received meanwhile.
        has_polled.append(bench.queue.wait_until(lambda queue: queue.calls["receive"] > 1, 0.2))
        return 101.0

    bench.consumer._read_memory_megabytes = read_memory_megabytes
    bench.send("a", "b")
    with running(bench):
        bench.join()
    assert (bench.documents.started, bench.visible_now(), has_polled) == (["source-pdfs/a.pdf"], 1, [False])


def test_a_worker_that_is_not_protected_receives_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "RETRY_SECONDS", 0.01)
    gate = Gate(is_open=False)
    bench = Bench(tmp_path, lambda job, lease: None, protection=gate)
    bench.send("a")
    with running(bench):
        gate.wait_for("acquire", 3)
        assert "receive" not in bench.queue.calls
        gate.is_open = True
        bench.documents.wait_for(1)


def test_protection_is_dropped_between_the_polls_of_an_idle_worker_and_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "IDLE_GAP_SECONDS", 0.01)
    release = threading.Event()
    gate = Gate(is_open=True)
    bench = Bench(tmp_path, deaf_until(release), protection=gate)
    with running(bench):
        gate.wait_for("release", 2)
        bench.send("a")
        bench.documents.wait_for(1)
        dropped = gate.asked.count("release")
        gate.wait_for("acquire", gate.asked.count("acquire") + 2)
        assert gate.asked.count("release") == dropped, "never while a document is worked on"
        release.set()
        bench.consumer.stop("SIGTERM")
        bench.join()
    assert gate.asked[-1] == "release"


def test_a_permanent_failure_is_quarantined_with_its_reason(tmp_path: Path) -> None:
    def work(job: Job, lease: Lease) -> None:
        raise PermanentError(FailureCode.ENCRYPTED, "needs a password")

    bench = Bench(tmp_path, work)
    bench.send("a")
    bench.run_until_empty()
    (stored,) = bench.dead_letters.messages()
    assert json.loads(stored.outgoing.body)["s3_key"] == "source-pdfs/a.pdf"
    assert (stored.outgoing.attributes["error_code"], stored.outgoing.attributes["reason"]) == (
        "encrypted", "needs a password",
    )  # fmt: skip
    assert bench.documents.given_up == []


def test_a_bug_is_tried_three_times_then_quarantined_and_told_to_the_ledger(tmp_path: Path) -> None:
    def work(job: Job, lease: Lease) -> None:
        raise KeyError("oops")

    bench = Bench(tmp_path, work)
    bench.send("a")
    bench.run_until_empty()
    assert len(bench.documents.started) == 3
    assert bench.documents.given_up == [("source-pdfs/a.pdf", "internal")]
    assert [stored.outgoing.attributes["error_code"] for stored in bench.dead_letters.messages()] == ["internal"]


@pytest.mark.parametrize("body", ["not JSON", '{"Records": []}', '{"s3_key": "elsewhere/a.pdf"}'])
def test_what_cannot_be_understood_is_quarantined_unchanged(tmp_path: Path, body: str) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.send(Outgoing(body))
    bench.run_until_empty()
    (stored,) = bench.dead_letters.messages()
    assert (stored.outgoing.body, stored.outgoing.attributes["error_code"]) == (body, "malformed_message")


def test_what_is_none_of_our_business_is_deleted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.send(Outgoing('{"Service": "Amazon S3", "Event": "s3:TestEvent"}'))
    bench.run_until_empty()
    assert (bench.queue.messages(), bench.dead_letters.messages(), bench.documents.started) == ([], [], [])


def test_a_message_stays_until_all_of_its_jobs_are_done(tmp_path: Path) -> None:
    failures = iter([TransientError(FailureCode.STORE_FAILED, "down")])

    def work(job: Job, lease: Lease) -> None:
        failure = next(failures, None) if job.s3_key.endswith("b.pdf") else None
        if failure:
            raise failure

    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "source-pdfs/a.pdf"}}}
    other = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "source-pdfs/b.pdf"}}}
    bench = Bench(tmp_path, work)
    bench.queue.send(Outgoing(json.dumps({"Records": [record, other]})))
    bench.run_until_empty()
    assert bench.documents.started == [f"source-pdfs/{name}.pdf" for name in "abab"]


def test_a_message_is_not_deleted_when_the_dead_letter_queue_does_not_take_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    failures = iter([TransientError(FailureCode.INTERNAL, "down", dependency="aws")] * 2)
    send = bench.dead_letters.send

    def failing_send(message: Outgoing) -> str:
        if failure := next(failures, None):
            raise failure
        return send(message)

    bench.dead_letters.send = failing_send  # type: ignore[method-assign, assignment]
    bench.queue.send(Outgoing("not JSON"))
    bench.run_until_empty()
    (stored,) = bench.dead_letters.messages()
    assert (stored.outgoing.attributes["error_code"], stored.outgoing.attributes["receive_count"]) == (
        "malformed_message", "3",
    )  # fmt: skip


def test_an_outage_pauses_polling_so_that_waiting_messages_keep_their_receives(tmp_path: Path) -> None:
    def work(job: Job, lease: Lease) -> None:
        raise TransientError(FailureCode.STORE_FAILED, "down", dependency="qdrant", retry_after_seconds=3_600)

    bench = Bench(tmp_path, work, concurrency=1)
    bench.send("a", "b", "c")
    with running(bench):
        assert bench.outages.refused.wait(WAIT_SECONDS)
        bench.consumer.stop("SIGTERM")
        bench.join()
    assert sorted(stored.receive_count for stored in bench.queue.messages()) == [0, 0, 1]
    assert bench.outages.pause_seconds > 3_000


def test_a_busy_document_is_retried_when_its_claim_may_have_ended(tmp_path: Path) -> None:
    def work(job: Job, lease: Lease) -> None:
        raise BusyError("another worker holds this document", 77.0)

    bench = Bench(tmp_path, work)
    bench.send("a")
    with running(bench):
        bench.documents.wait_for(1)
        bench.consumer.stop("SIGTERM")
        bench.join()
    assert bench.queue.backlog().in_flight == 1
    assert bench.outages.allowance(1) == 1


def test_a_queue_that_is_down_for_a_while_is_polled_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.fail_calls(down=True)
    with running(bench):
        assert bench.queue.wait_until(lambda queue: queue.calls.get("receive", 0) >= 1)
        bench.queue.fail_calls(down=False)
        bench.send("a")
        bench.documents.wait_for(1)


def test_a_queue_that_stays_down_ends_until_empty_with_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "MAX_POLL_BACKOFF_SECONDS", 0.01)
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.fail_calls(down=True)
    with pytest.raises(TransientError):
        bench.run_until_empty()


def test_a_bug_in_the_poll_loop_ends_the_worker_instead_of_leaving_it_idle(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.receive = lambda **arguments: 1 / 0  # type: ignore[method-assign, assignment]
    with pytest.raises(ZeroDivisionError):
        bench.consumer.run()
