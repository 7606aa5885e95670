"""What a worker makes of an operator's pause."""

from collections.abc import Callable
from dataclasses import dataclass, field

from foundation.errors import FailureCode, TransientError
from work_queue.operator_pause import LOOK_SECONDS, PauseWatch


@dataclass
class Record:
    """The record as it is read, with a clock."""

    said: str | None = None
    is_away: bool = False
    now: float = 0.0
    reads: list[float] = field(default_factory=list)

    def read(self) -> str | None:
        self.reads.append(self.now)
        if self.is_away:
            raise TransientError(FailureCode.INTERNAL, "no answer", dependency="aws")
        return self.said

    @property
    def clock(self) -> Callable[[], float]:
        return lambda: self.now


def test_the_record_is_read_at_most_every_few_seconds() -> None:
    record = Record("by Ann")
    watch = PauseWatch(record.read, record.clock)
    for second in range(int(LOOK_SECONDS * 3)):
        record.now = float(second)
        assert watch.is_on()
    assert record.reads == [0.0, LOOK_SECONDS, 2 * LOOK_SECONDS]


def test_a_pause_is_noticed_and_so_is_its_end() -> None:
    record = Record()
    watch = PauseWatch(record.read, record.clock)
    seen = []
    for said in (None, "by Ann", None):
        record.said = said
        seen.append(watch.is_on())
        record.now += LOOK_SECONDS
    assert seen == [False, True, False]


def test_a_table_that_does_not_answer_changes_nothing() -> None:
    for said in (None, "by Ann"):
        record = Record(said)
        watch = PauseWatch(record.read, record.clock)
        before = watch.is_on()
        record.is_away, record.now = True, LOOK_SECONDS
        assert watch.is_on() is before is (said is not None)
