"""Signals reach a thread, in order, while the main thread may hold any lock."""

import queue
import signal
import threading

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


def test_the_process_knows_its_age_and_size() -> None:
    assert 0 < seconds_since_start() < 86_400
    assert 5 < memory_megabytes() < 10_000
