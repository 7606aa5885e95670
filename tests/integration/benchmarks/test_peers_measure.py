"""What a system took is measured with its child processes, and a system that hangs does not hang the benchmark."""

import os
import sys
from pathlib import Path

from benchmarks.peers.measure import measure

BURN = "import time\nwhile time.process_time() < {seconds}: pass"


def test_cpu_of_a_child_that_was_waited_for_counts(tmp_path: Path) -> None:
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN.format(seconds=0.3)!r}])"
    run = measure([sys.executable, "-c", program], os.environ, tmp_path, timeout_seconds=120)
    assert run.exit_code == 0
    assert run.cpu_seconds >= 0.3


def test_a_run_that_hangs_is_killed_and_fails(tmp_path: Path) -> None:
    run = measure([sys.executable, "-c", "import time; time.sleep(600)"], os.environ, tmp_path, timeout_seconds=0.5)
    assert run.exit_code == -9
