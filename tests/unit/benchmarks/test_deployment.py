"""A simulated deployment ends in time and kills nobody, and the simulation tells who does otherwise."""

import math

import pytest

from benchmarks.autoscaling import document_seconds
from benchmarks.deployment import INTERVALS, NEVER, OURS, UNPROTECTED, deploy, throughput

DOCUMENTS = document_seconds()


@pytest.mark.parametrize("tasks", [1, 10])
@pytest.mark.parametrize("seed", range(5))
def test_ours_is_over_ten_minutes_after_the_longest_document_and_kills_nobody(tasks: int, seed: int) -> None:
    outcome = deploy(OURS, tasks, DOCUMENTS, 2, seed)
    assert outcome.seconds <= outcome.longest + 600
    assert outcome.killed_busy_tasks == 0


def test_who_never_makes_room_is_never_replaced() -> None:
    assert math.isinf(deploy(NEVER, 1, DOCUMENTS, 2, seed=1).seconds)


def test_without_protection_busy_tasks_are_killed() -> None:
    assert deploy(UNPROTECTED, 10, DOCUMENTS, 2, seed=1).killed_busy_tasks > 0


def test_making_room_when_asked_costs_less_than_at_short_intervals() -> None:
    never, ours, intervals = (throughput(policy, 4, DOCUMENTS, 2, seed=1) for policy in (NEVER, OURS, INTERVALS))
    assert never * 0.95 < ours < never
    assert intervals < never * 0.85
