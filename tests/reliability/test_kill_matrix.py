"""A worker is killed at every named point between receiving a message and deleting it; the next one puts it right.

    worker A   received ─ lease ─ claim ─ read ─ embed ─ write ─ flip ─ artifacts ─ end ─ delete
                   ✕        ✕       ✕       ✕      ✕       ✕      ✕        ✕        ✕      ✕
    worker B                                   … waits until A's time-out ends, then does what is left to do

A point is where the worker's own code asks its lease, or reports how far a delivery is; the observer there sends the
signal. The same points serve for SIGTERM, and for a freeze that outlasts the lease.
"""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from composition.parts import Parts
from config import Settings
from tests.support.workers import END_SECONDS, Stack, Worker, Workers

KEY = "source-pdfs/harbour-handbook.pdf"
PAGES = 6
#: A killed worker's message comes back after this long; a loaded machine must still manage a beat in a third of it.
SHORT_SECONDS = "6"
pytestmark = [pytest.mark.system, pytest.mark.timeout(4 * END_SECONDS)]

#: name of the point, the how manieth time it is reached
POINTS = [
    ("received", 1), ("lease-confirmed", 1), ("lease-started", 1), ("start-job", 1), ("claim", 1), ("upload-images", 1),
    ("read-pages", 1), ("read-pages", 7), ("embed", 1), ("write-points", 1), ("write-points", 2), ("write-points", 3),
    ("write-files", 1), ("keep-points", 1), ("flip-stores", 1), ("write-artifacts", 1), ("write-metadata", 1),
    ("prune-images", 1), ("prune-files", 1), ("end", 1),
    ("delete-message", 1), ("deleted", 1),
]  # fmt: skip
#: The most telling of them run with every `make test-system`; all with `make test-slow`.
QUICK = {("write-points", 2), ("write-artifacts", 1), ("delete-message", 1)}
MATRIX = [
    pytest.param(name, nth, id=f"{name}-{nth}", marks=() if (name, nth) in QUICK else pytest.mark.slow)
    for name, nth in POINTS
]


@pytest.fixture
def stack(settings: Settings) -> Stack:
    stack = Stack(settings)
    stack.forget_test_event()
    return stack


@pytest.fixture
def workers(stack_env: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    workers = Workers({**stack_env, "EXTRACTION_PROCESSES": "1", "WORKER_CONCURRENCY": "1"}, tmp_path)
    yield workers
    workers.end_all()


def upload(settings: Settings, samples: Path) -> None:
    Parts(settings).artifacts.upload_source(samples / "harbour-handbook.pdf", KEY)


def assert_put_right(workers: Workers, stack: Stack) -> Worker:
    """Another worker ends with everything in order."""
    second = workers.start()
    assert second.wait() == 0, second.log_file.read_text()[-3_000:]
    stack.assert_served(KEY, PAGES)
    assert stack.is_drained()
    assert workers.survivors() == []
    return second


def test_the_matrix_has_every_point_of_a_documents_way(
    workers: Workers, stack: Stack, settings: Settings, samples: Path, tmp_path: Path
) -> None:
    upload(settings, samples)
    assert workers.start("--record", str(tmp_path / "points")).wait() == 0
    assert set((tmp_path / "points").read_text().split()) == {name for name, _ in POINTS}


@pytest.mark.parametrize(("point", "nth"), MATRIX)
def test_after_a_sigkill_the_next_worker_puts_it_right(
    point: str, nth: int, workers: Workers, stack: Stack, settings: Settings, samples: Path
) -> None:
    upload(settings, samples)
    first = workers.start("--at", point, "--nth", str(nth), VISIBILITY_TIMEOUT_SECONDS=SHORT_SECONDS)
    assert first.wait() == -signal.SIGKILL, first.log_file.read_text()[-3_000:]
    assert_put_right(workers, stack)


@pytest.mark.parametrize(
    ("point", "nth"),
    [pytest.param("read-pages", 1, marks=pytest.mark.slow), ("flip-stores", 1), ("delete-message", 1)],
)
def test_after_a_sigterm_the_running_document_is_finished_and_the_exit_code_is_0(
    point: str, nth: int, workers: Workers, stack: Stack, settings: Settings, samples: Path
) -> None:
    upload(settings, samples)
    first = workers.start("--at", point, "--nth", str(nth), "--signal", "TERM")
    assert first.wait() == 0, first.log_file.read_text()[-3_000:]
    assert "SIGTERM" in [event.get("reason") for event in first.events() if event["event"] == "stopping"]
    stack.assert_served(KEY, PAGES)
    assert stack.is_drained()
    assert workers.survivors() == []


def test_a_sigterm_without_grace_gives_the_document_back_at_once(
    workers: Workers, stack: Stack, settings: Settings, samples: Path
) -> None:
    upload(settings, samples)
    first = workers.start("--at", "claim", "--signal", "TERM", SHUTDOWN_GRACE_SECONDS="0")
    assert first.wait() == 0, first.log_file.read_text()[-3_000:]
    # Visible without waiting for any time-out, and the ledger's claim is free.
    assert stack.queue.backlog().visible == 1
    assert_put_right(workers, stack)


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        pytest.param("claim", 1, marks=pytest.mark.slow),
        pytest.param("write-points", 1, marks=pytest.mark.slow),
        ("flip-stores", 1),
        pytest.param("write-artifacts", 1, marks=pytest.mark.slow),
        pytest.param("end", 1, marks=pytest.mark.slow),
        pytest.param("delete-message", 1, marks=pytest.mark.slow),
    ],
)
def test_a_frozen_worker_that_wakes_after_its_lease_publishes_nothing(
    point: str, nth: int, workers: Workers, settings: Settings, samples: Path
) -> None:
    stack = Stack(settings)
    stack.forget_test_event()
    upload(settings, samples)
    frozen = workers.start(
        "--at", point, "--nth", str(nth), "--signal", "STOP", VISIBILITY_TIMEOUT_SECONDS=SHORT_SECONDS
    )  # fmt: skip
    await_stopped(frozen)
    second = workers.start()
    assert second.wait() == 0, second.log_file.read_text()[-3_000:]
    stack.assert_served(KEY, PAGES)
    before = stack.everything(KEY)

    os.kill(frozen.process.pid, signal.SIGCONT)
    assert frozen.wait() == 0, frozen.log_file.read_text()[-3_000:]
    assert stack.everything(KEY) == before
    stack.assert_served(KEY, PAGES)
    assert stack.is_drained()


def test_a_document_that_kills_two_workers_is_quarantined_before_a_third_try(
    workers: Workers, stack: Stack, settings: Settings, samples: Path
) -> None:
    upload(settings, samples)
    for _ in range(2):
        killed = workers.start("--at", "read-pages", VISIBILITY_TIMEOUT_SECONDS=SHORT_SECONDS)
        assert killed.wait() == -signal.SIGKILL, killed.log_file.read_text()[-3_000:]
    third = workers.start("--at", "read-pages")
    assert third.wait() == 0, third.log_file.read_text()[-3_000:]
    (letter,) = stack.dead_letters.receive(max_messages=10, wait_seconds=0, visibility_timeout_seconds=30)
    assert letter.attributes["error_code"] == "worker_killed"
    item = stack.everything(KEY)["ledger"]
    assert (item.state, item.code) == ("failed", "worker_killed")
    assert stack.queue.backlog().total == 0


def await_stopped(worker: Worker) -> None:
    """Until the kernel says that the process is stopped (state T)."""
    tick = threading.Event()
    for _ in range(END_SECONDS * 20):
        if Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        tick.wait(0.05)
    raise AssertionError(worker.log_file.read_text()[-3_000:])
