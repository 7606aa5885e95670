"""While an operator has paused the workers none of them receives anything; what it has in hand it finishes. Nor are
others started, where it is known which service starts them.

The record is read at most every LOOK_SECONDS, and only by a worker that is about to receive. A table that doesn't
answer changes nothing: what was read last holds.
"""

import time
from collections.abc import Callable

import structlog

from foundation.errors import TransientError
from ledger.operator_pause import OperatorPause, OperatorPauses
from work_queue.task_starts import TaskStarts

log = structlog.get_logger("work_queue")

LOOK_SECONDS = 10.0


class WorkerPauses:
    """Pauses and resumes all workers for an operator. `starts` None: nothing starts workers by itself.

    Raises TransientError.
    """

    def __init__(self, pauses: OperatorPauses, starts: TaskStarts | None) -> None:
        self._pauses = pauses
        self._starts = starts

    def current(self) -> OperatorPause | None:
        return self._pauses.current()

    def pause(self, by: str, reason: str = "") -> OperatorPause:
        """What holds from now on. When AWS doesn't suspend the scaling, it holds all the same, with a warning."""
        pause = self._pauses.pause(by, reason)
        if self._starts:
            try:
                self._starts.suspend()
            except TransientError as error:
                log.warning("scaling not suspended", reason=str(error))
                warning = (
                    "The scaling rules may start tasks that only wait: AWS did not suspend them. The log says why."
                )
                return self._pauses.warn(warning) or pause
        return pause

    def resume(self) -> OperatorPause | None:
        """The pause that ends; None when there was none. Scaling first: while AWS refuses that, the pause stays, and so
        nobody takes for running what could never start again."""
        if self._starts:
            self._starts.resume()
        return self._pauses.resume()


class PauseWatch:
    """`read` says who paused the workers, as people read it, or None. For one thread."""

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
