"""A machine whose cores are half as fast, for one process and its children, while others run at full speed.

    with half_as_fast() as slow:
        process = Popen(…)
        slow.add(process.pid)

The kernel's freezer stops the group for half of every 20 ms. So each thread gets half of a core, also one that runs
alone; a CPU quota would slow only those that together want more than the quota. What the group waits for (models,
engines) takes as long as ever. What is left out: caches and memory that are slower, too. A wake-up may come up to
10 ms late, and a stop costs the kernel some work, which counts as the group's CPU.

Wants a cgroup folder that may be written: version 1's freezer, or version 2's cgroup.freeze.
https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html and …/cgroup-v2.html (cgroup.freeze)
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: The share of time that the group runs.
SPEED = 0.5
#: Short beside what a page takes, long beside what stopping some sixty threads takes.
CYCLE_SECONDS = 0.02
_END_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Freezer:
    """Where the kernel takes orders: a folder for groups, the file in a group, what to write there."""

    folder: Path
    file: str
    freeze: str
    thaw: str


@dataclass(frozen=True, slots=True)
class SlowGroup:
    """Its processes, and all children that they start from then on, run half of the time."""

    folder: Path

    def add(self, pid: int) -> None:
        (self.folder / "cgroup.procs").write_text(str(pid), encoding="ascii")


def freezer(mounts: str) -> Freezer | None:
    """The freezer of a machine whose /proc/mounts says this."""
    for line in mounts.splitlines():
        _, folder, kind, options, *_ = line.split()
        if kind == "cgroup" and "freezer" in options.split(","):
            return Freezer(Path(folder), "freezer.state", "FROZEN", "THAWED")
    for line in mounts.splitlines():
        _, folder, kind, *_ = line.split()
        if kind == "cgroup2":
            return Freezer(Path(folder), "cgroup.freeze", "1", "0")
    return None


def why_not() -> str:
    """Why no machine can be slowed here, "" when it can."""
    try:
        with half_as_fast():
            return ""
    except OSError as error:
        return f"no group of processes can be frozen here: {error}"


@contextmanager
def half_as_fast() -> Iterator[SlowGroup]:
    """A group that is slow until the block ends, by when its processes must have ended. Raises OSError."""
    found = freezer(Path("/proc/mounts").read_text(encoding="utf-8"))
    if found is None:
        raise OSError("no cgroups")
    folder = found.folder / f"half-as-fast-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir()
    try:
        state = folder / found.file
        state.write_text(found.thaw, encoding="ascii")
        command = [sys.executable, "-m", "benchmarks.slow_machine", str(state), found.freeze, found.thaw]
        with subprocess.Popen(command) as stopper:
            try:
                yield SlowGroup(folder)
            finally:
                stopper.send_signal(signal.SIGTERM)
                stopper.wait()
                state.write_text(found.thaw, encoding="ascii")
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """A group can be removed when the last of its processes is gone, which takes a moment after it was waited for."""
    give_up_at = time.monotonic() + _END_SECONDS
    while True:
        try:
            folder.rmdir()
            return
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)


def _stop_and_go(state: Path, freeze: str, thaw: str) -> None:
    """Until SIGTERM, or until the process that started this has ended."""
    parent, ended = os.getppid(), []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    with contextlib.suppress(FileNotFoundError), state.open("w", encoding="ascii", buffering=1) as file:
        while not ended and os.getppid() == parent:
            for word, share in ((freeze, 1 - SPEED), (thaw, SPEED)):
                file.write(word)
                file.flush()
                time.sleep(CYCLE_SECONDS * share)
        file.write(thaw)


if __name__ == "__main__":
    _stop_and_go(Path(sys.argv[1]), *sys.argv[2:])
