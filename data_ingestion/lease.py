"""What the document half asks about its lease: is it still held, and for how long.

The queue's lease fulfils it in the worker; `NoLease` does on the command line and in tests.
"""

import math
from collections.abc import Callable
from typing import Protocol


class Lease(Protocol):
    """Held by the work on one document. Thread-safe."""

    def check(self, before: str) -> None:
        """Return if the work is still ours; raise errors.CancelledWorkError otherwise.

        Asked before every publish, and `before` names that publish (`upload-images`, `flip-stores`, …): logs tell it,
        and the kill matrix of `tests/reliability` strikes there. Also asked, cheaply, inside long loops.
        """

    def isolate(self) -> None:
        """Return when nothing else is worked on in this process, which stays so until this work ends.

        Raises errors.CancelledWorkError as `check` does.
        """

    @property
    def remaining_seconds(self) -> float:
        """How long the work stays ours if nothing extends it; infinite when nobody else can take it."""

    def on_beat(self, hook: Callable[[float], None]) -> None:
        """Call `hook(seconds)` each time before the work is extended to `seconds` from now.

        A CancelledWorkError from it ends the work.
        """


class NoLease:
    """Nobody waits and nobody cancels."""

    remaining_seconds = math.inf

    def check(self, before: str) -> None:
        return None

    def isolate(self) -> None:
        return None

    def on_beat(self, hook: Callable[[float], None]) -> None:
        return None
