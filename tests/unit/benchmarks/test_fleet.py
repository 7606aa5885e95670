"""The simulated fleet loses nothing, and tells killing from sparing."""

from dataclasses import dataclass, field, replace

import pytest

from benchmarks.fleet import World, simulate
from benchmarks.queue_metrics import SILENT_AFTER_SECONDS, Seen
from benchmarks.scalers import ours


@dataclass
class Plan:
    """So many tasks from such a second on; what it was shown is kept."""

    steps: dict[float, int]
    name: str = "plan"
    min_tasks: int = 0
    polls_queue: bool = False
    touches_queue: bool = True
    protects: bool = False
    stop_seconds: float = 30
    shown: list[Seen] = field(default_factory=list)

    def desired(self, now: float, seen: Seen, desired: int) -> int:
        self.shown.append(seen)
        return [count for since, count in sorted(self.steps.items()) if now >= since][-1]


ONE_LONG = World(document_seconds=[1_000], arrivals=[0], documents_at_once=1, start_sigma=0)
STOP_IN_THE_MIDDLE = {0.0: 1, 300.0: 0, 600.0: 1}


def test_a_document_takes_a_start_and_its_time() -> None:
    outcome = simulate(ONE_LONG, Plan({0: 1, 1_100: 0}))
    assert (outcome.first_start, outcome.drained, outcome.killed_busy_tasks) == (60, 1_060, 0)


def test_a_busy_task_that_is_stopped_loses_its_document_which_comes_back() -> None:
    outcome = simulate(ONE_LONG, Plan(STOP_IN_THE_MIDDLE))
    assert outcome.killed_busy_tasks == 1
    assert outcome.wasted_seconds == 300 + 30 - 60
    assert outcome.drained == 660 + 1_000


def test_a_document_that_is_killed_again_and_again_is_given_up_on() -> None:
    class Restless(Plan):
        def desired(self, now: float, seen: Seen, desired: int) -> int:
            return int(now // 600) % 2

    outcome = simulate(ONE_LONG, Restless({}))
    assert (outcome.unfinished, outcome.drained) == (1, float("inf"))
    assert outcome.killed_busy_tasks > 5


def test_a_protected_task_finishes() -> None:
    outcome = simulate(ONE_LONG, Plan(STOP_IN_THE_MIDDLE, protects=True))
    assert (outcome.killed_busy_tasks, outcome.wasted_seconds, outcome.drained) == (0, 0, 1_060)


def test_what_is_done_within_the_grace_is_not_lost() -> None:
    outcome = simulate(ONE_LONG, Plan({0: 1, 1_020: 0}, stop_seconds=120))
    assert (outcome.killed_busy_tasks, outcome.drained) == (0, 1_060)


def test_spot_tasks_are_interrupted_and_the_rest_is_not() -> None:
    long = replace(ONE_LONG, document_seconds=[3_600], arrivals=[0.0] * 20, spot_interruptions_per_hour=1)
    assert simulate(replace(long, spot_share=1.0), Plan({0: 5})).killed_busy_tasks > 0
    assert simulate(long, Plan({0: 5})).killed_busy_tasks == 0


@pytest.mark.parametrize(("touches", "first_start"), [(True, 0), (False, 600)])
def test_metrics_of_a_queue_that_slept_are_silent_unless_it_is_touched(touches: bool, first_start: int) -> None:
    plan = Plan({0: 0, 1_200: 1}, touches_queue=touches)
    simulate(replace(ONE_LONG, silent_seconds=600), plan)
    heard = [60 * minute for minute, seen in enumerate(plan.shown) if seen.visible is not None]
    assert first_start < heard[0] <= first_start + 120


def test_a_queue_falls_silent_after_six_hours_without_use() -> None:
    world = replace(ONE_LONG, document_seconds=[1], arrivals=[0, SILENT_AFTER_SECONDS + 7_200])
    plan = Plan({0: 1, 600: 0, SILENT_AFTER_SECONDS + 9_000: 1, SILENT_AFTER_SECONDS + 9_600: 0}, touches_queue=False)
    simulate(world, plan)
    assert plan.shown[int(SILENT_AFTER_SECONDS / 60) + 30].visible is None


@pytest.mark.parametrize("hours", [0, 3])
def test_every_document_is_done_and_nobody_who_works_is_killed_by_our_policies(hours: float) -> None:
    documents = 2_000
    arrivals = [number * hours * 3_600 / documents for number in range(documents)]
    world = World(document_seconds=[5, 20, 700], arrivals=arrivals, documents_at_once=2, silent_seconds=450)
    outcome = simulate(world, ours())
    assert outcome.killed_busy_tasks == 0
    assert outcome.drained >= arrivals[-1]
    working = documents / 3 * (5 + 20 + 700) / 2
    assert outcome.task_seconds >= working * 0.95
    assert outcome.history[-1][0] - outcome.drained < 900, "when everything is done, everybody goes"
