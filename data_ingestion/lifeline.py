"""What the document half needs from whoever gave it the work: may I go on, and how far am I.

`fargate_worker.py` fulfils it with a queue lease and the ledger; the command line and most tests with `Unattended`.
"""

import time
from typing import Protocol


class Lifeline(Protocol):
    """Held by the work on one document. Thread-safe."""

    def check(self) -> None:
        """Return if the work is still ours; raise CancelledWorkError otherwise. Asked before every publish."""

    def sleep(self, seconds: float) -> None:
        """Wait, but raise CancelledWorkError as soon as the work is cancelled."""

    def report(self, stage: str, pages_done: int, pages_total: int) -> None:
        """Say how far the work is. Cheap: the receiver throttles."""


class Unattended:
    """Nobody waits and nobody cancels."""

    def check(self) -> None:
        return None

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def report(self, stage: str, pages_done: int, pages_total: int) -> None:
        return None
