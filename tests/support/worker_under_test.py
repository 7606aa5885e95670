"""The real worker with an observer that strikes at a named point: `python -m tests.support.worker_under_test`.

    --at NAME --signal KILL|STOP|TERM [--nth N]   do that to itself when it reaches NAME for the N-th time
    --record FILE                                 write the name of every point that is reached

The points are those that the lease is asked at, and those of the delivery itself; nothing of the worker is replaced.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

import fargate_worker


class Striker:
    """Called at every point, from any thread."""

    def __init__(self, at: str | None, number: signal.Signals, nth: int, record: Path | None) -> None:
        self._at = at
        self._number = number
        self._left = nth
        self._record = record
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            if self._record:
                with self._record.open("a", encoding="utf-8") as file:
                    file.write(f"{name}\n")
            if name == self._at:
                self._left -= 1
                if self._left == 0:
                    # To this very thread: sent to the process, a SIGSTOP may be taken by another thread, while
                    # this one still runs on for a moment.
                    signal.pthread_kill(threading.get_ident(), self._number)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--at")
    parser.add_argument("--signal", choices=["KILL", "STOP", "TERM"], default="KILL")
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    striker = Striker(options.at, signal.Signals[f"SIG{options.signal}"], options.nth, options.record)
    return fargate_worker.run(until_empty=True, checkpoint=striker)


if __name__ == "__main__":
    sys.exit(main())
