"""A deployment replaces a busy worker while the queue never empties, and no document is stopped for it.

ECS starts the new task beside the old one and refuses it protection, DEPLOYMENT_BLOCKED, because the old one's already
makes as many as there shall be. The old one used to receive the next document, and to renew without end.
"""

import threading
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from foundation.errors import FailureCode, TransientError
from tests.support.consumer_bench import WAIT_SECONDS, Bench, running
from tests.support.ecs_service import EcsService
from work_queue import consumer as consumer_module
from work_queue import handover as handover_module
from work_queue import outage as outage_module
from work_queue import protection as protection_module
from work_queue.handover import Handover, WaitingRoom
from work_queue.lease import Lease
from work_queue.messages import Job

SOON_SECONDS = 15.0


class Room(WaitingRoom):
    """In memory; nobody is forgotten who came in."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def enter(self, started_at: float, now: float) -> None:
        self.starts.append(started_at)

    def earliest_start(self, now: float) -> float | None:
        return min(self.starts, default=None)


class ClosedRoom(Room):
    def enter(self, started_at: float, now: float) -> None:
        raise TransientError(FailureCode.INTERNAL, "the ledger is down", dependency="aws")


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (consumer_module, "RETRY_SECONDS"),
        (consumer_module, "ROOM_SECONDS"),
        (consumer_module, "IDLE_GAP_SECONDS"),
        (protection_module, "RETRY_SECONDS"),
        (handover_module, "LOOK_EVERY_SECONDS"),
    ):
        monkeypatch.setattr(module, name, 0.05)
    monkeypatch.setattr(protection_module, "TIMEOUT_SECONDS", WAIT_SECONDS)


class Deployment:
    """Two tasks of a service that shall have one, at a queue to which every document that starts adds another."""

    def __init__(self, server: HTTPServer, folder: Path, room: Room) -> None:
        self.service = EcsService(server, desired=1)
        self.long_is_done = threading.Event()
        self.long_has_started = threading.Event()
        self.stopped_early: list[str] = []
        self.old = self._task("old", folder, room, started_at=100.0)
        self.new = self._task("new", folder, room, started_at=200.0)

    def _task(self, name: str, folder: Path, room: Room, started_at: float) -> Bench:
        own_folder = folder / name
        own_folder.mkdir()
        protection = self.service.task(name)
        handover = Handover(room, protection, started_at=started_at)
        queue = None if name == "old" else self.old.queue
        return Bench(own_folder, self._work, protection=protection, handover=handover, queue=queue)

    def _work(self, job: Job, lease: Lease) -> None:
        self.old.send(f"{threading.get_native_id()}-{id(lease)}")  # the queue never empties
        if job.s3_key.endswith("/long.pdf"):
            self.long_has_started.set()
            if not self.long_is_done.wait(WAIT_SECONDS) or lease.is_lost:
                self.stopped_early.append(job.s3_key)
        else:
            lease.sleep(0.02)


def test_a_deployment_replaces_a_busy_worker_when_its_documents_are_done(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    deployment = Deployment(httpserver, tmp_path, Room())
    service = deployment.service
    deployment.old.send("long", "short")
    with running(deployment.old):
        assert deployment.long_has_started.wait(WAIT_SECONDS)
        with running(deployment.new):
            assert service.wait_until_refused("new", WAIT_SECONDS)
            assert not service.wait_until_free("old", 0.5), "not while a document is worked on"
            assert deployment.new.documents.started == []
            deployment.long_is_done.set()
            assert service.wait_until_free("old", SOON_SECONDS)
            deployment.new.documents.wait_for(3)
            assert service.protected == {"new"}
            # Now ECS stops it: nothing that it works on is lost.
            done_by_old = len(deployment.old.documents.started)
            deployment.old.consumer.stop("SIGTERM")
            deployment.old.join()
            assert len(deployment.old.documents.started) == done_by_old
            assert (deployment.old.stuck, deployment.stopped_early) == (0, [])


def test_a_new_worker_does_not_make_room_for_those_that_came_with_it(httpserver: HTTPServer, tmp_path: Path) -> None:
    room = Room()
    room.starts = [200.0]
    deployment = Deployment(httpserver, tmp_path, room)
    deployment.old.send("a")
    with running(deployment.new):
        deployment.new.documents.wait_for(5)
        assert deployment.service.protected == {"new"}


def test_a_worker_makes_room_at_intervals_when_nobody_can_say_that_they_wait(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover_module, "MAX_PROTECTED_SECONDS", 0.5)
    monkeypatch.setattr(consumer_module, "ROOM_SECONDS", 1.0)
    deployment = Deployment(httpserver, tmp_path, ClosedRoom())
    deployment.old.send("a", "b")
    with running(deployment.old):
        deployment.old.documents.wait_for(1)
        with running(deployment.new):
            deployment.new.documents.wait_for(3)


def test_a_paused_worker_can_be_replaced(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage pauses it for hours; a deployment with the new key would end the outage."""
    monkeypatch.setattr(consumer_module, "STEP_SECONDS", 0.05)

    def fail(job: Job, lease: Lease) -> None:
        raise TransientError(FailureCode.STORE_FAILED, "down", dependency="qdrant", retry_after_seconds=3_600)

    service = EcsService(httpserver, desired=1)
    bench = Bench(tmp_path, fail, concurrency=1, protection=service.task("old"))
    bench.send("a", "b")
    with running(bench):
        bench.documents.wait_for(1)
        assert service.wait_until_free("old", SOON_SECONDS)
        assert service.stays_free("old", 0.5), "what it keeps until the end of the outage is no work"
        assert bench.outages.is_resting


def test_what_a_paused_worker_keeps_is_protected_when_the_outage_ends(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its slots full it receives nothing, and so would never ask."""
    monkeypatch.setattr(outage_module, "BASE_PAUSE_SECONDS", 1.0)
    monkeypatch.setattr(consumer_module, "STEP_SECONDS", 0.05)  # it lets go well before the pause ends
    release = threading.Event()
    failures = iter([TransientError(FailureCode.STORE_FAILED, "down", dependency="qdrant", retry_after_seconds=1)])

    def work(job: Job, lease: Lease) -> None:
        if failure := next(failures, None):
            raise failure
        assert release.wait(WAIT_SECONDS)

    service = EcsService(httpserver, desired=1)
    bench = Bench(tmp_path, work, concurrency=1, protection=service.task("old"))
    bench.send("a", "b")
    with running(bench):
        bench.documents.wait_for(1)
        assert service.wait_until_free("old", SOON_SECONDS)
        bench.documents.wait_for(2)
        assert service.wait_until_protected("old", SOON_SECONDS)
        assert service.stays_protected("old", 0.5)
        release.set()
