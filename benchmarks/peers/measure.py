"""Runs a command and tells what it took: wall clock, CPU of it and its children, memory of all of them at once."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.2
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    """`peak_megabytes` is the most that the command and its children held at once; a page they share counts once."""

    exit_code: int
    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float
    #: CPU of this process's other children meanwhile: the servers that the command called.
    servers_cpu_seconds: float
    output: str
    errors: str


def measure(command: Sequence[str], env: Mapping[str, str], folder: Path, timeout_seconds: float) -> Run:
    """Run `command` in `folder` from start to exit; it is killed, and so fails, after `timeout_seconds`."""
    servers = [pid for child in _children(os.getpid()) for pid in _family(child)]
    servers_before = _cpu_seconds(servers)
    output, errors = folder / "stdout", folder / "stderr"
    begin = time.perf_counter()
    with output.open("w") as stdout, errors.open("w") as stderr:
        process = subprocess.Popen(command, env=dict(env), cwd=folder, stdout=stdout, stderr=stderr)
    memory = _MemoryWatch(process.pid)
    memory.start()
    alarm = threading.Timer(timeout_seconds, process.kill)
    alarm.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)  # with the usage of children that it has waited for
    except KeyboardInterrupt:
        process.kill()
        raise
    finally:
        alarm.cancel()
    wall_seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    memory.stop()
    return Run(
        process.returncode,
        wall_seconds,
        usage.ru_utime + usage.ru_stime,
        memory.peak_kilobytes / 1024,
        _cpu_seconds(servers) - servers_before,
        output.read_text(encoding="utf-8", errors="replace"),
        errors.read_text(encoding="utf-8", errors="replace"),
    )


class _MemoryWatch(threading.Thread):
    """Samples the proportional set sizes of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_kilobytes = 0
        self._pid = pid
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self.peak_kilobytes = max(self.peak_kilobytes, sum(map(_pss_kilobytes, _family(self._pid))))

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in _children(pid):
        yield from _family(child)


def _children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in _read(path).split()]
    return found


def _pss_kilobytes(pid: int) -> int:
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _cpu_seconds(pids: Sequence[int]) -> float:
    ticks = 0
    for pid in pids:
        # The name in brackets may hold spaces; user and system time are the 14th and 15th field.
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:13]))
    return ticks / TICKS_A_SECOND


def _read(path: Path) -> str:
    """A process may end while it is looked at."""
    try:
        return path.read_text()
    except OSError:
        return ""
