"""Outages: when nothing is received, when one message is tried, and when all is well again."""

import pytest

from foundation.errors import FailureCode, TransientError
from work_queue.in_memory_sqs import ManualClock
from work_queue.outage import Outages


class Dependency:
    """Something that can be down, and counts how often it is asked."""

    def __init__(self) -> None:
        self.is_down = True
        self.asked = 0

    def probe(self) -> None:
        self.asked += 1
        if self.is_down:
            raise TransientError(FailureCode.STORE_FAILED, "down", dependency="qdrant")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def qdrant() -> Dependency:
    return Dependency()


@pytest.fixture
def outages(clock: ManualClock, qdrant: Dependency) -> Outages:
    return Outages({"qdrant": qdrant.probe}, clock)


def test_nothing_is_held_back_while_nothing_is_down(outages: Outages) -> None:
    assert (outages.allowance(7), outages.pause_seconds) == (7, 0)


def test_a_failure_pauses_polling_without_asking_the_dependency(outages: Outages, qdrant: Dependency) -> None:
    outages.report("qdrant")
    assert (outages.allowance(7), outages.pause_seconds, qdrant.asked) == (0, 5, 0)


def test_documents_that_fail_together_are_one_outage(outages: Outages) -> None:
    for _ in range(10):
        outages.report("qdrant")
    assert outages.pause_seconds == 5


def test_pauses_double_while_the_probe_fails_up_to_five_minutes(
    outages: Outages, clock: ManualClock, qdrant: Dependency
) -> None:
    outages.report("qdrant")
    pauses = []
    for _ in range(8):
        pauses.append(outages.pause_seconds)
        clock.advance(outages.pause_seconds)
        assert outages.allowance(7) == 0
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]
    assert qdrant.asked == 8


def test_after_a_good_probe_one_message_is_tried_and_its_success_ends_the_outage(
    outages: Outages, clock: ManualClock, qdrant: Dependency
) -> None:
    outages.report("qdrant")
    qdrant.is_down = False
    clock.advance(5)
    assert [outages.allowance(7), outages.allowance(7)] == [1, 1]
    outages.recovered()
    assert outages.allowance(7) == 7


def test_when_the_tried_message_fails_the_pause_is_longer(
    outages: Outages, clock: ManualClock, qdrant: Dependency
) -> None:
    outages.report("qdrant")
    qdrant.is_down = False
    clock.advance(5)
    assert outages.allowance(7) == 1
    outages.report("qdrant")
    assert (outages.allowance(7), outages.pause_seconds) == (0, 10)


def test_a_success_during_the_pause_changes_nothing(outages: Outages) -> None:
    """It may be of a document that didn't need the dependency."""
    outages.report("qdrant")
    outages.recovered()
    assert outages.allowance(7) == 0


def test_the_dependency_itself_may_ask_for_a_longer_pause(outages: Outages, clock: ManualClock) -> None:
    outages.report("openai", 60)
    assert outages.pause_seconds == 60
    outages.report("openai", 90)
    assert outages.pause_seconds == 90


def test_without_a_probe_a_message_is_the_probe(outages: Outages, clock: ManualClock) -> None:
    outages.report("aws")
    clock.advance(5)
    assert outages.allowance(7) == 1


def test_one_that_is_still_down_holds_back_what_another_would_allow(
    outages: Outages, clock: ManualClock, qdrant: Dependency
) -> None:
    outages.report("aws")
    outages.report("qdrant")
    clock.advance(5)
    assert outages.allowance(7) == 0
