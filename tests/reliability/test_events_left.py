"""A worker dies between the state and the sending, or between the sending and the note of it: no event is lost.

worker A   end (state, number, pending event) ─ send ─ note
                                               ✕      ✕
a task without any worker, or worker B              sends what waits
"""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from composition.parts import Parts
from config import Settings
from ledger.events import Events
from tests.support import program_server
from tests.support.event_receivers import Receiver, make_receiver
from tests.support.workers import END_SECONDS, Stack, Worker, Workers

KEY = "source-pdfs/notice-to-mariners.pdf"
pytestmark = [pytest.mark.system, pytest.mark.timeout(4 * END_SECONDS)]


@pytest.fixture
def stack(settings: Settings) -> Stack:
    stack = Stack(settings)
    stack.forget_test_event()
    return stack


@pytest.fixture
def receiver(parts: Parts) -> Receiver:
    return make_receiver(parts)


@pytest.fixture
def env(stack_env: dict[str, str], receiver: Receiver) -> dict[str, str]:
    return {
        **stack_env,
        "EVENTS_TARGET_ARN": receiver.arn,
        "EXTRACTION_PROCESSES": "1",
        "WORKER_CONCURRENCY": "1",
        "VISIBILITY_TIMEOUT_SECONDS": "6",
    }


@pytest.fixture
def workers(env: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(env, tmp_path)
    yield workers
    workers.end_all()


def pending(parts: Parts) -> list[str]:
    return [event.id for event in Events(parts.table).pending()]


def assert_killed(worker: Worker) -> None:
    assert worker.wait() == -signal.SIGKILL, worker.log_file.read_text()[-3_000:]


def flush(env: dict[str, str]) -> str:
    """What AWS starts when no worker runs; it asks for neither Qdrant nor models."""
    nobody = {"QDRANT_URL": "http://127.0.0.1:9", "QDRANT_LOCAL_PATH": ""}
    done = program_server.run(
        ["fargate_worker.py", "--flush-history"], env={**os.environ, **env, **nobody}, timeout=END_SECONDS
    )
    return f"{done.returncode} {done.stdout} {done.stderr}"


@pytest.mark.parametrize(
    ("point", "arrived"), [("send-events", 0), pytest.param("note-events", 1, marks=pytest.mark.slow)]
)
def test_a_worker_that_is_killed_around_the_sending_loses_no_event(
    point: str, arrived: int, workers: Workers, stack: Stack, parts: Parts, receiver: Receiver, env: dict[str, str],
    samples: Path,
) -> None:  # fmt: skip
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", KEY)
    assert_killed(workers.start("--at", point))
    [left] = pending(parts)
    before = receiver.received()
    assert [event["id"] for event in before] == [left] * arrived

    assert flush(env).startswith("0 ")
    [after] = receiver.received()
    assert (after["id"], after["type"], after["subject"]) == (left, "document.searchable", KEY)
    assert [*before, after] == [after] * (arrived + 1), "a repetition is the same in every word"
    assert pending(parts) == []

    # The message comes back; the document was done, so that there is no second event.
    second = workers.start()
    assert second.wait() == 0, second.log_file.read_text()[-3_000:]
    assert stack.is_drained()
    assert receiver.received() == []


@pytest.mark.slow
def test_a_bus_that_is_gone_costs_a_document_nothing_and_is_told(
    workers: Workers, stack: Stack, parts: Parts, receiver: Receiver, env: dict[str, str], samples: Path
) -> None:
    parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", KEY)
    gone = "arn:aws:sns:us-east-1:123456789012:nobody-made-it"
    worker = workers.start(EVENTS_TARGET_ARN=gone)
    assert worker.wait() == 0, worker.log_file.read_text()[-3_000:]
    stack.assert_served(KEY, 1)
    assert stack.is_drained()
    told = [event for event in worker.events() if event["event"] == "events not sent"]
    assert told
    assert "NotFound" in told[0]["reason"]
    assert len(metric(worker, "UnsentEventSeconds")) == len(told)

    answer = flush({**env, "EVENTS_TARGET_ARN": gone})
    assert answer.startswith("3 ")
    assert "1 events could not be sent" in answer
    assert "UnsentEventSeconds" in answer
    assert flush(env).startswith("0 ")
    assert [event["subject"] for event in receiver.received()] == [KEY]


def metric(worker: Worker, name: str) -> list[dict[str, Any]]:
    lines = worker.log_file.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if '"_aws"' in line and f'"{name}"' in line]


@pytest.mark.slow
def test_of_three_documents_and_15_kills_every_state_is_told_in_its_order(
    workers: Workers, stack: Stack, parts: Parts, receiver: Receiver, env: dict[str, str], samples: Path
) -> None:
    keys = [f"source-pdfs/{number}.pdf" for number in range(3)]
    for key in keys:
        parts.artifacts.upload_source(samples / "notice-to-mariners.pdf", key)
    strikes = ["send-events", "note-events", "end", "delete-message", "deleted"] * 3
    for number, point in enumerate(strikes):
        if number == 7:  # new versions of two of them, and the third goes
            for key in keys[:2]:
                parts.artifacts.upload_source(samples / "harbour-handbook.pdf", key)
            parts.artifacts.delete_source(keys[2])
        workers.start("--at", point, "--nth", str(1 + number % 2)).wait()
    last = workers.start()
    assert last.wait() == 0, last.log_file.read_text()[-3_000:]
    assert flush(env).startswith("0 ")
    assert stack.is_drained()
    assert pending(parts) == []

    arrived = {event["id"]: event for event in receiver.received()}.values()
    for key in keys:
        events = sorted((event for event in arrived if event["subject"] == key), key=lambda e: e["data"]["sequence"])
        numbers = [event["data"]["sequence"] for event in events]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        state = parts.documents.get(parts.artifacts.document_id(key))
        assert state
        assert (events[-1]["data"]["state"], events[-1]["data"]["sequence"]) == (str(state.state), state.event_sequence)
    assert {event["type"] for event in arrived} >= {"document.searchable", "document.deleted"}
