"""Isolation: a document that a worker may have died of is worked on with no other document beside it.

When a worker dies, nobody knows which of its documents it was. Each of them is tried once more, alone: one that then
dies again is to blame, the others were bystanders.

    shared ─ shared ─ shared        any number at once
         isolate: receive nothing more, wait until the others are done
    alone                           then the next that wants to be alone, then any number again

Those that want to be alone leave the others' number before they wait, so that two of them never wait for each other.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto

import structlog

from foundation.errors import CancelledWorkError
from work_queue.lease import Lease

log = structlog.get_logger("work_queue")

#: What waits looks this often whether its message is still its own.
CHECK_SECONDS = 0.5


class _Place(Enum):
    NONE = auto()
    SHARED = auto()
    ALONE = auto()


class Isolation:
    """The places of one worker's documents. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._shared = 0
        self._waiting = 0
        self._is_taken = False
        self._is_stopped = False

    @property
    def is_wanted(self) -> bool:
        """Somebody is or wants to be alone: receive nothing more."""
        with self._changed:
            return self._is_taken or self._waiting > 0

    @contextmanager
    def place(self, lease: Lease) -> Iterator[None]:
        """Work on a document inside; `lease.isolate()` makes it the only one.

        Raises CancelledWorkError when the message is lost, or the worker stops while this waits.
        """
        held = _Place.NONE

        def isolate() -> None:
            nonlocal held
            if held is _Place.ALONE:
                return
            log.info("waiting to be alone", message_id=lease.message.message_id)
            with self._changed:
                self._shared -= 1
                self._waiting += 1
                self._changed.notify_all()
            held = _Place.NONE
            try:
                self._wait(lease, lambda: not self._shared and not self._is_taken, self._take)
                held = _Place.ALONE
            finally:
                with self._changed:
                    self._waiting -= 1
                    self._changed.notify_all()

        self._wait(lease, lambda: not self._is_taken and not self._waiting, self._share)
        held = _Place.SHARED
        lease.on_isolate(isolate)
        try:
            yield
        finally:
            with self._changed:
                if held is _Place.ALONE:
                    self._is_taken = False
                elif held is _Place.SHARED:
                    self._shared -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Nobody waits any more."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def _take(self) -> None:
        self._is_taken = True

    def _share(self) -> None:
        self._shared += 1

    def _wait(self, lease: Lease, is_free: Callable[[], bool], occupy: Callable[[], None]) -> None:
        while True:
            with self._changed:
                if is_free():
                    occupy()
                    return
                if self._is_stopped:
                    raise CancelledWorkError("the worker is stopping")
                self._changed.wait(CHECK_SECONDS)
            lease.check("wait-to-be-alone")
