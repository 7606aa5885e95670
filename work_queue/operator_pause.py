"""While an operator has paused the workers none of them receives anything; what it has in hand it finishes.

The record is read at most every LOOK_SECONDS, and only by a worker that is about to receive. A table that doesn't
answer changes nothing: what was read last holds.
"""

import time
from collections.abc import Callable

import structlog

from foundation.errors import TransientError

log = structlog.get_logger("work_queue")

LOOK_SECONDS = 10.0


class PauseWatch:
    """`read` says who paused the workers, as people are told, or None. For one thread."""

    def __init__(self, read: Callable[[], str | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._read_at = float("-inf")
        self._said: str | None = None

    def is_on(self) -> bool:
        """Whether nothing may be received now."""
        if self._clock() - self._read_at >= LOOK_SECONDS:
            self._read_at = self._clock()
            try:
                self._note(self._read())
            except TransientError as error:
                log.warning("pause not read", reason=str(error))
        return self._said is not None

    def _note(self, said: str | None) -> None:
        if said != self._said:
            log.info("paused by operator" if said else "resumed by operator", pause=said or self._said)
        self._said = said
