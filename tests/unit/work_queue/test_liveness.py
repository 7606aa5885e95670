"""Liveness is the poll loop's progress."""

import math
from pathlib import Path

from work_queue.in_memory_sqs import ManualClock
from work_queue.liveness import Liveness, silence_seconds


def test_a_loop_that_comes_round_is_heard(tmp_path: Path) -> None:
    clock = ManualClock()
    liveness = Liveness(tmp_path / "alive", clock)
    liveness.touch()
    clock.advance(7)
    assert silence_seconds(tmp_path / "alive", clock) == 7
    liveness.touch()
    assert silence_seconds(tmp_path / "alive", clock) == 0


def test_a_worker_that_never_polled_or_ended_is_not(tmp_path: Path) -> None:
    assert silence_seconds(tmp_path / "alive") == math.inf
    liveness = Liveness(tmp_path / "alive")
    liveness.touch()
    liveness.clear()
    assert silence_seconds(tmp_path / "alive") == math.inf


def test_a_torn_file_is_silence(tmp_path: Path) -> None:
    (tmp_path / "alive").write_text("12x")
    assert silence_seconds(tmp_path / "alive") == math.inf


def test_a_disk_that_is_full_does_not_stop_the_loop(tmp_path: Path) -> None:
    Liveness(tmp_path / "no such folder" / "alive").touch()
