"""How a busy task makes room for a new one, so that a deployment ends although the queue never does.

    new task ── receives DEPLOYMENT_BLOCKED ──► says in the ledger that it waits, and since when it runs
    old task ── reads it ──► receives nothing more ── its documents are done ──► drops its protection ──► ECS stops it
    new task ── is protected ──► receives

ECS refuses protection when more tasks would be protected than the service shall have: a deployment starts the new tasks
beside the old ones, so that the new ones are refused while the old ones are busy.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html

Old is each task that was protected before and started before the first of those that wait. When the ledger can't say
that tasks wait, every worker makes room at long intervals.
"""

import time
from collections.abc import Callable
from typing import Protocol

import structlog

from foundation.errors import TransientError
from work_queue.protection import TaskProtection

log = structlog.get_logger("work_queue")

#: A worker that is protected for so long under load makes room without being asked.
MAX_PROTECTED_SECONDS = 2 * 3_600.0
#: A busy worker looks this often whether somebody waits, and who waits says so this often.
LOOK_EVERY_SECONDS = 15.0
#: Who has not said it for so long does not wait any more.
FORGET_AFTER_SECONDS = 120.0


class WaitingRoom(Protocol):
    """What the tasks of a service share. Both raise TransientError."""

    def enter(self, started_at: float, now: float) -> None:
        """A task that started at `started_at` waits now. Times are epoch seconds."""

    def earliest_start(self, now: float) -> float | None:
        """When the first of those started that wait; None when nobody does."""


class Handover:
    """One task's side of it. Used by the poll loop alone."""

    def __init__(
        self,
        room: WaitingRoom,
        protection: TaskProtection,
        *,
        started_at: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._room = room
        self._protection = protection
        self._started_at = started_at
        self._now = now
        self._looked_at = self._entered_at = float("-inf")
        self._is_asked = False

    def must_make_room(self) -> bool:
        """Shall this task receive nothing more, and drop its protection as soon as it can?"""
        if not self._protection.was_granted:
            return False
        if self._protection.protected_seconds > MAX_PROTECTED_SECONDS:
            return True
        if self._now() - self._looked_at >= LOOK_EVERY_SECONDS:
            self._looked_at = self._now()
            self._look()
        return self._is_asked

    def wait_in_line(self) -> None:
        """This task must not receive. If it is because others are protected, and it never was, let them know."""
        if not self._protection.is_denied or self._protection.was_granted:
            return
        if self._now() - self._entered_at < LOOK_EVERY_SECONDS:
            return
        self._entered_at = self._now()
        try:
            self._room.enter(self._started_at, self._now())
        except TransientError as error:
            log.warning("nobody knows that this task waits", reason=str(error))

    def _look(self) -> None:
        try:
            earliest = self._room.earliest_start(self._now())
        except TransientError as error:
            log.warning("not known whether a task waits", reason=str(error))
            return
        is_asked = earliest is not None and self._started_at < earliest
        if is_asked != self._is_asked:
            log.info("makes room for a new task" if is_asked else "no task waits any more")
        self._is_asked = is_asked
