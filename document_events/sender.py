"""Sends events in the background, at once, and later those that this process or another could not send.

    offer ──> queue in memory ──> ten at a time ──> target ──> pending items deleted
                 │ refused, or no answer
                 ▼
    rest, longer each time ──> sweep: the pending events of all processes, the oldest first, one process at a time

A process that dies, or drops what it can't send, loses nothing: the pending event is in the ledger. The thread begins
with the first event. It is a daemon: a process never waits for it longer than `CLOSE_SECONDS`.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from document_events.outlet import EventOutlet
from document_events.targets import MAX_BATCH
from foundation.batches import in_batches
from foundation.errors import FailureCode, TransientError
from ledger.events import EventRecord, Events
from ledger.fleet_lease import FleetLease

#: A sweep leaves younger events to the process that wrote them.
SETTLE_SECONDS = 30.0
#: After a failure the process rests so long before it tries again, and twice as long after each further one.
FIRST_REST_SECONDS = 5.0
MAX_REST_SECONDS = 300.0
#: Events that wait in memory at most; others wait in the ledger for the next sweep.
MAX_WAITING = 1_000
#: Who closes waits so long for the last events.
CLOSE_SECONDS = 10.0
#: `flush` waits so long for another process that is at it: it may have died, and then its lease has to run out.
LEASE_SECONDS = 60.0
_FLUSH_PAUSE_SECONDS = 0.5

log = structlog.get_logger(__name__)


class EventSender:
    """Thread-safe. `on_unsent` gets the age in seconds of the oldest event that an attempt could not send.

    `checkpoint` is called at the named points of an event's way; tests strike there.
    """

    def __init__(
        self,
        outlet: EventOutlet,
        events: Events,
        lease: FleetLease,
        *,
        on_unsent: Callable[[float], object] = lambda age_seconds: None,
        checkpoint: Callable[[str], None] = lambda name: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outlet = outlet
        self._events = events
        self._lease = lease
        self._on_unsent = on_unsent
        self._checkpoint = checkpoint
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: deque[EventRecord] = deque()
        self._thread: threading.Thread | None = None
        self._sweep_at: float | None = None  # monotonic
        self._failures = 0
        self._is_resting = False
        self._is_closing = False

    def offer(self, event: EventRecord) -> None:
        """Send an event soon that is in the ledger. Never blocks and never raises for what the target does."""
        with self._changed:
            if self._is_resting or self._is_closing:
                return
            if len(self._waiting) < MAX_WAITING:
                self._waiting.append(event)
            elif self._sweep_at is None:
                self._sweep_at = time.monotonic() + SETTLE_SECONDS
            self._wake()

    def sweep_soon(self) -> None:
        """Send soon, in the background, what other processes left; one read when there is nothing."""
        with self._changed:
            if not self._is_resting and not self._is_closing:
                self._sweep_at = time.monotonic()
                self._wake()

    def flush(self) -> int:
        """Send everything that waits, and return how many events that were; in the caller's thread.

        Raises TransientError when some are left, or another process is at it for longer than its lease.
        """
        gives_up_at = time.monotonic() + LEASE_SECONDS + 5.0
        while (done := self._sweep(settle_seconds=0.0)) is None:
            if time.monotonic() > gives_up_at:
                raise TransientError(FailureCode.INTERNAL, "another process keeps the lease of the events")
            time.sleep(_FLUSH_PAUSE_SECONDS)
        sent, left = done
        if left:
            raise TransientError(FailureCode.INTERNAL, f"{left} events could not be sent; the log says why")
        return sent

    def send(self, events: Iterable[EventRecord]) -> tuple[int, int]:
        """How many were sent, how many not. Goes on after one that was refused, and stops when nothing is taken."""
        sent = left = 0
        for batch in in_batches(events, MAX_BATCH):
            unsent = self._deliver(batch)
            sent, left = sent + len(batch) - unsent, left + unsent
            if unsent == len(batch):
                break
        return sent, left

    def close(self) -> None:
        """Send what waits in memory, once. What doesn't get through stays in the ledger."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
            thread = self._thread
        if thread:
            thread.join(CLOSE_SECONDS)

    def _wake(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="events", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # the machine has no more threads, or the interpreter ends
                log.warning("events wait in the ledger", reason=str(error))
                self._waiting.clear()
                return
            self._thread = thread
        self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._waiting or self._is_closing or self._sweep_is_due()):
                    self._changed.wait(None if self._sweep_at is None else self._sweep_at - time.monotonic())
                batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
                if not batch and self._is_closing:
                    return
            if batch:
                if unsent := self._deliver(batch):
                    self._rest(is_down=unsent == len(batch))
            else:
                self._sweep_now()

    def _sweep_is_due(self) -> bool:
        return self._sweep_at is not None and self._sweep_at <= time.monotonic()

    def _sweep_now(self) -> None:
        try:
            done = self._sweep(0.0 if self._is_resting else SETTLE_SECONDS)
        except TransientError as error:
            log.warning("pending events not read", reason=str(error))
            self._rest(is_down=self._is_resting)
            return
        sent, left = done or (0, 1)  # another process is at it: look again, later
        if left:
            self._rest(is_down=self._is_resting and not sent)
            return
        with self._changed:
            # What came while we rested, and what was too young for another process's sweep.
            is_last = not self._is_resting
            self._is_resting, self._failures = False, 0
            self._sweep_at = None if is_last else time.monotonic() + SETTLE_SECONDS

    def _rest(self, *, is_down: bool) -> None:
        with self._changed:
            seconds = min(FIRST_REST_SECONDS * 2**self._failures, MAX_REST_SECONDS)
            self._failures += 1
            self._sweep_at = time.monotonic() + seconds
            self._is_resting = is_down
            if is_down:
                self._waiting.clear()  # they are in the ledger

    def _sweep(self, settle_seconds: float) -> tuple[int, int] | None:
        """How many events were sent, how many not; None while another process is at it. Raises TransientError."""
        if not any(self._events.pending(settle_seconds, limit=1)):
            return 0, 0
        if not self._lease.take():
            return None
        sent = left = 0
        try:
            for batch in in_batches(self._events.pending(settle_seconds), MAX_BATCH):
                unsent = self._deliver(batch)
                sent, left = sent + len(batch) - unsent, left + unsent
                if unsent == len(batch) or not self._lease.keep():
                    break
        finally:
            self._lease.release()
        if sent:
            log.info("pending events sent", events=sent)
        return sent, left

    def _deliver(self, batch: list[EventRecord]) -> int:
        """Send up to MAX_BATCH, and note those that were taken; returns how many were not."""
        self._checkpoint("send-events")
        try:
            refused = self._outlet.send(batch)
        except TransientError as error:
            refused = dict.fromkeys((event.id for event in batch), str(error))
        self._checkpoint("note-events")
        try:
            for event in batch:
                if event.id not in refused:
                    self._events.sent(event)
        except TransientError as error:
            log.warning("sent events not noted", reason=str(error))  # they will be sent again
        if refused:
            since = min(event.time for event in batch if event.id in refused)
            age_seconds = max(0.0, self._clock() - datetime.fromisoformat(since).timestamp())
            reason = next(iter(refused.values()))
            log.warning("events not sent", events=len(refused), age_seconds=round(age_seconds, 1), reason=reason)
            self._on_unsent(age_seconds)
        return len(refused)
