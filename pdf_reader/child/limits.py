"""What a child imposes on itself before it meets a document. The kernel enforces it, whatever MuPDF is doing."""

import contextlib
import ctypes
import math
import os
import resource
import signal
import sys

from pdf_reader.document import SandboxLimits

_PR_SET_PDEATHSIG = 1
#: No image of a page, and nothing else that a child writes, is larger.
_MAX_FILE_BYTES = 256 * 1024 * 1024


def confine(limits: SandboxLimits, parent_pid: int) -> None:
    """Memory, file sizes, no core dumps, first choice of the out-of-memory killer, and the parent's death is ours."""
    die_with_parent()
    if os.getppid() != parent_pid:
        sys.exit("the worker is gone already")
    address_space = limits.memory_megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_FILE_BYTES, _MAX_FILE_BYTES))
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


def die_with_parent() -> None:
    """Be killed as soon as the thread that started this process ends, where the kernel can do that (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Timers:
    """Wall and CPU time for one page. When either is up, the kernel ends this process: SIGALRM or SIGPROF."""

    def __init__(self, limits: SandboxLimits) -> None:
        self._wall_seconds = limits.page_timeout_seconds
        self._cpu_seconds = limits.page_cpu_seconds

    def start(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._wall_seconds)
        signal.setitimer(signal.ITIMER_PROF, self._cpu_seconds)

    @staticmethod
    def remaining_seconds() -> float:
        """Of wall time; infinite while nothing is timed."""
        return signal.getitimer(signal.ITIMER_REAL)[0] or math.inf

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
