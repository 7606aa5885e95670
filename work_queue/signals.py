"""SIGTERM and SIGINT, delivered to a thread instead of to whatever the main thread is doing.

A Python signal handler runs in the main thread between two instructions, possibly inside a lock that the handler
needs. So the handlers here do nothing; the interpreter writes the signal's number into a socket, and a thread reads it.
As PID 1 of a container a process has no default handlers: without these SIGTERM would be ignored.
"""

import signal
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Within `with`, each signal calls `on_signal(name, how_many_so_far)` in a thread. Main thread only."""

    def __init__(self, on_signal: Callable[[str, int], None]) -> None:
        self._on_signal = on_signal
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._previous: dict[signal.Signals, Any] = {}
        self._thread = threading.Thread(target=self._read, name="signals", daemon=True)

    def __enter__(self) -> "StopSignals":
        self._previous_fd = signal.set_wakeup_fd(self._writer.fileno())
        self._previous = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._previous_fd)
        self._writer.close()
        self._thread.join()
        self._reader.close()

    def _read(self) -> None:
        count = 0
        while received := self._reader.recv(16):
            for number in received:
                if number in SIGNALS:  # other handled signals wake the socket too
                    count += 1
                    self._on_signal(signal.Signals(number).name, count)
