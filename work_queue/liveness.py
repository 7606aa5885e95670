"""Liveness is progress of the poll loop, not a living process: the loop says so in a file, the health check reads it.

Imports nothing heavy: the container runs the check every few seconds.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

#: Longer than the longest step of the loop: a long poll of 20 s and botocore's retries of a network that is gone.
MAX_SILENCE_SECONDS = 180.0
_TOUCH_EVERY_SECONDS = 1.0


def health_file() -> Path:
    """In the folder for temporary files, so that `TMPDIR` tells workers on one machine apart."""
    return Path(tempfile.gettempdir()) / "ingestion-worker.alive"


class Liveness:
    """Written by the poll loop. The file holds the monotonic time: it has no time zone and never jumps."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path or health_file()
        self._clock = clock
        self._touched_at = float("-inf")

    def touch(self) -> None:
        """The loop has come round. A full disk must not stop it."""
        now = self._clock()
        if now - self._touched_at < _TOUCH_EVERY_SECONDS:
            return
        self._touched_at = now
        try:
            self._path.write_text(f"{now:.3f}\n", encoding="ascii")
        except OSError:
            return

    def clear(self) -> None:
        """The worker ended by itself."""
        self._path.unlink(missing_ok=True)


def silence_seconds(path: Path | None = None, clock: Callable[[], float] = time.monotonic) -> float:
    """Since the loop last came round; infinite when nothing says that it ever did."""
    try:
        return max(0.0, clock() - float((path or health_file()).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return float("inf")
