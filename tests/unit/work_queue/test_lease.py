"""The lease: how it lives, how it is lost, and that it stays lost. Time is a ManualClock, nobody waits."""

import threading
from collections.abc import Callable

import pytest

from foundation.errors import CancelledByPersonError, CancelledWorkError, FailureCode
from work_queue.heartbeat import Heartbeat
from work_queue.in_memory_sqs import InMemoryQueue, ManualClock
from work_queue.lease import Lease
from work_queue.queue import Outgoing

VISIBILITY = 120


class Bench:
    """A queue with one received message, its lease, and the clock of both."""

    def __init__(self, *, poll_seconds: float = 0.0, visibility_seconds: int = VISIBILITY) -> None:
        self.clock = ManualClock()
        self.queue = InMemoryQueue(clock=self.clock)
        self.message_id = self.queue.send(Outgoing("{}"))
        asked_at = self.clock()
        self.clock.advance(poll_seconds)
        (message,) = self.queue.receive(max_messages=1, wait_seconds=0, visibility_timeout_seconds=visibility_seconds)
        self.seen: list[str] = []
        self.lease = Lease(
            self.queue, message, asked_at=asked_at, visibility_timeout_seconds=visibility_seconds, clock=self.clock,
            checkpoint=self.seen.append,
        )  # fmt: skip

    def is_free(self) -> bool:
        return bool(self.queue.receive(max_messages=1, wait_seconds=0, visibility_timeout_seconds=VISIBILITY))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def reason_of(call: Callable[[], object]) -> CancelledWorkError:
    with pytest.raises(CancelledWorkError) as caught:
        call()
    return caught.value


def test_beats_keep_the_message_for_as_long_as_it_takes(bench: Bench) -> None:
    for _ in range(100):
        bench.clock.advance(bench.lease.seconds_to_next_beat)
        assert bench.lease.beat()
        bench.lease.check("work")
        assert not bench.is_free()
    assert bench.lease.remaining_seconds == VISIBILITY


def test_a_beat_is_due_after_every_third_of_the_time_out(bench: Bench) -> None:
    assert bench.lease.seconds_to_next_beat == 40
    bench.clock.advance(50)
    assert bench.lease.seconds_to_next_beat == 0
    bench.lease.beat()
    assert bench.lease.seconds_to_next_beat == 40


def test_two_beats_may_fail_and_the_third_saves_the_lease(bench: Bench) -> None:
    bench.queue.fail_calls(down=True)
    for _ in range(2):
        bench.clock.advance(40)
        assert not bench.lease.beat()
        bench.lease.check("work")
    bench.queue.fail_calls(down=False)
    bench.clock.advance(39)
    assert bench.lease.beat()
    assert bench.lease.remaining_seconds == VISIBILITY


def test_the_lease_is_lost_by_our_own_clock_when_no_beat_succeeds(bench: Bench) -> None:
    bench.queue.fail_calls(down=True)
    bench.clock.advance(VISIBILITY - 0.5)
    bench.lease.check("work")
    bench.clock.advance(0.5)
    assert reason_of(lambda: bench.lease.check("work")).code is FailureCode.LEASE_LOST
    assert bench.lease.is_lost


def test_a_lost_lease_stays_lost_even_if_sqs_would_have_it_back(bench: Bench) -> None:
    bench.clock.advance(VISIBILITY)
    assert bench.lease.is_lost
    bench.queue.change_visibility = lambda *_: None  # type: ignore[method-assign]
    bench.lease.beat()
    assert bench.lease.is_lost
    assert reason_of(lambda: bench.lease.check("work")).code is FailureCode.LEASE_LOST


def test_a_refused_beat_cancels_the_work_at_once(bench: Bench) -> None:
    bench.queue.redeliver(bench.message_id)
    assert bench.is_free()
    bench.lease.beat()
    assert reason_of(lambda: bench.lease.check("work")).code is FailureCode.LEASE_LOST


def test_a_message_that_somebody_purged_ends_its_work(bench: Bench) -> None:
    bench.queue.purge()
    bench.lease.beat()
    assert reason_of(lambda: bench.lease.check("work")).code is FailureCode.LEASE_LOST
    assert reason_of(bench.lease.delete).code is FailureCode.LEASE_LOST


def test_an_answer_that_comes_after_the_lease_ran_out_does_not_bring_it_back(bench: Bench) -> None:
    change_visibility = bench.queue.change_visibility

    def slow(receipt_handle: str, seconds: int) -> None:
        change_visibility(receipt_handle, seconds)
        bench.clock.advance(81)

    bench.queue.change_visibility = slow  # type: ignore[method-assign]
    bench.clock.advance(40)
    bench.lease.beat()
    assert bench.lease.is_lost


def test_work_that_outlived_its_lease_does_not_delete_the_message(bench: Bench) -> None:
    bench.clock.advance(VISIBILITY)
    assert reason_of(bench.lease.delete).code is FailureCode.LEASE_LOST
    assert bench.is_free()


def test_a_lost_message_is_not_given_back_under_another_workers_feet(bench: Bench) -> None:
    bench.clock.advance(VISIBILITY)
    assert bench.is_free()  # the other worker has it now
    bench.lease.give_back(0)
    assert not bench.is_free()


def test_a_message_from_a_long_poll_is_confirmed_before_work_starts() -> None:
    bench = Bench(poll_seconds=VISIBILITY + 5)
    bench.lease.confirm()
    assert bench.lease.remaining_seconds == VISIBILITY
    assert bench.queue.calls["change_visibility"] == 1


def test_a_fresh_message_needs_no_confirmation(bench: Bench) -> None:
    bench.lease.confirm()
    assert "change_visibility" not in bench.queue.calls


def test_a_message_that_is_gone_before_it_is_confirmed_is_never_worked_on() -> None:
    bench = Bench(poll_seconds=VISIBILITY + 5)
    bench.clock.advance(VISIBILITY)
    assert reason_of(bench.lease.confirm).code is FailureCode.LEASE_LOST


def test_twelve_hours_end_the_work_in_time_with_a_failure_of_its_own(bench: Bench) -> None:
    while not bench.lease.held_seconds + 60 >= 43_200:
        bench.clock.advance(40)
        bench.lease.beat()
    failure = reason_of(lambda: bench.lease.check("work"))
    assert failure.code is FailureCode.EXTRACTION_TIMEOUT
    assert not bench.lease.is_lost
    bench.lease.delete()
    assert not bench.queue.messages()


def test_no_extension_asks_sqs_for_more_than_twelve_hours(bench: Bench) -> None:
    for _ in range(43_100 // 40):
        bench.clock.advance(40)
        bench.lease.beat()
    assert not bench.lease.is_lost
    assert bench.lease.held_seconds + bench.lease.remaining_seconds < 43_200


@pytest.mark.parametrize("visibility_seconds", [30, 120, 900, 3_600])
def test_the_end_of_twelve_hours_is_noticed_in_time_and_costs_no_more_beats(visibility_seconds: int) -> None:
    bench = Bench(visibility_seconds=visibility_seconds)
    beats_at = []
    while bench.lease.remaining_seconds:
        bench.clock.advance(max(0.05, bench.lease.seconds_to_next_beat))
        bench.lease.beat()
        beats_at.append(bench.lease.held_seconds)
        if beats_at[-1] < 43_140:
            bench.lease.check("work")
    assert 43_140 in beats_at
    assert reason_of(lambda: bench.lease.check("work")).code is FailureCode.LEASE_LOST, "nobody stopped"
    assert len(beats_at) <= 43_200 / (visibility_seconds / 3) + 2


def test_a_stopping_worker_deletes_what_is_done(bench: Bench) -> None:
    bench.lease.cancel("the worker is stopping")
    bench.lease.delete()
    assert not bench.queue.messages()


def test_losing_the_lease_outranks_an_earlier_reason_to_stop(bench: Bench) -> None:
    bench.lease.cancel("the worker is stopping")
    assert reason_of(lambda: bench.lease.check("work")).code is None
    bench.clock.advance(VISIBILITY)
    assert reason_of(lambda: bench.lease.check("work")).code is FailureCode.LEASE_LOST


def test_sleeping_work_wakes_up_when_it_is_cancelled(bench: Bench) -> None:
    threading.Timer(0.01, bench.lease.cancel, ("the worker is stopping",)).start()
    assert str(reason_of(lambda: bench.lease.sleep(60))) == "the worker is stopping"


def test_hooks_are_told_how_long_the_lease_will_be_before_it_is_extended(bench: Bench) -> None:
    calls: list[tuple[float, int]] = []
    bench.lease.on_beat(lambda seconds: calls.append((seconds, bench.queue.calls.get("change_visibility", 0))))
    bench.lease.beat()
    assert calls == [(VISIBILITY, 0)]


def test_a_hook_may_cancel_the_work(bench: Bench) -> None:
    def refuse(seconds: float) -> None:
        raise CancelledByPersonError("called off")

    bench.lease.on_beat(refuse)
    bench.lease.beat()
    with pytest.raises(CancelledByPersonError):
        bench.lease.check("work")
    assert not bench.lease.is_lost


def test_the_hooks_of_a_job_end_with_it(bench: Bench) -> None:
    """Else the claim of a document that is done would cancel the next one of the same message."""
    calls: list[str] = []
    bench.lease.on_beat(lambda seconds: calls.append("of the message"))
    with bench.lease.job():
        bench.lease.on_beat(lambda seconds: calls.append("of the job"))
        bench.lease.beat()
    bench.lease.beat()
    assert calls == ["of the message", "of the job", "of the message"]


def test_a_failing_hook_costs_neither_the_lease_nor_the_other_hooks(bench: Bench) -> None:
    calls: list[float] = []
    bench.lease.on_beat(lambda seconds: 1 / 0)  # type: ignore[arg-type]
    bench.lease.on_beat(calls.append)
    assert bench.lease.beat()
    bench.lease.check("work")
    assert calls == [VISIBILITY]


def test_a_check_tells_its_name_to_the_observer_before_it_decides(bench: Bench) -> None:
    bench.clock.advance(VISIBILITY)
    reason_of(lambda: bench.lease.check("flip-stores"))
    assert bench.seen == ["flip-stores"]


def test_a_heartbeat_beats_until_its_block_is_left_and_not_after(bench: Bench) -> None:
    beaten = threading.Event()
    bench.lease.on_beat(lambda seconds: beaten.set())
    bench.clock.advance(40)  # a beat is due
    with Heartbeat(bench.lease):
        assert beaten.wait(10)
    assert f"beat {bench.message_id}" not in {thread.name for thread in threading.enumerate()}


def test_a_retry_delay_set_after_the_heartbeat_ended_stands(bench: Bench) -> None:
    with Heartbeat(bench.lease):
        pass
    bench.lease.give_back(5)
    bench.clock.advance(4.9)
    assert not bench.is_free()
    bench.clock.advance(0.1)
    assert bench.is_free()


def test_a_beat_whose_hooks_were_slower_than_the_work_leaves_the_retry_delay_alone(bench: Bench) -> None:
    """The heartbeat is joined for a while only: a ledger that hangs must not keep a message from being given back."""
    bench.lease.on_beat(lambda seconds: bench.lease.give_back(300))
    assert bench.lease.beat()
    bench.clock.advance(299)
    assert not bench.is_free()
    bench.clock.advance(1)
    assert bench.is_free()
