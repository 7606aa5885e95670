"""Outages: when documents wait in hand, what is tried when, and when all is well again."""

import threading
from collections.abc import Callable

import pytest

from foundation.errors import CancelledWorkError, DeploymentError, FailureCode, PermanentError, TransientError
from work_queue import outage as outage_module
from work_queue.in_memory_sqs import InMemoryQueue, ManualClock
from work_queue.lease import Lease
from work_queue.outage import MAX_HOLD_SECONDS, Outages
from work_queue.queue import Outgoing

#: For what is certain to come, however busy the machine is.
WAIT_SECONDS = 60.0


class Dependency:
    """Something that can be down, and counts how often it is asked."""

    def __init__(self) -> None:
        self.is_down = True
        self.asked = 0

    def probe(self) -> None:
        self.asked += 1
        if self.is_down:
            raise down("qdrant", "still down")


def down(dependency: str, reason: str = "down", seconds: float | None = None) -> TransientError:
    return TransientError(FailureCode.STORE_FAILED, reason, dependency=dependency, retry_after_seconds=seconds)


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage_module, "CHECK_SECONDS", 0.01)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def qdrant() -> Dependency:
    return Dependency()


@pytest.fixture
def outages(clock: ManualClock, qdrant: Dependency) -> Outages:
    return Outages({"qdrant": qdrant.probe}, clock, clock)


@pytest.fixture
def lease(clock: ManualClock) -> Lease:
    """Lasts for as long as a test advances the clock."""
    queue = InMemoryQueue(clock=clock)
    queue.send(Outgoing("body"))
    (message,) = queue.receive(max_messages=1, wait_seconds=0, visibility_timeout_seconds=43_200)
    return Lease(queue, message, asked_at=clock(), visibility_timeout_seconds=43_200, clock=clock)


def fail(outages: Outages, lease: Lease, error: Exception) -> None:
    """A document's work, when its turn comes."""
    with pytest.raises(type(error)), outages.turn(lease):
        raise error


def fail_both(outages: Outages, lease: Lease, first: Exception, second: Exception) -> None:
    """Two documents that are at work together."""

    def work() -> None:
        fail(outages, lease, first)
        raise second

    assert Waiting(outages, lease, work).end() is second


def succeed(outages: Outages, lease: Lease) -> None:
    with outages.turn(lease):
        pass


class Waiting:
    """A document that waits for its turn in a thread of its own; `work` is what it does then."""

    def __init__(self, outages: Outages, lease: Lease, work: Callable[[], None] = lambda: None) -> None:
        self.has_begun = threading.Event()
        self.error: Exception | None = None
        self._outages, self._lease, self._work = outages, lease, work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self._outages.turn(self._lease):
                self.has_begun.set()
                self._work()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            self.error = error

    def end(self) -> Exception | None:
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()
        return self.error


def test_nothing_is_held_back_while_nothing_is_down(outages: Outages, lease: Lease) -> None:
    succeed(outages, lease)
    fail(outages, lease, PermanentError(FailureCode.CORRUPT, "broken"))
    assert (outages.allowance(7, 0), outages.pause_seconds, outages.down) == (7, 0, ())


def test_a_failure_pauses_without_asking_the_dependency(outages: Outages, lease: Lease, qdrant: Dependency) -> None:
    fail(outages, lease, down("qdrant"))
    assert (outages.pause_seconds, qdrant.asked) == (5, 0)


def test_during_an_outage_one_message_is_kept_in_hand_and_no_more(outages: Outages, lease: Lease) -> None:
    """With none in flight the queue would look as if nobody worked, and scaling would start tasks."""
    fail(outages, lease, down("qdrant"))
    assert [outages.allowance(7, in_hand) for in_hand in (0, 1, 2)] == [1, 0, 0]


def test_what_is_at_work_is_not_in_hand(outages: Outages, lease: Lease) -> None:
    """A long document that began before goes on, and may not meet the outage for hours: somebody has to try."""
    with outages.turn(lease):
        fail(outages, lease, down("qdrant"))
        assert [outages.allowance(7, in_hand) for in_hand in (1, 2)] == [1, 0]


def test_documents_that_fail_together_are_one_outage(outages: Outages, lease: Lease) -> None:
    fail_both(outages, lease, down("qdrant"), down("qdrant"))
    assert outages.pause_seconds == 5


def test_pauses_double_while_the_probe_fails_up_to_five_minutes(
    outages: Outages, lease: Lease, clock: ManualClock, qdrant: Dependency
) -> None:
    fail(outages, lease, down("qdrant"))
    waiting = Waiting(outages, lease)
    pauses = []
    for asked in range(1, 9):
        pauses.append(outages.pause_seconds)
        clock.advance(outages.pause_seconds)
        until(lambda asked=asked: qdrant.asked == asked and outages.pause_seconds > 0)  # type: ignore[misc]
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300]
    assert not waiting.has_begun.is_set()
    outages.stop()
    assert isinstance(waiting.end(), CancelledWorkError)


def test_when_the_probe_answers_one_document_is_tried_and_its_success_ends_the_outage(
    outages: Outages, lease: Lease, clock: ManualClock, qdrant: Dependency
) -> None:
    go_on = threading.Event()

    def work() -> None:
        assert go_on.wait(WAIT_SECONDS)

    fail(outages, lease, down("qdrant"))
    both = [Waiting(outages, lease, work) for _ in range(2)]
    qdrant.is_down = False
    clock.advance(5)
    until(lambda: any(one.has_begun.is_set() for one in both))
    assert sum(one.has_begun.is_set() for one in both) == 1
    assert outages.is_any
    go_on.set()
    assert [one.end() for one in both] == [None, None]
    assert (outages.allowance(7, 0), qdrant.asked) == (7, 1)


def test_when_the_tried_document_fails_the_pause_is_longer(
    outages: Outages, lease: Lease, clock: ManualClock, qdrant: Dependency
) -> None:
    fail(outages, lease, down("qdrant"))
    qdrant.is_down = False
    clock.advance(5)
    fail(outages, lease, down("qdrant", "refuses all the same"))
    assert outages.pause_seconds == 10
    assert [one.reason for one in outages.down] == ["refuses all the same"]


def test_a_trial_that_says_nothing_leaves_the_next_one_its_turn(
    outages: Outages, lease: Lease, clock: ManualClock, qdrant: Dependency
) -> None:
    fail(outages, lease, down("qdrant"))
    qdrant.is_down = False
    clock.advance(5)
    fail(outages, lease, PermanentError(FailureCode.CORRUPT, "broken"))
    assert outages.is_any
    succeed(outages, lease)
    assert (outages.is_any, qdrant.asked) == (False, 1)


def test_a_success_during_the_pause_changes_nothing(outages: Outages, lease: Lease) -> None:
    """It may be of a document that didn't need the dependency."""
    with outages.turn(lease):
        fail(outages, lease, down("qdrant"))
    assert outages.pause_seconds == 5


def test_the_dependency_itself_may_ask_for_a_longer_pause(outages: Outages, lease: Lease) -> None:
    fail_both(outages, lease, down("llm", seconds=60), down("llm", seconds=90))
    assert outages.pause_seconds == 90


def test_a_wish_for_an_hour_is_not_granted(
    outages: Outages, lease: Lease, clock: ManualClock, qdrant: Dependency
) -> None:
    """A worker that asks for a day, or is back before its time, is asked again after five minutes at the latest."""
    fail_both(outages, lease, down("qdrant", seconds=3_600), down("qdrant", seconds=86_400))
    assert outages.pause_seconds == 300
    qdrant.is_down = False
    clock.advance(300)
    succeed(outages, lease)
    assert not outages.is_any


def test_without_a_probe_a_document_is_the_probe(outages: Outages, lease: Lease, clock: ManualClock) -> None:
    fail(outages, lease, down("aws"))
    clock.advance(5)
    succeed(outages, lease)
    assert not outages.is_any


def test_a_probe_that_breaks_is_no_answer(lease: Lease, clock: ManualClock) -> None:
    def broken() -> None:
        raise LookupError("a bug")

    outages = Outages({"qdrant": broken}, clock, clock)
    fail(outages, lease, down("qdrant"))
    waiting = Waiting(outages, lease)
    clock.advance(5)
    until(lambda: outages.pause_seconds == 10)
    assert [one.reason for one in outages.down] == ["asking whether qdrant works: LookupError: a bug"]
    outages.stop()
    waiting.end()


def test_what_is_down_is_told_with_its_reason_and_since_when(
    outages: Outages, lease: Lease, clock: ManualClock
) -> None:
    began_at = clock()
    refused = DeploymentError(FailureCode.LLM_FAILED, "the key is refused", dependency="llm")
    fail(outages, lease, refused)
    clock.advance(5)
    fail(outages, lease, refused)
    (told,) = outages.down
    assert (told.dependency, told.code, told.reason, told.since, told.needs_person) == (
        "llm", "llm_failed", "the key is refused", began_at, True,
    )  # fmt: skip


def test_a_document_is_given_back_before_its_time_in_hand_leaves_too_little_for_its_work(
    outages: Outages, lease: Lease, clock: ManualClock
) -> None:
    fail(outages, lease, DeploymentError(FailureCode.LLM_FAILED, "no quota", dependency="qdrant"))
    waiting = Waiting(outages, lease)
    clock.advance(MAX_HOLD_SECONDS)
    error = waiting.end()
    assert isinstance(error, DeploymentError)
    assert (str(error), error.dependency) == ("kept for 4 hours: no quota", None)


def test_a_lost_message_waits_no_longer(outages: Outages, lease: Lease, clock: ManualClock) -> None:
    fail(outages, lease, down("qdrant", seconds=3_600))
    waiting = Waiting(outages, lease)
    lease.cancel("somebody cancelled it")
    assert isinstance(waiting.end(), CancelledWorkError)


def until(condition: Callable[[], bool]) -> None:
    """What another thread does soon."""
    waiting = threading.Event()
    for _ in range(6_000):
        if condition():
            return
        waiting.wait(0.01)
    raise AssertionError("it never happened")
