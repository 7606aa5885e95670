"""What the kernel knows of this process: its memory and its age."""

import os
import time
from pathlib import Path

_STARTTIME_FIELD = 22  # of /proc/self/stat, see proc(5)


def memory_megabytes() -> float:
    """Resident memory of this process now, without its children."""
    resident_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return resident_pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def seconds_since_start() -> float:
    """Since the kernel made this process; imports and interpreter start-up included."""
    after_name = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    started = int(after_name[_STARTTIME_FIELD - 3]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started
