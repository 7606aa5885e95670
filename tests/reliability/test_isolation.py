"""A document that wants to be alone: the others are finished first, and nothing is received meanwhile."""

import threading
from pathlib import Path

from foundation.errors import CancelledWorkError
from tests.support.consumer_bench import WAIT_SECONDS, Bench, running
from work_queue.lease import Lease
from work_queue.messages import Job


class Half:
    """Documents that are named `suspect…` ask to be alone; `beside` is who else was at work then, at any time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.at_work: set[str] = set()
        self.beside: dict[str, set[str]] = {}
        self.slow_began = threading.Event()
        self.asked = threading.Event()
        #: Suspects ask to be alone when this many have begun.
        self.together: threading.Barrier | None = None
        self.release = threading.Event()
        self.cancelled: list[str] = []

    def work(self, job: Job, lease: Lease) -> None:
        name = job.s3_key.rsplit("/", 1)[1]
        if name.startswith("slow"):
            self.enter(name)
            self.slow_began.set()
            assert self.release.wait(WAIT_SECONDS)
            self.leave(name)
            return
        if name.startswith("suspect"):
            if self.together:
                self.together.wait(WAIT_SECONDS)
            self.asked.set()
            try:
                lease.isolate()
            except CancelledWorkError:
                self.cancelled.append(name)
                raise
        self.enter(name)
        self.leave(name)

    def enter(self, name: str) -> None:
        with self.lock:
            self.at_work.add(name)
            for one in self.at_work:
                self.beside.setdefault(one, set()).update(self.at_work - {one})

    def leave(self, name: str) -> None:
        with self.lock:
            self.at_work.discard(name)


def test_a_suspect_waits_for_the_others_and_nothing_is_received_beside_it(tmp_path: Path) -> None:
    half = Half()
    bench = Bench(tmp_path, half.work, concurrency=3)
    bench.send("slow")
    with running(bench):
        assert half.slow_began.wait(WAIT_SECONDS)
        bench.send("suspect")
        assert half.asked.wait(WAIT_SECONDS)
        assert not bench.documents.started.count("source-pdfs/later.pdf")
        bench.send("later")
        half.release.set()
        assert bench.queue.wait_until(lambda queue: not queue.messages())
    assert half.beside["suspect.pdf"] == set()
    assert bench.documents.started[-1] == "source-pdfs/later.pdf"


def test_two_suspects_in_one_worker_come_one_after_the_other(tmp_path: Path) -> None:
    half = Half()
    half.together = threading.Barrier(3)
    bench = Bench(tmp_path, half.work, concurrency=4)
    bench.send("slow")
    with running(bench):
        assert half.slow_began.wait(WAIT_SECONDS)
        bench.send("suspect-1", "suspect-2", "suspect-3")
        assert half.asked.wait(WAIT_SECONDS)
        half.release.set()
        assert bench.queue.wait_until(lambda queue: not queue.messages())
    assert [half.beside[f"suspect-{number}.pdf"] for number in (1, 2, 3)] == [set(), set(), set()]


def test_a_suspect_that_waits_is_given_back_when_the_worker_stops(tmp_path: Path) -> None:
    half = Half()
    bench = Bench(tmp_path, half.work, concurrency=2)
    bench.send("slow")
    with running(bench):
        assert half.slow_began.wait(WAIT_SECONDS)
        bench.send("suspect")
        assert half.asked.wait(WAIT_SECONDS)
        bench.consumer.stop("SIGTERM")
        assert bench.queue.wait_until(lambda queue: queue.backlog().visible == 1)
        half.release.set()
        bench.join()
    assert half.cancelled == ["suspect.pdf"]
