"""The consumer: receives what there are free slots for, works on each message in its own thread, and stops in order.

Stopping: nothing more is received and what came last is given back; running documents go on for the grace period;
then they are cancelled and given back. The poll that is under way is awaited, because a message that SQS hands to a
connection nobody listens on any more stays hidden for its whole visibility time-out.
"""

import contextvars
import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from foundation.errors import TransientError
from work_queue.delivery import Deliveries
from work_queue.lease import Lease
from work_queue.limits import Limits
from work_queue.liveness import Liveness
from work_queue.process import memory_megabytes
from work_queue.protection import RETRY_SECONDS
from work_queue.queue import MAX_BATCH, Message, Queue
from work_queue.receive_gates import ReceiveGates

log = structlog.get_logger("work_queue")

#: The loop comes round at least this often while it waits for something, so that its liveness can be seen.
STEP_SECONDS = 5.0
#: Cancelled work gets this long to notice; Fargate's SIGKILL comes 10 s after the default grace period.
CANCEL_SECONDS = 5.0
#: What the last poll brought gets at least this long.
LAST_SECONDS = 1.0
#: An idle worker is left unprotected for this long between polls, or the scheduler could never pick it.
IDLE_GAP_SECONDS = 5.0
#: A worker that makes room is left unprotected for this long: a task that waits asks for protection every 5 s.
ROOM_SECONDS = 15.0
MAX_POLL_BACKOFF_SECONDS = 30.0
#: `until_empty` gives up after so many polls without an answer in a row.
MAX_POLL_FAILURES = 5
#: It ends when only a person could mend what has been down for so long.
MAX_UNTIL_EMPTY_PAUSE_SECONDS = 900.0
#: SQS's counts are approximate: the queue is empty when it says so this often in a row.
EMPTY_CONFIRMATIONS = 2


class Consumer:
    """`run` once. `stop` and `hurry` may come from any thread, but not from a signal handler: they take locks."""

    def __init__(
        self,
        queue: Queue,
        deliveries: Deliveries,
        limits: Limits,
        *,
        gates: ReceiveGates,
        liveness: Liveness,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue = queue
        self._deliveries = deliveries
        self._limits = limits
        self._outages = deliveries.outages
        self._gates = gates
        self._protection = gates.protection
        self._liveness = liveness
        self._on_idle = on_idle
        self._changed = threading.Condition()
        self._active: dict[threading.Thread, Lease] = {}
        self._stopping = threading.Event()
        self._is_hurried = False
        self._failure: BaseException | None = None

    def run(self, *, until_empty: bool = False) -> int:
        """Consume until `stop`, or until the queue is empty. Returns how many documents did not notice that they were
        cancelled and still run. Raises what broke the poll loop, after draining."""
        poller = threading.Thread(target=self._poll_guarded, args=(until_empty,), name="poll", daemon=True)
        poller.start()
        self._stopping.wait()
        stuck = self._drain(poller)
        self._protection.release()
        self._liveness.clear()
        if self._failure:
            raise self._failure
        return stuck

    def stop(self, reason: str) -> None:
        """Receive nothing more, and let `run` end."""
        with self._changed:
            if not self._stopping.is_set():
                log.info("stopping", reason=reason, active=len(self._active))
            self._stopping.set()
            self._changed.notify_all()
        self._deliveries.stop_waiting()

    def hurry(self) -> None:
        """Don't wait for running documents."""
        with self._changed:
            self._is_hurried = True
            self._changed.notify_all()
        self.stop("hurried")

    # The poll loop, in a thread of its own

    def _poll_guarded(self, until_empty: bool) -> None:
        try:
            self._poll(until_empty)
        except BaseException as error:  # noqa: BLE001 (`run` raises it)
            self._failure = error
        self.stop("poll loop broke" if self._failure else "poll loop ended")

    def _poll(self, until_empty: bool) -> None:
        failures = confirmations = 0
        while not self._stopping.is_set():
            self._liveness.touch()
            if until_empty:
                self._outages.raise_if_hopeless(MAX_UNTIL_EMPTY_PAUSE_SECONDS)
            wanted = self._wait_for_slots()
            self._protect_what_waited()
            if self._makes_room() or not wanted:
                continue
            # Before protection is asked for: a paused worker must be free to be replaced.
            is_paused = self._gates.is_paused()
            wanted = 0 if is_paused else self._deliveries.allowance(wanted, in_hand=len(self._active))
            if not wanted:
                self._let_go_if_idle()
                self._stopping.wait(STEP_SECONDS if is_paused else self._rest_seconds())
                continue
            if not self._may_receive():
                continue
            try:
                received = self._receive(wanted, 1 if until_empty else self._limits.wait_seconds)
                is_empty = until_empty and not received and self._is_empty()
            except TransientError as error:
                failures += 1
                log.warning("poll failed", reason=str(error), failures=failures)
                if until_empty and failures >= MAX_POLL_FAILURES:
                    raise
                self._stopping.wait(min(MAX_POLL_BACKOFF_SECONDS, 2.0 ** min(failures, 10) / 2))
                continue
            failures = 0
            confirmations = confirmations + 1 if is_empty else 0
            if confirmations >= EMPTY_CONFIRMATIONS:
                return
            if not received and self._let_go_if_idle() and self._protection.is_enabled:
                self._stopping.wait(IDLE_GAP_SECONDS)

    def _rest_seconds(self) -> float:
        return min(STEP_SECONDS, max(0.1, self._outages.pause_seconds))

    def _wait_for_slots(self) -> int:
        """How many messages to ask for; 0 when none became free in a while."""
        with self._changed:
            self._changed.wait_for(
                lambda: len(self._active) < self._limits.concurrency or self._stopping.is_set(), STEP_SECONDS
            )
            return 0 if self._stopping.is_set() else min(MAX_BATCH, self._limits.concurrency - len(self._active))

    def _makes_room(self) -> bool:
        """Whether a task waits for this one to go. Its documents are finished first."""
        if not self._gates.must_make_room():
            return False
        with self._changed:
            self._changed.wait_for(lambda: not self._active or self._stopping.is_set(), STEP_SECONDS)
        if self._let_go_if_idle():
            self._stopping.wait(ROOM_SECONDS)
        return True

    def _let_go_if_idle(self) -> bool:
        """What waits for the end of an outage is no work: it is given back when the worker is stopped."""
        with self._changed:
            is_idle = not self._active
        if is_idle or self._outages.is_resting:
            self._protection.release()
            self._on_idle()
        return is_idle

    def _protect_what_waited(self) -> None:
        """Documents that begin when an outage ends are in hand already, so that no receive protects them."""
        if self._outages.is_resting:
            self._let_go_if_idle()
        if self._active and not self._outages.is_resting:  # asked anew: the rest may have ended while it let go
            self._protection.acquire()

    def _may_receive(self) -> bool:
        if self._gates.protect():
            return True
        self._stopping.wait(RETRY_SECONDS)
        return False

    def _receive(self, wanted: int, wait_seconds: int) -> list[Message]:
        asked_at = time.monotonic()
        received = self._queue.receive(
            max_messages=wanted,
            wait_seconds=min(wait_seconds, self._limits.wait_seconds),
            visibility_timeout_seconds=self._limits.visibility_timeout_seconds,
        )
        for message in received:
            self._deliveries.checkpoint("received")
            lease = Lease(
                self._queue,
                message,
                asked_at=asked_at,
                visibility_timeout_seconds=self._limits.visibility_timeout_seconds,
                checkpoint=self._deliveries.checkpoint,
            )
            if self._stopping.is_set():
                log.info("given back unstarted", message_id=message.message_id)
                lease.give_back(0)
            else:
                self._start(lease)
        return received

    def _is_empty(self) -> bool:
        """Nothing here and nothing there: a message in flight anywhere may still come back."""
        return not self._active and self._queue.backlog().total == 0

    # One thread a message

    def _start(self, lease: Lease) -> None:
        lease.on_beat(self._protection.renew_if_due)
        run = partial(contextvars.copy_context().run, self._work, lease)
        thread = threading.Thread(target=run, name=f"work {lease.message.message_id}", daemon=True)
        with self._changed:
            self._active[thread] = lease
        thread.start()

    def _work(self, lease: Lease) -> None:
        try:
            try:
                self._deliveries.work(lease)
            except Exception:
                # A bug in the queue half itself: the message comes back when its time-out ends.
                log.exception("delivery broke", message_id=lease.message.message_id)
            # Before the slot is free, or a worker that is too large would fill it once more.
            self._recycle_if_large()
        finally:
            with self._changed:
                self._active.pop(threading.current_thread(), None)
                self._changed.notify_all()

    def _recycle_if_large(self) -> None:
        most = self._limits.max_memory_megabytes
        if most and (used := memory_megabytes()) > most:
            self.stop(f"{used:.0f} MB of memory are more than {most}: a fresh worker takes over")

    # The end

    def _drain(self, poller: threading.Thread) -> int:
        grace_ends_at = time.monotonic() + self._limits.shutdown_grace_seconds
        self._await_poll(poller, lambda: self._is_hurried or time.monotonic() >= grace_ends_at)
        with self._changed:
            left = grace_ends_at - time.monotonic()
            self._changed.wait_for(lambda: not self._active or self._is_hurried, max(0.0, left))
        self._cancel_active()
        # Hurried or not: what was given back may come with the poll that is still under way.
        cancel_ends_at = time.monotonic() + CANCEL_SECONDS
        self._await_poll(poller, lambda: time.monotonic() >= cancel_ends_at)
        self._cancel_active()
        with self._changed:
            left = max(LAST_SECONDS, cancel_ends_at - time.monotonic())
            self._changed.wait_for(lambda: not self._active, left)
            stuck = dict(self._active)
        for lease in stuck.values():
            log.warning("still running", message_id=lease.message.message_id)
            lease.give_back(0)
        return len(stuck)

    def _await_poll(self, poller: threading.Thread, is_over: Callable[[], bool]) -> None:
        """Let the poll under way bring what it brings, to give it back. When it has ended, nothing starts any more."""
        while poller.is_alive() and not is_over():
            poller.join(0.1)

    def _cancel_active(self) -> None:
        with self._changed:
            leases = list(self._active.values())
        for lease in leases:
            lease.cancel("the worker is stopping")
