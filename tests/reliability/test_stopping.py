"""The consumer: how it stops, when it doesn't begin, and that nothing is left hidden."""

import threading
from pathlib import Path

import pytest

from tests.support.consumer_bench import WAIT_SECONDS, Bench, Gate, deaf_until, running, until_cancelled
from work_queue import consumer as consumer_module
from work_queue.queue import Message


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


def test_a_worker_that_has_grown_too_large_drains_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path, lambda job, lease: None, concurrency=1, max_memory_megabytes=100)
    has_polled: list[bool] = []

    def read_memory_megabytes() -> float:
        # The slot isn't free yet: however long this takes, nothing is received meanwhile.
        has_polled.append(bench.queue.wait_until(lambda queue: queue.calls["receive"] > 1, 0.2))
        return 101.0

    monkeypatch.setattr(consumer_module, "memory_megabytes", read_memory_megabytes)
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
