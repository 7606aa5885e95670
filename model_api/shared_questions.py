"""Equal questions that are open at the same time are asked once, and paid by the first to get the answer.

For one event loop: everything here runs in its thread.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any

from model_api.request import Answer, AnswerT
from model_api.usage import Usage


@dataclass
class _Shared:
    """One question that several documents may be waiting for."""

    task: "asyncio.Task[Answer[Any]]"
    waiters: int = 0
    is_paid_for: bool = False


class SharedQuestions:
    """Questions by the key of their request. One that nobody waits for any more is cancelled."""

    def __init__(self) -> None:
        self._open: dict[str, _Shared] = {}

    @property
    def tasks(self) -> Iterable["asyncio.Task[Answer[Any]]"]:
        """Those that are being answered."""
        return [shared.task for shared in self._open.values()]

    async def answer(self, key: str, ask: Callable[[], Coroutine[Any, Any, Answer[AnswerT]]]) -> Answer[AnswerT]:
        """What `ask` answers, or what it answers to somebody who asks the same now. Raises what `ask` raises."""
        shared = self._open.get(key)
        if shared is None:
            shared = self._open[key] = _Shared(asyncio.create_task(ask()))
            shared.task.add_done_callback(look_at_exception)
        shared.waiters += 1
        try:
            answer: Answer[AnswerT] = await asyncio.shield(shared.task)
        finally:
            shared.waiters -= 1
            if shared.waiters == 0:
                # Forgotten before it is over, so that the next that asks the same does not wait for a cancelled task.
                self._open.pop(key)
                shared.task.cancel()
        if shared.is_paid_for:
            return replace(answer, usage=Usage(cached_calls=1))
        shared.is_paid_for = True
        return answer


def look_at_exception(task: "asyncio.Task[Any]") -> None:
    """Keeps asyncio from reporting a failure that nobody waited for."""
    if not task.cancelled():
        task.exception()
