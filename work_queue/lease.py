"""A lease: the right to work on one received message, until when, and what ends it early.

    receive ──── beat ──── beat ──── beat ─ ✕ refused        the lease is lost: nothing is published any more
       │ deadline ┤          │          │
       └──────────┴ each beat moves it ─┴───────────────── ✕ passed

The deadline is counted from *before* the request that granted it, on the monotonic clock, so that it never ends later
here than at SQS. Once lost, a lease stays lost, whatever a late answer says. `heartbeat.py` gives the beats.

This class is what the document half sees as its lease; neither half imports the other.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from foundation.errors import CancelledWorkError, FailureCode, TransientError
from work_queue.queue import MAX_RECEIVE_SECONDS, Message, Queue, StaleReceiptError, whole_seconds

log = structlog.get_logger("work_queue")

#: A beat every third of the visibility time-out: two may fail before the lease is lost.
BEATS_PER_TIMEOUT = 3
#: A beat that got no answer is tried again this much sooner.
IMPATIENCE = 4
#: Work is ended this long before SQS's 12 hours are over, so that there is time to say why.
CAP_MARGIN_SECONDS = 60.0
LONGEST_WORK_SECONDS = MAX_RECEIVE_SECONDS - CAP_MARGIN_SECONDS

Hook = Callable[[float], None]


def no_checkpoint(name: str) -> None:
    """What happens at the named points of a worker's way through a message: nothing, outside of tests."""


class Lease:
    """Held while one message is worked on. Thread-safe.

    `asked_at` is the monotonic time before the receive call was made. A long poll may have waited most of the
    visibility time-out, so that `confirm` must be called before any work starts.
    """

    def __init__(
        self,
        queue: Queue,
        message: Message,
        *,
        asked_at: float,
        visibility_timeout_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        checkpoint: Callable[[str], None] = no_checkpoint,
    ) -> None:
        self.message = message
        self._queue = queue
        self._visibility_timeout_seconds = visibility_timeout_seconds
        self._clock = clock
        self._checkpoint = checkpoint
        self._asked_at = asked_at
        self._extended_at = asked_at
        self._deadline = asked_at + visibility_timeout_seconds
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._cancellation: CancelledWorkError | None = None
        self._is_lost = False
        self._is_closed = False
        self._hooks: list[Hook] = []
        self._isolate: Callable[[], None] = lambda: None
        self._hook_calls: threading.Thread | None = None

    # What the work sees: data_ingestion.lease.Lease

    def check(self, before: str) -> None:
        """Return if the message is still ours and nobody wants the work to stop; raise CancelledWorkError otherwise."""
        self._checkpoint(before)
        self._expire()
        if self._cancellation:
            raise self._raised()

    def sleep(self, seconds: float) -> None:
        """Wait, but raise CancelledWorkError as soon as the work is cancelled or the lease runs out."""
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            if self._cancelled.wait(min(left, max(0.0, self.remaining_seconds))):
                break
            self.check("sleep")
        self.check("sleep")

    @property
    def remaining_seconds(self) -> float:
        """How long the message stays ours if no further beat succeeds; 0 once it is lost."""
        return 0.0 if self._is_lost else max(0.0, self._deadline - self._clock())

    def on_beat(self, hook: Hook) -> None:
        """Call `hook(seconds)` before every extension; a CancelledWorkError from it cancels the work."""
        with self._lock:
            self._hooks.append(hook)

    def isolate(self) -> None:
        """Return when this is the only document that the worker works on, which it stays until it is done.

        Raises CancelledWorkError when the work is cancelled meanwhile.
        """
        self._isolate()

    # What the queue half does with it

    def on_isolate(self, isolate: Callable[[], None]) -> None:
        """How the document that comes next gets to be alone."""
        self._isolate = isolate

    @contextmanager
    def job(self) -> Iterator[None]:
        """Hooks that are added inside end with the block: the next document of a message has a claim of its own."""
        with self._lock:
            outer = list(self._hooks)
        try:
            yield
        finally:
            with self._lock:
                self._hooks = outer

    @property
    def is_lost(self) -> bool:
        """Somebody else may have the message: it must not be deleted, given back or published about."""
        self._expire()
        return self._is_lost

    @property
    def held_seconds(self) -> float:
        """Since the receive, by our clock; SQS ends it at 12 hours."""
        return self._clock() - self._asked_at

    @property
    def beat_interval_seconds(self) -> float:
        return self._visibility_timeout_seconds / BEATS_PER_TIMEOUT

    @property
    def seconds_to_next_beat(self) -> float:
        """A beat is due when a third of the time-out has passed since the last that succeeded, and when the 12 hours
        are nearly over: it then ends the work."""
        now = self._clock()
        due_at, last_at = self._extended_at + self.beat_interval_seconds, self._asked_at + LONGEST_WORK_SECONDS
        return max(0.0, (min(due_at, last_at) if now < last_at else due_at) - now)

    def require_held(self, before: str) -> None:
        """Like `check`, but only a lost lease raises: a message whose work is done may be deleted while the worker is
        stopping."""
        self._checkpoint(before)
        if self.is_lost:
            raise self._raised()

    def confirm(self) -> None:
        """Make sure that the message is ours before work starts. Raises CancelledWorkError, or TransientError when
        SQS doesn't answer.

        Only here may a deadline have passed without loss: it was counted from before a long poll.
        """
        if self._deadline - self._clock() < self._visibility_timeout_seconds - self.beat_interval_seconds:
            self._extend(self._extension_seconds(), is_first=True)
        self.check("lease-confirmed")

    def beat(self) -> bool:
        """Extend the lease once. False when SQS gave no answer, so that it is worth trying again soon."""
        if self._is_over():
            return True
        seconds = self._extension_seconds()
        if self.held_seconds >= LONGEST_WORK_SECONDS:
            self.cancel("SQS lends a message for 12 hours at most", code=FailureCode.EXTRACTION_TIMEOUT)
        self._call_hooks(seconds)
        if self._is_over():  # while the hooks ran: a delay that was set meanwhile must stand
            return True
        try:
            self._extend(seconds)
        except TransientError as error:
            log.warning("beat failed", reason=str(error), remaining_seconds=round(self.remaining_seconds, 1))
            return False
        return True

    def cancel(self, reason: str, *, code: FailureCode | None = None) -> None:
        """End the work at its next check. The message stays ours. The first reason is the one that counts."""
        self._cancel(CancelledWorkError(reason, code=code))

    def delete(self) -> None:
        """Delete the message: its work is done. Raises CancelledWorkError when it is no longer ours."""
        self.require_held("delete-message")
        self.close()
        try:
            self._queue.delete(self.message.receipt_handle)
        except StaleReceiptError as error:
            self._lose(str(error))
            raise self._raised() from None

    def give_back(self, delay_seconds: float) -> None:
        """Make the message visible after `delay_seconds`, without any further beat. Never raises: at worst it becomes
        visible when its time-out ends."""
        self.close()
        if self.is_lost:
            return
        most = MAX_RECEIVE_SECONDS - self.held_seconds - 1
        try:
            self._queue.change_visibility(self.message.receipt_handle, whole_seconds(min(delay_seconds, most)))
        except (StaleReceiptError, TransientError) as error:
            log.warning("not given back", reason=str(error))

    def close(self) -> None:
        """No beat from now on changes anything."""
        self._is_closed = True

    # Inside

    def _is_over(self) -> bool:
        return self._is_closed or self.is_lost

    def _extension_seconds(self) -> float:
        return max(1.0, min(self._visibility_timeout_seconds, MAX_RECEIVE_SECONDS - self.held_seconds - 1))

    def _extend(self, seconds: float, *, is_first: bool = False) -> None:
        asked_at = self._clock()
        try:
            self._queue.change_visibility(self.message.receipt_handle, whole_seconds(seconds))
        except StaleReceiptError as error:
            if not self._is_closed:  # deleted or given back while the beat was on its way
                self._lose(str(error))
            return
        if not is_first:
            self._expire()  # an answer that took too long saves nothing
        with self._lock:
            self._extended_at, self._deadline = asked_at, asked_at + seconds

    def _expire(self) -> None:
        if not self._is_lost and self._clock() >= self._deadline:
            self._lose("its time ran out")

    def _raised(self) -> CancelledWorkError:
        """Each thread gets an exception of its own, or their tracebacks would mix."""
        assert self._cancellation
        return type(self._cancellation)(str(self._cancellation), code=self._cancellation.code)

    def _lose(self, reason: str) -> None:
        with self._lock:
            self._is_lost = True
        self._cancel(CancelledWorkError(f"the lease is lost: {reason}", code=FailureCode.LEASE_LOST))

    def _cancel(self, cancellation: CancelledWorkError) -> None:
        with self._lock:
            # Losing the lease outranks every other reason: it forbids what they allow.
            if self._cancellation is None or (self._is_lost and self._cancellation.code is not FailureCode.LEASE_LOST):
                self._cancellation = cancellation
                log.warning("work cancelled", reason=str(cancellation), message_id=self.message.message_id)
        self._cancelled.set()

    def _call_hooks(self, seconds: float) -> None:
        """In a thread of their own: a ledger that hangs must not cost the lease."""
        if self._hook_calls and self._hook_calls.is_alive():
            log.warning("beat hooks hang", message_id=self.message.message_id)
            return
        with self._lock:
            hooks = list(self._hooks)
        if hooks:
            self._hook_calls = threading.Thread(target=self._run_hooks, args=(hooks, seconds), daemon=True)
            self._hook_calls.start()
            self._hook_calls.join(self.beat_interval_seconds / 2)

    def _run_hooks(self, hooks: list[Hook], seconds: float) -> None:
        for hook in hooks:
            try:
                hook(seconds)
            except CancelledWorkError as cancellation:
                self._cancel(cancellation)
            except Exception as error:  # noqa: BLE001 (a hook's trouble must not end the heartbeat)
                log.warning("beat hook failed", error=type(error).__name__, reason=str(error)[:300])
