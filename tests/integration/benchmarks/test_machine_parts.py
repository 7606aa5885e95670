"""A machine of half the speed is one, and perf counts what runs while a block does, where there is either."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from benchmarks.counters import counted, why_not
from benchmarks.machine import Tree
from benchmarks.slow_machine import SPEED, half_as_fast
from benchmarks.slow_machine import why_not as why_not_slow

#: One that every kernel has, also in virtual machines: milliseconds on a processor.
EVENT = "task-clock"
SECONDS = 1.0


@pytest.fixture
def busy() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that wants a whole core."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        yield process
        process.kill()


def test_a_slow_process_gets_half_of_a_core() -> None:
    if reason := why_not_slow():
        pytest.skip(reason)
    with half_as_fast() as slow, subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        slow.add(process.pid)
        before, began_at = Tree(process.pid).own_cpu_seconds(), time.monotonic()
        time.sleep(SECONDS)
        share = (Tree(process.pid).own_cpu_seconds() - before) / (time.monotonic() - began_at)
        process.kill()
    # A busy machine gives less, and no machine much more.
    assert 0 < share < SPEED + 0.15
    assert not list(slow.folder.parent.glob(slow.folder.name))


@pytest.mark.skipif(not shutil.which("perf"), reason="perf is not installed")
def test_perf_counts_while_the_block_runs(busy: "subprocess.Popen[bytes]") -> None:
    if reason := why_not(EVENT):
        pytest.skip(reason)
    with counted([busy.pid], EVENT) as found:
        before = Tree(busy.pid).own_cpu_seconds()
        time.sleep(SECONDS)
        used = Tree(busy.pid).own_cpu_seconds() - before
    # It counts a little more: from before the block began.
    assert found[0] / 1e3 == pytest.approx(used, abs=0.8)
    assert found[0] > 0


def test_what_cannot_be_counted_is_said() -> None:
    assert why_not("no-such-event") != ""
