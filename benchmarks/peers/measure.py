"""Runs a command and tells what it took: wall clock, CPU of it and its children, memory of all of them at once."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import Tree


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
    servers = [Tree(pid) for pid in Tree(os.getpid()).pids()[1:]]
    servers_before = sum(server.own_cpu_seconds() for server in servers)
    output, errors = folder / "stdout", folder / "stderr"
    begin = time.perf_counter()
    with output.open("w") as stdout, errors.open("w") as stderr:
        process = subprocess.Popen(command, env=dict(env), cwd=folder, stdout=stdout, stderr=stderr)
    alarm = threading.Timer(timeout_seconds, process.kill)
    alarm.start()
    try:
        with Tree(process.pid).peak_megabytes() as peak:
            _, status, usage = os.wait4(process.pid, 0)  # with the usage of children that it has waited for
            wall_seconds = time.perf_counter() - begin
    except KeyboardInterrupt:
        process.kill()
        raise
    finally:
        alarm.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        process.returncode,
        wall_seconds,
        usage.ru_utime + usage.ru_stime,
        peak[0],
        sum(server.own_cpu_seconds() for server in servers) - servers_before,
        output.read_text(encoding="utf-8", errors="replace"),
        errors.read_text(encoding="utf-8", errors="replace"),
    )
