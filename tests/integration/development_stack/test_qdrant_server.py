"""The development server as a process: what survives, who may open its folder, and what it refuses."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from development_stack import qdrant
from development_stack.qdrant import QdrantStartError, RunningQdrant
from tests.integration.development_stack.conftest import DENSE, answers, create_collection, eventually, matches, point

REPOSITORY = Path(__file__).parents[3]
NAME = "points"
Start = Callable[..., RunningQdrant]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[RunningQdrant] = []

    def start(folder: Path = tmp_path, **options: Any) -> RunningQdrant:
        started.append(qdrant.start(folder, **{"binary": None, **options}))
        return started[-1]

    yield start
    for running in started:
        running.close()


def connected(url: str, api_key: str | None = None) -> QdrantClient:
    return QdrantClient(url=url, api_key=api_key, check_compatibility=False)


def kill(running: RunningQdrant) -> None:
    assert running.process is not None
    running.process.kill()
    running.process.wait()


@pytest.mark.system
def test_no_point_that_was_acknowledged_is_lost_by_a_kill(start: Start) -> None:
    running = start()
    client = connected(running.url)
    create_collection(client, NAME)
    acknowledged: list[int] = []

    def write(first: int) -> None:
        own = connected(running.url)
        try:
            for number in range(first, first + 100_000, 4):
                own.upsert(NAME, [point(number), point(number + 1)], wait=True)
                acknowledged.extend([number, number + 1])
        except (ResponseHandlingException, httpx.TransportError):
            return

    writers = [threading.Thread(target=write, args=(100_000 * index,)) for index in range(3)]
    for writer in writers:
        writer.start()
    assert eventually(lambda: len(acknowledged) > 300)
    kill(running)
    for writer in writers:
        writer.join()

    after = connected(start().url)
    found = {record.id for record in after.retrieve(NAME, acknowledged, with_payload=False)}
    assert set(acknowledged) - found == set()
    assert set(after.get_collection(NAME).payload_schema) == {"meta.kind", "meta.active", "meta.page"}


def test_an_update_that_was_refused_does_not_come_back_with_a_restart(start: Start) -> None:
    """The engine logs an update before it refuses it: only updates that are right may get there."""
    running = start()
    client = connected(running.url)
    create_collection(client, NAME)
    client.upsert(NAME, [point(1)])
    for vector in ({"another": [1.0, 0.0, 0.0, 0.0]}, {DENSE: [1.0]}):
        with pytest.raises(UnexpectedResponse):
            client.upsert(NAME, [point(2), models.PointStruct(id=3, vector=vector)])
    kill(running)

    again = connected(start().url)
    assert [record.id for record in again.scroll(NAME)[0]] == [1]


def test_a_clean_end_keeps_collections_aliases_and_points(start: Start) -> None:
    running = start()
    client = connected(running.url)
    create_collection(client, NAME)
    client.upsert(NAME, [point(number) for number in range(5)])
    client.update_collection_aliases(
        [models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name=NAME, alias_name="alias"))]
    )
    running.close()
    assert running.process is not None
    assert running.process.returncode == 0

    assert connected(start().url).count("alias").count == 5


@pytest.mark.system
def test_a_reader_sees_all_of_a_flip_or_nothing(start: Start) -> None:
    client = connected(start().url)
    create_collection(client, NAME)
    client.upsert(NAME, [point(number) for number in range(400)])
    active = models.Filter(must=[matches("meta.active", True)])
    seen: set[int] = set()
    failures: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        own = connected(client.init_options["url"])
        try:
            while not done.is_set():
                seen.add(own.count(NAME, active, exact=True).count)
        except Exception as error:  # noqa: BLE001  # the test's own thread must not hide it
            failures.append(error)

    def write(first: int) -> None:
        own = connected(client.init_options["url"])
        for number in range(first, first + 200):
            own.upsert(NAME, [point(number, active=None)])

    threads = [threading.Thread(target=read) for _ in range(3)]
    threads += [threading.Thread(target=write, args=(1_000 * index,)) for index in (1, 2)]
    for thread in threads:
        thread.start()
    below = models.Filter(must=[models.FieldCondition(key="meta.page", range=models.Range(lt=400))])
    for turn in range(20):
        client.set_payload(NAME, {"active": bool(turn % 2)}, points=below, key="meta")
    for thread in threads[3:]:
        thread.join()
    done.set()
    for thread in threads[:3]:
        thread.join()

    assert failures == []
    assert seen <= {0, 400}
    assert client.count(NAME).count == 800


def test_a_second_process_is_refused_with_a_sentence(start: Start, tmp_path: Path) -> None:
    running = start()
    assert running.process is not None
    with pytest.raises(QdrantStartError, match=rf"served by another process already \(process {running.process.pid}\)"):
        start()
    running.close()
    assert answers(start().url)


def test_a_port_that_is_taken_and_a_folder_that_is_none_are_said(start: Start, tmp_path: Path) -> None:
    port = int(start().url.rsplit(":", 1)[1])
    with pytest.raises(QdrantStartError, match=f"127.0.0.1:{port} cannot be served"):
        start(tmp_path / "other", port=port)
    (tmp_path / "file").touch()
    with pytest.raises(QdrantStartError, match="cannot be used: Not a directory"):
        start(tmp_path / "file" / "below")


def test_the_storage_of_a_qdrant_server_is_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "raft_state.json").touch()
    with pytest.raises(QdrantStartError, match="is the storage of a Qdrant server"):
        start()


def test_what_version_0_1_0_wrote_is_kept_aside(tmp_path: Path) -> None:
    old = QdrantClient(path=str(tmp_path))
    create_collection(old, NAME)
    old.upsert(NAME, [point(1)])
    old.close()
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    process = _serve(tmp_path)
    assert process.stdout is not None
    client = connected(process.stdout.readline().strip())
    assert client.get_collections().collections == []
    create_collection(client, NAME)
    process.terminate()
    _, said = process.communicate(timeout=30)

    assert "holds points that version 0.1.0 wrote" in said
    assert "`enqueue-all --cache-behavior rebuild`" in said
    assert {path: path.read_bytes() for path in kept} == kept


def _serve(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "development_stack.qdrant_server", "--path", str(folder), *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_deleting_a_collection_that_is_searched_answers_that_it_is_gone(start: Start) -> None:
    url = start().url
    client = connected(url)
    create_collection(client, NAME)
    client.upsert(NAME, [point(number) for number in range(300)])
    statuses: set[int] = set()

    def search() -> None:
        body = {"query": [1.0, 0.0, 0.0, 0.0], "using": DENSE}
        with httpx.Client() as own:
            while 404 not in statuses:
                statuses.add(own.post(f"{url}/collections/{NAME}/points/query", json=body).status_code)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert eventually(lambda: 200 in statuses)
    client.delete_collection(NAME)
    for thread in threads:
        thread.join()

    assert statuses == {200, 404}


@pytest.mark.system
def test_what_a_kill_left_of_making_and_deleting_a_collection_is_cleared_up(start: Start, tmp_path: Path) -> None:
    running = start()
    create_collection(connected(running.url), NAME)
    kill(running)
    for left_over in (".new-1", ".gone-2"):
        (tmp_path / "edge" / "collections" / left_over / "shard").mkdir(parents=True)

    client = connected(start().url)

    assert [found.name for found in client.get_collections().collections] == [NAME]
    assert [path.name for path in (tmp_path / "edge" / "collections").iterdir()] == [NAME]


def test_a_collection_that_cannot_be_opened_is_named(start: Start, tmp_path: Path) -> None:
    broken = tmp_path / "edge" / "collections" / "broken"
    broken.mkdir(parents=True)
    with pytest.raises(QdrantStartError, match=r"broken cannot be opened: .* Move it away"):
        start()


def test_interrupting_ends_it_cleanly(tmp_path: Path) -> None:
    process = _serve(tmp_path)
    assert process.stdout is not None
    assert answers(process.stdout.readline().strip())
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
