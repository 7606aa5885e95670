"""Signals reach a thread, in order, while the main thread may hold any lock."""

import queue
import signal
import threading
from types import SimpleNamespace

import pytest

import fargate_worker
from work_queue.in_memory_sqs import ManualClock
from work_queue.process import memory_megabytes, seconds_since_start
from work_queue.signals import StopSignals

WAIT_SECONDS = 10


def test_each_signal_is_told_with_its_name_and_number_so_far_while_the_main_thread_holds_a_lock() -> None:
    told: queue.Queue[tuple[str, int]] = queue.Queue()
    lock = threading.Lock()

    def on_signal(name: str, count: int) -> None:
        told.put((name, count))

    before = signal.getsignal(signal.SIGTERM)
    with StopSignals(on_signal):
        with lock:
            signal.raise_signal(signal.SIGTERM)
            assert told.get(timeout=WAIT_SECONDS) == ("SIGTERM", 1)
        signal.raise_signal(signal.SIGINT)
        assert told.get(timeout=WAIT_SECONDS) == ("SIGINT", 2)
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_is_closed_after_a_signal_leaves_time_before_fargates_sigkill(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    monkeypatch.setattr(fargate_worker, "time", SimpleNamespace(monotonic=clock))
    stop = fargate_worker._Stop()
    assert stop.seconds_to_close(110) == fargate_worker.CLOSE_SECONDS
    stop.on_signal("SIGTERM", 1)
    clock.advance(3)
    assert stop.seconds_to_close(110) == fargate_worker.CLOSE_SECONDS
    clock.advance(112)
    stop.on_signal("SIGTERM", 2)
    assert stop.seconds_to_close(110) == 4
    clock.advance(100)
    assert stop.seconds_to_close(110) == fargate_worker.MIN_CLOSE_SECONDS


def test_the_process_knows_its_age_and_size() -> None:
    assert 0 < seconds_since_start() < 86_400
    assert 5 < memory_megabytes() < 10_000
