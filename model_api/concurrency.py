"""How many calls may be in flight: up to a maximum, fewer while the service says that it is too much.

Additive increase, multiplicative decrease, as TCP does it (Chiu and Jain, 1989): a window of answered calls raises the
limit by one, a throttled call halves it, at most once for the calls that were in flight together.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable


class AdaptiveLimit:
    """The limit itself: arithmetic on events, seconds given by the caller."""

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self._limit = float(maximum)
        self._last_decrease = float("-inf")
        self.paused_until = float("-inf")

    @property
    def current(self) -> int:
        return max(1, int(self._limit))

    def answered(self) -> None:
        """A call came back with an answer."""
        self._limit = min(self._limit + 1.0 / max(1.0, self._limit), float(self.maximum))

    def throttled(self, started: float, now: float, retry_after_seconds: float = 0.0) -> None:
        """A call that began at `started` was throttled at `now`: nothing starts for `retry_after_seconds`."""
        self.paused_until = max(self.paused_until, now + retry_after_seconds)
        if started > self._last_decrease:
            self._last_decrease = now
            self._limit = max(1.0, self._limit / 2)


class Slots:
    """Places for calls in flight, first come, first served. Lives on one event loop, where `limit` may change."""

    def __init__(self, limit: AdaptiveLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        #: Called after each release.
        self.on_release: Callable[[], None] = lambda: None

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(not turn.done() for turn in self._waiting)

    async def acquire(self) -> None:
        """Wait for a place, and until throttled calls may go on."""
        if self._waiting or self._taken >= self._limit.current:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.release()  # the place was given to us while we were being cancelled
                raise
        else:
            self._taken += 1
        try:
            while (pause := self._limit.paused_until - self._clock()) > 0:
                await asyncio.sleep(pause)
        except asyncio.CancelledError:
            self.release()
            raise

    def release(self) -> None:
        self._taken -= 1
        while self._waiting and self._taken < self._limit.current:
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)
        self.on_release()
