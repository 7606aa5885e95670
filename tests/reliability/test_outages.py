"""Outages through the real consumer: what a server that answers and still refuses the work costs, and how it ends."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from foundation.errors import DeploymentError, FailureCode, TransientError
from tests.support.consumer_bench import WAIT_SECONDS, Bench, running
from work_queue import consumer as consumer_module
from work_queue import outage as outage_module
from work_queue.lease import Lease
from work_queue.messages import Job


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight hours of an outage in a moment."""
    monkeypatch.setattr(outage_module, "BASE_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(outage_module, "MAX_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(outage_module, "CHECK_SECONDS", 0.005)
    monkeypatch.setattr(consumer_module, "STEP_SECONDS", 0.02)


@dataclass
class Model:
    """A server with a key that can be refused. `lies`: the probe is answered all the same."""

    is_refused: bool = True
    lies: bool = False
    asked: int = 0
    tried: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def probe(self) -> None:
        with self.changed:
            self.asked += 1
            self.changed.notify_all()
            if self.is_refused and not self.lies:
                raise self.error()

    def work(self, job: Job, lease: Lease) -> None:
        with self.changed:
            self.tried += 1
            self.changed.notify_all()
            if self.is_refused:
                raise self.error()

    def wait_for(self, *, asked: int = 0, tried: int = 0) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.asked >= asked and self.tried >= tried, WAIT_SECONDS)

    def mend(self) -> None:
        with self.changed:
            self.is_refused = False

    def error(self) -> TransientError:
        return DeploymentError(FailureCode.LLM_FAILED, "the key is refused", dependency="llm")


def test_a_refused_key_costs_no_receive_and_work_goes_on_by_itself(tmp_path: Path) -> None:
    model = Model()
    bench = Bench(tmp_path, model.work, probes={"llm": model.probe})
    bench.send(*"abcdef")
    with running(bench):
        model.wait_for(asked=50)
        held = bench.queue.backlog()
        assert 1 <= model.tried <= held.in_flight == 2, "nothing was tried while the probe was refused"
        assert held.visible == 6 - held.in_flight
        assert [(one.dependency, one.reason) for one in bench.outages.down] == [("llm", "the key is refused")]
        failed = model.tried
        model.mend()
        assert bench.queue.wait_until(lambda queue: not queue.messages())
    assert len(bench.documents.started) == 6 + failed
    assert bench.dead_letters.messages() == []


def test_a_paused_worker_always_has_a_message_in_flight_or_scaling_would_add_others(tmp_path: Path) -> None:
    """The wake rule starts tasks when messages wait and none is in flight."""
    model = Model(lies=True)
    bench = Bench(tmp_path, model.work, concurrency=1, probes={"llm": model.probe})
    bench.send(*"abc")
    with running(bench):
        model.wait_for(tried=10)
        bench.consumer.stop("SIGTERM")
        bench.join()
    assert len(bench.queue.messages()) == 3


def test_a_key_that_is_refused_for_ever_dead_letters_nothing_even_if_the_probe_is_answered(tmp_path: Path) -> None:
    model = Model(lies=True)
    bench = Bench(tmp_path, model.work, concurrency=1, probes={"llm": model.probe})
    bench.send("a")
    with running(bench):
        model.wait_for(tried=40)  # two tries a receive: far more than the ten receives that the queue allows
        assert bench.dead_letters.messages() == []
        model.mend()
        assert bench.queue.wait_until(lambda queue: not queue.messages())
    assert bench.dead_letters.messages() == []
    assert bench.documents.given_up == []


def test_a_document_that_a_server_cannot_bear_is_given_up_and_the_others_are_done(tmp_path: Path) -> None:
    """It looks like an outage each time, and is none: the probe is answered, and others succeed."""

    def work(job: Job, lease: Lease) -> None:
        if job.s3_key.endswith("poison.pdf"):
            raise TransientError(FailureCode.STORE_FAILED, "500", dependency="qdrant")

    bench = Bench(tmp_path, work, concurrency=1, random=lambda: 0.0001)  # SQS waits for whole seconds: one
    bench.send("poison")
    with running(bench):
        for number in range(10_000):
            if bench.dead_letters.wait_until(lambda queue: bool(queue.messages()), 0.05):
                break
            bench.send(str(number))
            assert bench.queue.wait_until(lambda queue: len(queue.messages()) <= 1)
    (stored,) = bench.dead_letters.messages()
    assert "poison" in stored.outgoing.body
    assert bench.documents.given_up == [("source-pdfs/poison.pdf", "store_failed")]


def test_a_run_until_empty_does_not_wait_for_a_person_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "MAX_UNTIL_EMPTY_PAUSE_SECONDS", 0.2)
    model = Model()
    bench = Bench(tmp_path, model.work, probes={"llm": model.probe})
    bench.send("a")
    with pytest.raises(DeploymentError, match="the key is refused"):
        bench.run_until_empty()
    assert bench.visible_now() == 1


def test_what_is_known_to_be_down_from_the_start_is_waited_for_with_one_message_in_hand(tmp_path: Path) -> None:
    model = Model()
    bench = Bench(tmp_path, model.work, probes={"llm": model.probe})
    bench.outages.note(model.error())
    bench.send("a", "b", "c")
    with running(bench):
        model.wait_for(asked=5)
        assert (bench.queue.backlog().in_flight, model.tried) == (1, 0)
        model.mend()
        assert bench.queue.wait_until(lambda queue: not queue.messages())


def test_a_worker_that_stops_gives_back_what_it_keeps_at_once(tmp_path: Path) -> None:
    model = Model()
    bench = Bench(tmp_path, model.work, probes={"llm": model.probe}, grace=3_600)
    bench.send("a")
    with running(bench):
        model.wait_for(asked=3)
        bench.consumer.stop("SIGTERM")
        bench.join()
    assert bench.visible_now() == 1
