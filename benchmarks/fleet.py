"""A fleet of tasks that works off a queue while something else decides how many tasks there are: discrete events.

What is simulated: messages that arrive; tasks that take time to start and to be seen; documents that take as long as
measured ones; SQS metrics by the minute, late, and silent for up to a quarter of an hour after six idle hours; scale-in
that spares protected tasks, or doesn't; Spot interruptions with two minutes' notice. Time is in seconds from the first
arrival.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.queue_metrics import MINUTE, QueueMetrics, Sample, Seen

#: ECS starts no more tasks of a service than this in a minute.
MAX_STARTS_PER_MINUTE = 500
#: Warning before a Spot task ends.
SPOT_NOTICE_SECONDS = 120.0

#: What isn't done so long after the last success, or isn't at rest, never will be: the same documents are killed again
#: and again.
GIVE_UP_SECONDS = 4 * 3_600.0


class Scaler(Protocol):
    """Decides how many tasks there shall be."""

    name: str
    min_tasks: int
    #: Asks SQS itself, by a Lambda function every minute, so that it never waits for silent metrics.
    polls_queue: bool
    #: Keeps the queue in use, so that its metrics never fall silent.
    touches_queue: bool
    #: Scale-in leaves tasks alone that work.
    protects: bool
    #: Between SIGTERM and SIGKILL; a document with no more than this left is finished.
    stop_seconds: float

    def desired(self, now: float, seen: Seen, desired: int) -> int: ...


@dataclass(frozen=True, slots=True)
class World:
    """What no scaler can choose."""

    document_seconds: Sequence[float]
    arrivals: Sequence[float]
    documents_at_once: int
    #: Median and spread of what ECS takes from the decision to a polling worker: placement, image pull, start.
    start_median_seconds: float = 60.0
    start_sigma: float = 0.25
    visibility_seconds: float = 120.0
    spot_share: float = 0.0
    spot_interruptions_per_hour: float = 0.05
    #: How long the queue's metrics stay silent at the beginning; None when the queue was used lately.
    silent_seconds: float | None = None
    seed: int = 1


@dataclass(slots=True)
class Outcome:
    """What it came to."""

    first_start: float = math.inf
    last_done: float = 0.0
    #: Documents that were given up on.
    unfinished: int = 0
    killed_busy_tasks: int = 0
    wasted_seconds: float = 0.0
    task_seconds: float = 0.0
    spot_task_seconds: float = 0.0
    peak_tasks: int = 0
    #: By the minute: messages that wait, running tasks.
    history: list[tuple[float, int, int]] = field(default_factory=list)

    @property
    def drained(self) -> float:
        """When the last document was done; infinite if one never was."""
        return math.inf if self.unfinished else self.last_done


@dataclass(slots=True, eq=False)
class Task:
    """One task of the service, from its order to its end."""

    ordered_at: float
    spot: bool
    working: dict[int, float] = field(default_factory=dict)  # document: when it will be done
    polling: bool = False
    stopping: bool = False
    gone: bool = False


def simulate(world: World, scaler: Scaler) -> Outcome:
    """Run until everything is done and the fleet rests."""
    return Fleet(world, scaler).run()


class Fleet:
    """The state of one run."""

    def __init__(self, world: World, scaler: Scaler) -> None:
        self._world = world
        self._scaler = scaler
        self._random = random.Random(world.seed)
        self._events: list[tuple[float, int, str, Task | None, int]] = []
        self._sequence = 0
        self._arrived = 0
        self._waiting: deque[int] = deque()
        self._done = 0
        self._started_at: dict[int, float] = {}
        self._tasks: dict[Task, None] = {}
        self._idle: dict[Task, None] = {}
        self._desired = scaler.min_tasks
        self._receives = 0
        self._metrics = QueueMetrics(self._silent_seconds, is_fresh=world.silent_seconds is None)
        self.outcome = Outcome()

    def run(self) -> Outcome:
        for _ in range(self._scaler.min_tasks):
            self._order(0.0, already_running=True)
        self._push(0.0, "minute")
        total = len(self._world.arrivals)
        while True:
            # An idle task takes a message as it comes, so the next arrival is an event; nobody else notices it.
            if self._idle and self._arrived < total and self._world.arrivals[self._arrived] <= self._events[0][0]:
                self._arrive(self._world.arrivals[self._arrived])
                continue
            now, _, kind, task, document = heapq.heappop(self._events)
            self._arrive(now)
            if kind == "minute":
                if self._rests(now):
                    break
                self._minute(now)
            else:
                self._handle(now, kind, task, document)
        for task in list(self._tasks):
            self._end(task, now)
        return self.outcome

    def _handle(self, now: float, kind: str, task: Task | None, document: int) -> None:
        if kind == "back":
            self._waiting.append(document)
            self._hand_out(now)
        elif task is not None and not task.gone:
            self._task_event(now, kind, task, document)

    def _task_event(self, now: float, kind: str, task: Task, document: int) -> None:
        if kind == "ready":
            task.polling = True
            self._idle[task] = None
            self._hand_out(now)
        elif kind == "done" and document in task.working:
            del task.working[document]
            self._done += 1
            self.outcome.last_done = now
            if task.stopping:
                if not task.working:
                    self._end(task, now)
            else:
                self._idle[task] = None
                self._hand_out(now)
        elif kind == "interrupt":
            self._stop(task, now, SPOT_NOTICE_SECONDS)
        elif kind == "kill":
            self._end(task, now)

    def _rests(self, now: float) -> bool:
        total = len(self._world.arrivals)
        self.outcome.unfinished = total - self._done
        if self._done == total and len(self._tasks) <= self._scaler.min_tasks:
            return True
        return self._arrived == total and now > self._gives_up_at()

    def _gives_up_at(self) -> float:
        return max(self.outcome.last_done, self._world.arrivals[-1]) + GIVE_UP_SECONDS

    # Messages

    def _arrive(self, now: float) -> None:
        arrivals = self._world.arrivals
        before = self._arrived
        while self._arrived < len(arrivals) and arrivals[self._arrived] <= now:
            self._waiting.append(self._arrived)
            self._arrived += 1
        if self._arrived > before:
            self._metrics.use(arrivals[before])
            self._hand_out(now)

    def _hand_out(self, now: float) -> None:
        while self._waiting and self._idle:
            task = next(iter(self._idle))
            document = self._waiting.popleft()
            self._receives += 1
            self._work(now, task, document)
            if len(task.working) >= self._world.documents_at_once:
                del self._idle[task]

    def _work(self, now: float, task: Task, document: int) -> None:
        seconds = self._world.document_seconds[document % len(self._world.document_seconds)]
        task.working[document] = now + seconds
        self._started_at[document] = now
        self.outcome.first_start = min(self.outcome.first_start, now)
        self._push(now + seconds, "done", task, document)

    def _polling(self) -> int:
        """Tasks that have room and ask for messages: several times a minute."""
        return len(self._idle)

    # Tasks

    def _order(self, now: float, *, already_running: bool = False) -> None:
        # ECS keeps the ratio of the tasks that there are.
        spots = sum(task.spot for task in self._tasks)
        spot = spots < self._world.spot_share * (len(self._tasks) + 1) - 0.5
        task = Task(now, spot)
        self._tasks[task] = None
        median, sigma = self._world.start_median_seconds, self._world.start_sigma
        start = 0.0 if already_running else median * math.exp(self._random.gauss(0, sigma))
        self._push(now + start, "ready", task)
        if spot:
            hours = self._random.expovariate(self._world.spot_interruptions_per_hour)
            self._push(now + start + hours * 3_600, "interrupt", task)

    def _stop(self, task: Task, now: float, grace_seconds: float) -> None:
        """SIGTERM: what is done within the grace is finished, the rest is lost with the task."""
        task.stopping = True
        self._idle.pop(task, None)
        if not task.working:
            self._end(task, now)
        else:
            self._push(now + grace_seconds, "kill", task)

    def _end(self, task: Task, now: float) -> None:
        if task.working:
            self.outcome.killed_busy_tasks += 1
            for document in task.working:
                self.outcome.wasted_seconds += now - self._started_at[document]
                self._push(now + self._world.visibility_seconds, "back", None, document)
        task.gone = True
        self._idle.pop(task, None)
        del self._tasks[task]
        seconds = max(MINUTE, now - task.ordered_at)  # Fargate bills a minute at least
        self.outcome.task_seconds += seconds
        if task.spot:
            self.outcome.spot_task_seconds += seconds

    # Scaling

    def _minute(self, now: float) -> None:
        running = sum(task.polling for task in self._tasks)
        inflight = sum(len(task.working) for task in self._tasks)
        self._metrics.add(Sample(len(self._waiting), inflight, running, self._receives + self._polling()))
        self._receives = 0
        self.outcome.history.append((now, len(self._waiting), running))
        self.outcome.peak_tasks = max(self.outcome.peak_tasks, running)
        if running or inflight:
            self._metrics.use(now)  # a long poll is a use
        scaler = self._scaler
        seen = self._metrics.seen(now, polls_queue=scaler.polls_queue, touches_queue=scaler.touches_queue)
        self._desired = scaler.desired(now, seen, self._desired)
        staying = [task for task in self._tasks if not task.stopping]
        for _ in range(min(self._desired - len(staying), MAX_STARTS_PER_MINUTE)):
            self._order(now)
        surplus = len(staying) - self._desired
        if surplus > 0:
            stoppable = [task for task in staying if not (self._scaler.protects and task.working)]
            self._random.shuffle(stoppable)  # ECS balances zones; it doesn't know who works
            for task in stoppable[:surplus]:
                self._stop(task, now, self._scaler.stop_seconds)
        self._push(now + MINUTE, "minute")

    def _silent_seconds(self) -> float:
        silent = self._world.silent_seconds
        return self._random.uniform(0, 900) if silent is None else silent

    def _push(self, time: float, kind: str, task: Task | None = None, document: int = -1) -> None:
        self._sequence += 1
        heapq.heappush(self._events, (time, self._sequence, kind, task, document))
