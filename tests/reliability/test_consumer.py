"""The consumer: slots, outcomes, outages, the end of an empty queue."""

import itertools
import json
import threading
from pathlib import Path

import pytest

from foundation.errors import BusyError, FailureCode, PermanentError, TransientError
from tests.support.consumer_bench import WAIT_SECONDS, Bench, deaf_until, running, until_cancelled
from work_queue import consumer as consumer_module
from work_queue import outage
from work_queue.lease import Lease
from work_queue.messages import Job
from work_queue.operator_pause import LOOK_SECONDS, PauseWatch
from work_queue.queue import Outgoing


def test_until_empty_ends_when_every_message_is_done(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.send(*(str(number) for number in range(25)))
    bench.run_until_empty()
    assert sorted(bench.documents.started) == sorted(f"source-pdfs/{number}.pdf" for number in range(25))
    assert (bench.queue.messages(), bench.dead_letters.messages()) == ([], [])


def test_until_empty_waits_for_messages_that_are_in_flight_elsewhere(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.send("a")
    (held,) = bench.queue.receive(max_messages=1, wait_seconds=0, visibility_timeout_seconds=120)
    bench.until_empty = True
    with running(bench):
        assert bench.queue.wait_until(lambda queue: queue.calls.get("backlog", 0) >= 3, WAIT_SECONDS)
        bench.queue.change_visibility(held.receipt_handle, 0)
        bench.documents.wait_for(1)
        bench.join()
    assert bench.queue.messages() == []


def test_no_more_is_received_than_can_be_started(tmp_path: Path) -> None:
    bench = Bench(tmp_path, until_cancelled, concurrency=3)
    bench.send(*"abcdefgh")
    with running(bench):
        bench.documents.wait_for(3)
        assert bench.queue.backlog().in_flight == 3
        assert bench.visible_now() == 5


def test_a_slow_document_does_not_hold_up_small_ones(tmp_path: Path) -> None:
    release = threading.Event()

    def work(job: Job, lease: Lease) -> None:
        if job.s3_key.endswith("slow.pdf"):
            assert release.wait(WAIT_SECONDS)

    bench = Bench(tmp_path, work)
    bench.send("slow", *"abcdef")
    with running(bench):
        bench.documents.wait_for(7)
        assert bench.queue.wait_until(lambda queue: len(queue.messages()) == 1)
        release.set()
        assert bench.queue.wait_until(lambda queue: not queue.messages())


def test_a_permanent_failure_is_quarantined_with_its_reason(tmp_path: Path) -> None:
    def work(job: Job, lease: Lease) -> None:
        raise PermanentError(FailureCode.ENCRYPTED, "needs a password")

    bench = Bench(tmp_path, work)
    bench.send("a")
    bench.run_until_empty()
    (stored,) = bench.dead_letters.messages()
    assert json.loads(stored.outgoing.body)["s3_key"] == "source-pdfs/a.pdf"
    assert (stored.outgoing.attributes["error_code"], stored.outgoing.attributes["reason"]) == (
        "encrypted", "needs a password",
    )  # fmt: skip
    assert bench.documents.given_up == []


def test_a_bug_is_tried_three_times_then_quarantined_and_told_to_the_ledger(tmp_path: Path) -> None:
    def work(job: Job, lease: Lease) -> None:
        raise KeyError("oops")

    bench = Bench(tmp_path, work)
    bench.send("a")
    bench.run_until_empty()
    assert len(bench.documents.started) == 3
    assert bench.documents.given_up == [("source-pdfs/a.pdf", "internal")]
    assert [stored.outgoing.attributes["error_code"] for stored in bench.dead_letters.messages()] == ["internal"]


@pytest.mark.parametrize("body", ["not JSON", '{"Records": []}', '{"s3_key": "elsewhere/a.pdf"}'])
def test_what_cannot_be_understood_is_quarantined_unchanged(tmp_path: Path, body: str) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.send(Outgoing(body))
    bench.run_until_empty()
    (stored,) = bench.dead_letters.messages()
    assert (stored.outgoing.body, stored.outgoing.attributes["error_code"]) == (body, "malformed_message")


def test_what_is_none_of_our_business_is_deleted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.send(Outgoing('{"Service": "Amazon S3", "Event": "s3:TestEvent"}'))
    bench.run_until_empty()
    assert (bench.queue.messages(), bench.dead_letters.messages(), bench.documents.started) == ([], [], [])


def test_a_message_stays_until_all_of_its_jobs_are_done(tmp_path: Path) -> None:
    failures = iter([TransientError(FailureCode.STORE_FAILED, "down")])

    def work(job: Job, lease: Lease) -> None:
        failure = next(failures, None) if job.s3_key.endswith("b.pdf") else None
        if failure:
            raise failure

    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "source-pdfs/a.pdf"}}}
    other = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "source-pdfs/b.pdf"}}}
    bench = Bench(tmp_path, work)
    bench.queue.send(Outgoing(json.dumps({"Records": [record, other]})))
    bench.run_until_empty()
    assert bench.documents.started == [f"source-pdfs/{name}.pdf" for name in "abab"]


def test_a_message_is_not_deleted_when_the_dead_letter_queue_does_not_take_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    failures = iter([TransientError(FailureCode.INTERNAL, "down", dependency="aws")] * 2)
    send = bench.dead_letters.send

    def failing_send(message: Outgoing) -> str:
        if failure := next(failures, None):
            raise failure
        return send(message)

    bench.dead_letters.send = failing_send  # type: ignore[method-assign, assignment]
    bench.queue.send(Outgoing("not JSON"))
    bench.run_until_empty()
    (stored,) = bench.dead_letters.messages()
    assert (stored.outgoing.attributes["error_code"], stored.outgoing.attributes["receive_count"]) == (
        "malformed_message", "3",
    )  # fmt: skip


def test_an_outage_pauses_polling_so_that_waiting_messages_keep_their_receives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "STEP_SECONDS", 0.05)

    def work(job: Job, lease: Lease) -> None:
        raise TransientError(FailureCode.STORE_FAILED, "down", dependency="qdrant", retry_after_seconds=3_600)

    bench = Bench(tmp_path, work, concurrency=2)
    bench.send("a")
    with running(bench):
        assert bench.outages.refused.wait(WAIT_SECONDS)
        bench.send("b", "c")
        bench.outages.refused.clear()
        assert bench.outages.refused.wait(WAIT_SECONDS)
        bench.consumer.stop("SIGTERM")
        bench.join()
    assert sorted(stored.receive_count for stored in bench.queue.messages()) == [0, 0, 1]
    assert 200 < bench.outages.pause_seconds <= outage.MAX_PAUSE_SECONDS, "however long the service wants"


def test_a_busy_document_is_retried_when_its_claim_may_have_ended(tmp_path: Path) -> None:
    def work(job: Job, lease: Lease) -> None:
        raise BusyError("another worker holds this document", 77.0)

    bench = Bench(tmp_path, work)
    bench.send("a")
    with running(bench):
        bench.documents.wait_for(1)
        bench.consumer.stop("SIGTERM")
        bench.join()
    assert bench.queue.backlog().in_flight == 1
    assert bench.outages.allowance(1, in_hand=1) == 1


def test_a_queue_that_is_down_for_a_while_is_polled_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.fail_calls(down=True)
    with running(bench):
        assert bench.queue.wait_until(lambda queue: queue.calls.get("receive", 0) >= 1)
        bench.queue.fail_calls(down=False)
        bench.send("a")
        bench.documents.wait_for(1)


def test_a_queue_that_stays_down_ends_until_empty_with_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "MAX_POLL_BACKOFF_SECONDS", 0.01)
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.fail_calls(down=True)
    with pytest.raises(TransientError):
        bench.run_until_empty()


def test_a_bug_in_the_poll_loop_ends_the_worker_instead_of_leaving_it_idle(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lambda job, lease: None)
    bench.queue.receive = lambda **arguments: 1 / 0  # type: ignore[method-assign, assignment]
    with pytest.raises(ZeroDivisionError):
        bench.consumer.run()


def test_while_an_operator_has_paused_nothing_is_received_and_what_is_at_work_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until somebody resumes: then what waited is done."""
    monkeypatch.setattr(consumer_module, "STEP_SECONDS", 0.02)
    said: list[str | None] = [None]
    looks = threading.Semaphore(0)
    release = threading.Event()

    def read() -> str | None:
        looks.release()
        return said[0]

    clock = itertools.count(step=LOOK_SECONDS)  # each look is due
    bench = Bench(tmp_path, deaf_until(release), pause=PauseWatch(read, lambda: float(next(clock))))

    def wait_for_looks(count: int) -> None:
        while looks.acquire(blocking=False):
            pass
        for _ in range(count):
            assert looks.acquire(timeout=WAIT_SECONDS)

    bench.send("at-work")
    with running(bench):
        bench.documents.wait_for(1)
        said[0] = "by Ann"
        wait_for_looks(3)  # a receive that had begun is over, too
        bench.send("waits")
        release.set()
        assert bench.queue.wait_until(lambda queue: len(queue.messages()) == 1, WAIT_SECONDS)
        wait_for_looks(3)
        assert bench.documents.started == ["source-pdfs/at-work.pdf"]
        assert bench.visible_now() == 1
        said[0] = None
        bench.documents.wait_for(2)
