"""Outages: while something that every document needs is down, documents are kept in hand and nothing more is received.

    closed ── a document fails with dependency=… ──► open ── pause over, probe answers ──► half open ── done ──► closed
                                                      ▲         probe fails: longer pause       │
                                                      └──────────── a document fails ◄──────────┘

The document that failed waits here with its message in flight, and is the first to be tried when the probe answers: so
that the outage costs no receive, of which a message has few, and the queue never looks as if nobody worked (which is
when the scaling rules start tasks). A worker that has nothing in hand receives one message for the same reason.

Probes run in the thread of a document that waits, never in the poll loop: one that hangs harms nobody.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from foundation.errors import CancelledWorkError, DeploymentError, FailureCode, TransientError
from ledger.paused_workers import Missing
from work_queue.lease import Lease

log = structlog.get_logger("work_queue")

BASE_PAUSE_SECONDS = 5.0
MAX_PAUSE_SECONDS = 300.0
#: A document is kept in hand for this long; SQS lends it for 12 hours, and its work needs some of them.
MAX_HOLD_SECONDS = 4 * 3_600.0
#: What waits looks this often whether its message is still its own.
CHECK_SECONDS = 0.5

Probe = Callable[[], None]


@dataclass(slots=True)
class _Outage:
    error: TransientError
    since: float
    failures: int
    until: float
    is_half_open: bool = False


class Outages:
    """What is down, as far as documents' failures tell. `probes` by dependency raise while it is. Thread-safe."""

    def __init__(
        self,
        probes: Mapping[str, Probe],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._probes = probes
        self._clock = clock
        self._now = now
        self._changed = threading.Condition()
        self._outages: dict[str, _Outage] = {}
        #: Documents at work that don't wait and aren't on trial.
        self._working = 0
        self._is_trying = False
        self._is_stopped = False

    @property
    def down(self) -> tuple[Missing, ...]:
        """What is down now; empty while all is well."""
        with self._changed:
            return tuple(
                Missing(name, str(outage.error.code), str(outage.error), outage.since, _needs_person(outage.error))
                for name, outage in self._outages.items()
            )

    @property
    def is_any(self) -> bool:
        with self._changed:
            return bool(self._outages)

    @property
    def pause_seconds(self) -> float:
        """How long nothing is tried; 0 when it is worth it."""
        with self._changed:
            return self._pause_left()

    def raise_if_hopeless(self, after_seconds: float) -> None:
        """Raises DeploymentError when something that only a person can mend has been down for so long: for workers that
        somebody waits for."""
        with self._changed:
            for outage in self._outages.values():
                if _needs_person(outage.error) and self._now() - outage.since >= after_seconds:
                    raise type(outage.error)(outage.error.code, str(outage.error))

    def note(self, error: TransientError) -> None:
        """Something is known to be down before any document has met it."""
        self._report(error)

    @property
    def is_resting(self) -> bool:
        """Something is down, and no document is worked on, not even on trial: what the worker has only waits."""
        with self._changed:
            return bool(self._outages) and not self._working and not self._is_trying

    def allowance(self, wanted: int, in_hand: int) -> int:
        """How many of `wanted` messages to receive now, when the worker has `in_hand` already: all; during an outage
        one to keep, unless there is one."""
        with self._changed:
            if not self._outages:
                return wanted
            return 0 if in_hand > self._working else min(wanted, 1)

    @contextmanager
    def turn(self, lease: Lease) -> Iterator[None]:
        """Work on a document inside: waits while something is down, and learns from how the block ends.

        Raises CancelledWorkError when the message is lost or the worker stops meanwhile, TransientError when it was
        kept for too long.
        """
        is_trial = self._await_turn(lease)
        try:
            yield
        except TransientError as error:
            self._report(error)
            raise
        else:
            self._recovered()
        finally:
            with self._changed:
                if is_trial:
                    self._is_trying = False
                else:
                    self._working -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Nobody waits any more: what is kept is given back at once."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    # Inside

    def _await_turn(self, lease: Lease) -> bool:
        """True: this document is on trial."""
        while True:
            with self._changed:
                if not self._outages:
                    self._working += 1
                    return False
                if self._is_stopped:
                    raise CancelledWorkError("the worker is stopping")
                may_try = not self._is_trying and self._pause_left() == 0
                if may_try:
                    self._is_trying = True
                else:
                    self._changed.wait(CHECK_SECONDS)
            if may_try and self._try(lease):
                return True
            lease.check("wait-for-dependency")
            if lease.held_seconds >= MAX_HOLD_SECONDS:
                raise self._held_too_long()

    def _try(self, lease: Lease) -> bool:
        """Probe what is due. Whatever happens, the next one may try unless this returns True."""
        is_tried = False
        try:
            lease.check("probe-dependency")
            is_tried = self._all_answer()
        finally:
            if not is_tried:
                with self._changed:
                    self._is_trying = False
                    self._changed.notify_all()
        return is_tried

    def _all_answer(self) -> bool:
        with self._changed:
            asked = [name for name, outage in self._outages.items() if not outage.is_half_open]
        for name in asked:
            try:
                self._probes.get(name, lambda: None)()
            except TransientError as error:
                self._report(error, name)
                return False
            except Exception as error:  # noqa: BLE001 (whatever it is, it is not an answer)
                reason = f"asking whether {name} works: {type(error).__name__}: {error}"
                self._report(TransientError(FailureCode.INTERNAL, reason), name)
                return False
            with self._changed:
                if name in self._outages:
                    self._outages[name].is_half_open = True
            log.info("dependency answers", dependency=name)
        return True

    def _report(self, error: TransientError, dependency: str | None = None) -> None:
        name = dependency or error.dependency
        if name is None:
            return
        # No longer than we would wait ourselves: the probe costs little, and ends the pause when the service is back.
        wanted_seconds = min(error.retry_after_seconds or 0.0, MAX_PAUSE_SECONDS)
        with self._changed:
            previous = self._outages.get(name)
            if previous and previous.until > self._clock() and not previous.is_half_open:
                # Documents that were under way fail together: one outage.
                previous.until = max(previous.until, self._clock() + wanted_seconds)
                return
            failures = previous.failures + 1 if previous else 1
            pause_seconds = max(wanted_seconds, min(MAX_PAUSE_SECONDS, BASE_PAUSE_SECONDS * 2.0 ** (failures - 1)))
            since = previous.since if previous else self._now()
            self._outages[name] = _Outage(error, since, failures, self._clock() + pause_seconds)
        log.warning(
            "polling paused", dependency=name, seconds=pause_seconds, code=str(error.code), reason=str(error)[:500],
            needs_person=_needs_person(error),
        )  # fmt: skip

    def _recovered(self) -> None:
        """A document was done: what was on trial is trusted again. One that is still down may not have been needed."""
        with self._changed:
            ended = [name for name, outage in self._outages.items() if outage.is_half_open]
            for name in ended:
                del self._outages[name]
            self._changed.notify_all()
        for name in ended:
            log.info("polling resumed", dependency=name)

    def _pause_left(self) -> float:
        waits = [outage.until - self._clock() for outage in self._outages.values() if not outage.is_half_open]
        return max([0.0, *waits])

    def _held_too_long(self) -> TransientError:
        with self._changed:
            errors = [outage.error for outage in self._outages.values()]
        kept = f"kept for {MAX_HOLD_SECONDS / 3_600:.0f} hours"
        if not errors:
            return TransientError(FailureCode.INTERNAL, kept)
        return type(errors[0])(errors[0].code, f"{kept}: {errors[0]}")


def _needs_person(error: TransientError) -> bool:
    return isinstance(error, DeploymentError)
