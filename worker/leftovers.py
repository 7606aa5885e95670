"""What workers left that died: history entries, events that nobody sent, and folders on this machine's disk."""

import time
from collections.abc import Callable

from data_ingestion.temporary_folder import remove_abandoned_folders
from ledger.history import History

#: An idle worker looks this often.
CLEAR_EVERY_SECONDS = 60.0


def nothing_to_send() -> None:
    """While events are off."""


class Leftovers:
    """Cleared when a worker starts and while it idles; when it ends, closing the history writes it."""

    def __init__(
        self,
        history: History,
        clock: Callable[[], float] = time.monotonic,
        *,
        send_events: Callable[[], None] = nothing_to_send,
    ) -> None:
        self._history = history
        self._send_events = send_events
        self._clock = clock
        self._due_at = clock() + CLEAR_EVERY_SECONDS

    def clear(self) -> None:
        """Never raises for what AWS or the disk does."""
        remove_abandoned_folders()
        self._history.flush_left()
        self._send_events()

    def clear_if_due(self) -> None:
        if self._clock() >= self._due_at:
            self._due_at = self._clock() + CLEAR_EVERY_SECONDS
            self.clear()
