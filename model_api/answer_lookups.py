"""Looks for stored answers: for many questions at once, while they wait for their turn.

A question that waits for a slot can wait for others to be noted with it; one whose slot is free can't. So the first
goes at once, the next ones a few at a time while slots are free, and later ones as soon as few are left that may be
asked. Lives on the client's event loop.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from model_api.answer_cache import AnswerCache
from model_api.asked_questions import Seen

#: While there are free slots, notes are this far apart: nothing beside a model's second, and several pages to a call.
INTERVAL_SECONDS = 0.1
#: Of the slots: when fewer questions than that wait for one, the next are noted.
LOW_SHARE = 0.25


class Notes(Protocol):
    """What `model_api.asked_questions.AskedQuestions` does."""

    batch_size: int

    def note(self, request_keys: Sequence[str]) -> Mapping[str, Seen]: ...

    def note_again(self, request_key: str) -> None: ...


#: Runs a blocking call in another thread.
Io = Callable[..., Awaitable[Any]]


def seconds_until_noting(
    unnoted: int, ready: int, slots: int, batch_size: int, seconds_since_last: float
) -> float | None:
    """When to note what waits; None for not before something changes. Pure.

    `unnoted` questions wait to be noted, `ready` ones are known to be new and wait for one of `slots`.
    """
    if unnoted == 0:
        return None
    if unnoted >= batch_size:
        return 0.0
    if ready > slots * LOW_SHARE:
        return None
    return max(0.0, INTERVAL_SECONDS - seconds_since_last)


class AnswerLookups:
    """`ready` says how many questions wait for one of `slots`. Without notes each question is looked for by itself."""

    def __init__(
        self,
        cache: AnswerCache,
        notes: Notes | None,
        io: Io,
        *,
        slots: int,
        ready: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._notes = notes
        self._io = io
        self._slots = slots
        self._ready = ready
        self._clock = clock
        self._unnoted: list[tuple[str, asyncio.Future[Seen]]] = []
        self._noting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._noted_at = float("-inf")

    async def find(self, request_key: str) -> tuple[Any, Seen]:
        """The stored answer, or None, and what was known of the question. Raises what cache and notes raise."""
        seen = await self._note(request_key) if self._notes else Seen.UNKNOWN
        if seen is Seen.NEW:
            return None, seen
        return await self._io(self._cache.get, request_key), seen

    async def about_to_ask(self, request_key: str, seen: Seen) -> None:
        """To be awaited before a question without a usable answer is asked."""
        if self._notes and seen is Seen.ASKED:
            await self._io(self._notes.note_again, request_key)

    def look(self) -> None:
        """Note what waits, if it is time. To be called when a slot was released."""
        if self._notes is None or self._noting is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._unnoted = [waiting for waiting in self._unnoted if not waiting[1].done()]
        since_last = self._clock() - self._noted_at
        wait = seconds_until_noting(
            len(self._unnoted), self._ready(), self._slots, self._notes.batch_size, since_last
        )  # fmt: skip
        if wait is None:
            return
        if wait > 0:
            self._timer = asyncio.get_running_loop().call_later(wait, self.look)
            return
        batch, self._unnoted = self._unnoted[: self._notes.batch_size], self._unnoted[self._notes.batch_size :]
        self._noted_at = self._clock()
        self._noting = asyncio.create_task(self._note_batch(self._notes, batch))

    async def close(self) -> None:
        """Note nothing more; what waits is to be cancelled by those who wait."""
        if self._timer is not None:
            self._timer.cancel()
        if self._noting is not None:
            self._noting.cancel()
            await asyncio.gather(self._noting, return_exceptions=True)

    async def _note(self, request_key: str) -> Seen:
        future: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._unnoted.append((request_key, future))
        self.look()
        return await future

    async def _note_batch(self, notes: Notes, batch: Sequence[tuple[str, "asyncio.Future[Seen]"]]) -> None:
        waiting = [future for _, future in batch]
        try:
            # A question that was withdrawn and put again may stand here twice.
            seen = await self._io(notes.note, list(dict.fromkeys(key for key, _ in batch)))
        except Exception as error:  # noqa: BLE001 - handed to those who wait
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
        else:
            for key, future in batch:
                if not future.done():
                    future.set_result(seen[key])
        finally:
            self._noting = None
            # After those that are new have come to their slots, or wait for one.
            asyncio.get_running_loop().call_soon(self.look)
