"""Runs a command for as long as another process lives: `python -m development_stack.parent_watch PID COMMAND …`.

For programs that don't watch their parent themselves. SIGTERM and SIGINT are passed on.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

LOOK_SECONDS = 0.5


def watch(pid: int) -> Callable[[], bool]:
    """Tells whether a process has ended."""
    if os.getppid() == pid:
        # A parent that is a zombie still has its number, and its child belongs to another process already.
        return lambda: os.getppid() != pid
    return lambda: not _exists(pid)


def run(pid: int, command: Sequence[str]) -> int:
    """The command's exit code."""
    has_ended = watch(pid)
    child = subprocess.Popen(command)

    def end(_number: int, _frame: FrameType | None) -> None:
        child.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while child.poll() is None:
        if has_ended():
            child.terminate()
        time.sleep(LOOK_SECONDS)
    return child.returncode


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), sys.argv[2:]))
