"""A deployment under a queue that never empties, second by second: how long until every old task is gone.

As ECS does it (minimum 100 %, maximum 200 %): as many new tasks start beside the old ones, protection is granted to no
more tasks than the service shall have, and the scheduler stops old tasks that aren't protected. How often it looks is
assumed: AWS doesn't say. `python -m benchmarks.deployment` writes the table of `docs/autoscaling.md`.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.template import load_template
from work_queue.consumer import ROOM_SECONDS
from work_queue.handover import LOOK_EVERY_SECONDS, MAX_PROTECTED_SECONDS
from work_queue.protection import RETRY_SECONDS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "autoscaling.md"
TABLE_BEGINS, TABLE_ENDS = "<!-- deployments: begin -->", "<!-- deployments: end -->"
HEADER = ("tasks", "workers", "old tasks gone after", "longest document meanwhile", "busy tasks killed",
          "documents an hour and task, without a deployment")  # fmt: skip
FLEETS = (1, 10, 50)
#: Of so many deployments the table has the one that takes longest, and the tasks that were killed in all of them.
SEEDS = range(10)
#: Assumed.
SCHEDULER_SECONDS = 60
#: A deployment that has not ended after so long never will.
GIVE_UP_SECONDS = 24 * 3_600
#: The old tasks have been at work for so long, so that their documents are anywhere between beginning and end.
WARM_UP_SECONDS = 4 * 3_600


@dataclass(frozen=True, slots=True)
class Policy:
    """How a worker deals with protection. Seconds; None for never."""

    name: str
    #: It is protected while it works.
    protects: bool = True
    #: It makes room when a new task waits, which it looks for so often.
    looks_every: int | None = None
    #: It makes room after so long under load.
    makes_room_after: float | None = None
    #: Between SIGTERM and SIGKILL.
    stop_seconds: int = 110


NEVER = Policy("protected, never makes room (before)")
UNPROTECTED = Policy("not protected", protects=False)
INTERVALS = Policy("makes room every 6 min", makes_room_after=360.0)
OURS = Policy("ours", looks_every=int(LOOK_EVERY_SECONDS), makes_room_after=MAX_PROTECTED_SECONDS)
POLICIES = (NEVER, UNPROTECTED, INTERVALS, OURS)


@dataclass(slots=True)
class Outcome:
    """What a deployment came to. `seconds` is infinite when it did not end; `longest` is the longest document that
    one of the old tasks had in work meanwhile, from its beginning to its end."""

    seconds: float = math.inf
    longest: float = 0.0
    killed_busy_tasks: int = 0
    done: int = 0


@dataclass(slots=True, eq=False)
class _Task:
    is_old: bool
    polls_from: int
    documents: list[tuple[int, int]] = field(default_factory=list)  # began, ends
    protected_since: int | None = None
    asks_from: int = 0
    is_refused: bool = False
    looks_from: int = 0
    is_asked: bool = False
    killed_at: int | None = None


def deploy(policy: Policy, tasks: int, document_seconds: Sequence[float], at_once: int, seed: int) -> Outcome:
    """Replace `tasks` busy tasks."""
    service = _Service(policy, tasks, document_seconds, at_once, seed)
    service.run(WARM_UP_SECONDS)
    service.outcome = Outcome()
    began = service.now
    service.start_new_tasks()
    while service.old and service.now - began < GIVE_UP_SECONDS:
        service.run(1)
    if not service.old:
        service.outcome.seconds = service.now - began
    return service.outcome


def throughput(policy: Policy, tasks: int, document_seconds: Sequence[float], at_once: int, seed: int) -> float:
    """Documents an hour and task while nobody deploys: what making room costs."""
    service = _Service(policy, tasks, document_seconds, at_once, seed)
    service.run(24 * 3_600)
    return service.outcome.done / 24 / tasks


def rows(document_seconds: Sequence[float], at_once: int) -> list[tuple[str, ...]]:
    """Of the table: every fleet by every policy."""
    found: list[tuple[str, ...]] = []
    for tasks in FLEETS:
        for policy in POLICIES:
            seeds = SEEDS if policy is not NEVER else SEEDS[:1]  # a day each
            outcomes = [deploy(policy, tasks, document_seconds, at_once, seed) for seed in seeds]
            slowest = max(outcomes, key=lambda outcome: outcome.seconds)
            never = math.isinf(slowest.seconds)
            found.append((
                str(tasks),
                policy.name,
                "never" if never else f"{slowest.seconds / 60:.0f} min",
                "" if never else f"{slowest.longest / 60:.0f} min",
                f"{sum(outcome.killed_busy_tasks for outcome in outcomes)} in {len(seeds)}",
                f"{throughput(policy, tasks, document_seconds, at_once, seed=1):.0f}",
            ))  # fmt: skip
            print(" | ".join(found[-1]), flush=True)
    return found


class _Service:
    def __init__(self, policy: Policy, tasks: int, document_seconds: Sequence[float], at_once: int, seed: int) -> None:
        self._policy = policy
        self._desired = tasks
        self._document_seconds = document_seconds
        self._at_once = at_once
        self._random = random.Random(seed)
        self.now = 0
        self.outcome = Outcome()
        # They started one after the other, so that intervals don't coincide.
        self.tasks = [_Task(is_old=True, polls_from=self._random.randrange(1_800)) for _ in range(tasks)]

    @property
    def old(self) -> list[_Task]:
        return [task for task in self.tasks if task.is_old]

    def start_new_tasks(self) -> None:
        """Placement, pull and start: a minute, log-normal, as in `benchmarks.fleet.World`."""
        for _ in range(self._desired):
            start = round(60 * math.exp(self._random.gauss(0, 0.25)))
            self.tasks.append(_Task(is_old=False, polls_from=self.now + start))

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            for task in list(self.tasks):
                self._step(task)
            if self.now % SCHEDULER_SECONDS == 0:
                self._replace()

    def _step(self, task: _Task) -> None:
        ended = [document for document in task.documents if document[1] <= self.now]
        if ended:
            task.documents = [document for document in task.documents if document[1] > self.now]
            self.outcome.done += len(ended)
            if task.is_old:
                self.outcome.longest = max(self.outcome.longest, *(end - begin for begin, end in ended))
        if task.killed_at is not None:
            if not task.documents or self.now >= task.killed_at:
                self.outcome.killed_busy_tasks += bool(task.documents)
                self.tasks.remove(task)
        elif self.now >= task.polls_from and len(task.documents) < self._at_once:
            self._poll(task)

    def _poll(self, task: _Task) -> None:
        if self._makes_room(task):
            if not task.documents:
                task.protected_since = None
                task.asks_from = self.now + int(ROOM_SECONDS)
            return
        if self._policy.protects and not self._is_protected(task):
            return
        while len(task.documents) < self._at_once:
            task.documents.append((self.now, self.now + max(1, round(self._random.choice(self._document_seconds)))))

    def _is_protected(self, task: _Task) -> bool:
        if task.protected_since is not None:
            return True
        if self.now < task.asks_from:
            return False
        if sum(other.protected_since is not None for other in self.tasks) < self._desired:
            task.protected_since, task.is_refused = self.now, False
            return True
        task.asks_from, task.is_refused = self.now + int(RETRY_SECONDS), True
        return False

    def _makes_room(self, task: _Task) -> bool:
        interval, looks_every = self._policy.makes_room_after, self._policy.looks_every
        if interval is not None and task.protected_since is not None and self.now - task.protected_since > interval:
            return True
        if looks_every is not None and self.now >= task.looks_from:
            task.looks_from = self.now + looks_every
            task.is_asked = task.is_old and any(other.is_refused and not other.is_old for other in self.tasks)
        return task.is_asked

    def _replace(self) -> None:
        """Stop old tasks that may be stopped, but leave as many at work as there shall be."""
        running = sum(self.now >= task.polls_from and task.killed_at is None for task in self.tasks)
        stoppable = [task for task in self.old if task.killed_at is None and task.protected_since is None]
        for task in stoppable[: max(0, running - self._desired)]:
            task.killed_at = self.now + self._policy.stop_seconds


def main() -> None:
    from benchmarks.autoscaling import document_seconds

    at_once = load_template()["Parameters"]["WorkerConcurrency"]["Default"]
    cells = [HEADER, ("---:", "---", "---:", "---:", "---:", "---:"), *rows(document_seconds(), at_once)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in cells)
    text = PAGE.read_text(encoding="utf-8")
    begin, end = text.index(TABLE_BEGINS) + len(TABLE_BEGINS), text.index(TABLE_ENDS)
    PAGE.write_text(f"{text[:begin]}\n{table}\n{text[end:]}", encoding="utf-8")


if __name__ == "__main__":
    main()
