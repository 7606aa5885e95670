"""Tasks that wait for protection: the earliest start counts, and who has gone is forgotten."""

from composition.parts import Parts
from ledger.waiting_tasks import WaitingTasks


def test_the_earliest_of_those_that_wait_counts_and_is_forgotten_when_nobody_waits(parts: Parts) -> None:
    room = WaitingTasks(parts.table, forget_after_seconds=120)
    assert room.earliest_start(1_000) is None
    room.enter(900.5, 1_000)
    room.enter(950, 1_010)
    assert room.earliest_start(1_010) == 900.5
    room.enter(890, 1_020)
    room.enter(950, 1_100)
    assert room.earliest_start(1_200) == 890, "as long as one of them waits"
    assert room.earliest_start(1_221) is None
    room.enter(1_190, 1_250)
    assert room.earliest_start(1_250) == 1_190, "a later deployment begins anew"
