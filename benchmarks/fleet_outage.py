"""The simulated fleet while something that every document needs is down: a model, its key, the store.

What is simulated: a document that would end during the outage fails instead and stays in its worker's hands; a worker
that fails one pauses, and keeps at least one message in flight; paused workers receive nothing; each goes on when it
next asks, at most five minutes after the end. `keeps_in_hand` False is version 0.1.0: a paused worker held nothing.
"""

import math
from dataclasses import dataclass, field

from benchmarks.fleet import GIVE_UP_SECONDS, Fleet, Outcome, Scaler, Task, World

#: The longest pause between two questions whether what failed works again.
MAX_PAUSE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Outage:
    """From `begins_at` for `seconds`, as times of the simulation."""

    begins_at: float
    seconds: float
    keeps_in_hand: bool = True

    @property
    def ends_at(self) -> float:
        return self.begins_at + self.seconds


@dataclass(frozen=True, slots=True)
class OutageOutcome:
    """`tasks_before` ran when it began, `most_tasks` at any time until it ended."""

    outcome: Outcome
    tasks_before: int
    most_tasks: int
    #: How many that were ordered, or about to run, when it began.
    ordered_before: int = field(default=0)


def simulate_outage(world: World, scaler: Scaler, outage: Outage) -> OutageOutcome:
    """Run until everything is done and the fleet rests."""
    fleet = _OutageFleet(world, scaler, outage)
    outcome = fleet.run()
    during = [tasks for at, _, tasks in outcome.history if outage.begins_at <= at < outage.ends_at]
    return OutageOutcome(outcome, during[0] if during else 0, max(during, default=0), fleet.ordered_before)


class _OutageFleet(Fleet):
    def __init__(self, world: World, scaler: Scaler, outage: Outage) -> None:
        super().__init__(world, scaler)
        self._outage = outage
        #: Documents in the hands of workers that are paused.
        self._kept: dict[Task, set[int]] = {}
        self._push(outage.begins_at, "down")
        self._push(outage.ends_at, "up")
        self.ordered_before = 0

    def _handle(self, now: float, kind: str, task: Task | None, document: int) -> None:
        if kind == "down":
            self.ordered_before = len(self._tasks)
        elif kind == "up":
            for paused in list(self._kept):
                self._push(now + self._random.uniform(0, MAX_PAUSE_SECONDS), "resume", paused)
        else:
            super()._handle(now, kind, task, document)

    def _task_event(self, now: float, kind: str, task: Task, document: int) -> None:
        if kind == "done" and document in task.working and self._is_down(now):
            self._fail(now, task, document)
        elif kind == "resume":
            self._resume(now, task)
        else:
            super()._task_event(now, kind, task, document)

    def _fail(self, now: float, task: Task, document: int) -> None:
        kept = self._kept.setdefault(task, set())
        if self._outage.keeps_in_hand:
            task.working[document] = math.inf
            kept.add(document)
        else:
            del task.working[document]
            self._idle[task] = None
            self._push(now + self._world.visibility_seconds, "back", None, document)

    def _resume(self, now: float, task: Task) -> None:
        for document in self._kept.pop(task, ()):
            if document in task.working:
                self._work(now, task, document)
        self._hand_out(now)

    def _hand_out(self, now: float) -> None:
        if self._is_down(now) and self._outage.keeps_in_hand:
            for task in [idle for idle in self._idle if idle in self._kept or not idle.working]:
                if not task.working and self._waiting:
                    self._keep(task, self._waiting.popleft(), now)
        # Workers that don't know of the outage yet take what there is, and learn of it.
        paused = [task for task in self._idle if task in self._kept]
        for task in paused:
            del self._idle[task]
        super()._hand_out(now)
        self._idle.update(dict.fromkeys(paused))

    def _keep(self, task: Task, document: int, now: float) -> None:
        task.working[document] = math.inf
        self._started_at[document] = now
        self._kept.setdefault(task, set()).add(document)
        self._receives += 1
        self.outcome.first_start = min(self.outcome.first_start, now)
        if len(task.working) >= self._world.documents_at_once:
            del self._idle[task]

    def _end(self, task: Task, now: float) -> None:
        self._kept.pop(task, None)
        super()._end(task, now)

    def _polling(self) -> int:
        return sum(task not in self._kept for task in self._idle)

    def _gives_up_at(self) -> float:
        return max(super()._gives_up_at(), self._outage.ends_at + GIVE_UP_SECONDS)

    def _is_down(self, now: float) -> bool:
        return self._outage.begins_at <= now < self._outage.ends_at
