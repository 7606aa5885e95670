"""Instructions that processes take while a block runs, by the processor's own counters (`perf stat`).

Most virtual machines have no such counters; `why_not` says so, and what remains are CPU seconds, and the instructions
that Valgrind counts for reading a page (`make check-instructions`).
"""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

#: In user mode: what the kernel does for a process differs with the machine.
EVENT = "instructions:u"
#: perf needs a moment to attach, and says nothing when it has.
_ATTACH_SECONDS = 0.5


def why_not(event: str = EVENT) -> str:
    """Why nothing can be counted here, "" when it can."""
    if not shutil.which("perf"):
        return "perf is not installed"
    tried = subprocess.run(["perf", "stat", "-x,", "-e", event, "true"], capture_output=True, text=True, check=False)
    if count_in(tried.stderr) is None:
        return "this machine has no counters for perf"
    return ""


@contextmanager
def counted(pids: Sequence[int], event: str = EVENT) -> Iterator[list[float]]:
    """Yields a list that holds the count of these processes, and of children they start, when the block has ended."""
    command = ["perf", "stat", "-x,", "-e", event, "-p", ",".join(map(str, pids))]
    found: list[float] = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as perf:
        time.sleep(_ATTACH_SECONDS)
        try:
            yield found
        finally:
            perf.send_signal(signal.SIGINT)
            said = perf.communicate()[1]
    count = count_in(said)
    if count is not None:
        found.append(count)


def count_in(said: str) -> float | None:
    """The count in what `perf stat -x,` has said; None when it could not count."""
    for line in said.splitlines():
        value = line.partition(",")[0]
        try:
            return float(value)
        except ValueError:
            continue
    return None
