"""An outage costs no task above those that ran, and afterwards everything is done."""

import pytest

from benchmarks.fleet import World
from benchmarks.fleet_outage import Outage, OutageOutcome, simulate_outage
from benchmarks.outage_scenarios import as_of_first_version
from benchmarks.scalers import ours

HOUR = 3_600.0


def world(documents: int, hours: float) -> World:
    arrivals = [number * hours * HOUR / documents for number in range(documents)]
    return World(document_seconds=[5, 20, 700], arrivals=arrivals, documents_at_once=2, silent_seconds=450)


def tasks_added(result: OutageOutcome) -> int:
    return result.most_tasks - max(result.tasks_before, result.ordered_before)


@pytest.mark.parametrize(
    ("documents", "hours", "begins_at"),
    [(400, 0, 2 * HOUR / 3), (4_000, 0, HOUR), (4_000, 12, 3 * HOUR), (60, 12, 3 * HOUR)],
    ids=["a burst at work", "a large burst at work", "a trickle that goes on", "one now and then"],
)
def test_eight_hours_cost_no_task_above_those_that_ran(documents: int, hours: float, begins_at: float) -> None:
    result = simulate_outage(world(documents, hours), ours(), Outage(begins_at, 8 * HOUR))
    assert tasks_added(result) <= max(0, 1 - result.tasks_before), "asleep, one task wakes to find out"
    assert (result.outcome.unfinished, result.outcome.killed_busy_tasks) == (0, 0)


@pytest.mark.parametrize("keeps_in_hand", [True, False], ids=["backlog rule", "both rules"])
def test_the_rules_of_the_first_version_would_have_started_as_many_as_are_allowed(keeps_in_hand: bool) -> None:
    result = simulate_outage(world(4_000, 12), as_of_first_version(), Outage(3 * HOUR, 8 * HOUR, keeps_in_hand))
    assert result.most_tasks == 50


def test_without_a_message_in_hand_the_wake_rule_alone_would_do_so() -> None:
    result = simulate_outage(world(4_000, 12), ours(), Outage(3 * HOUR, 8 * HOUR, keeps_in_hand=False))
    assert result.most_tasks == 50
