"""What killed workers left of the history is written by the next one, although no later document causes it.

With three documents and 15 SIGKILLs, four of five runs ended with documents that were `succeeded` and searchable, but
absent from `pdf_process_history.json`.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from composition.parts import Parts
from config import Settings
from ledger.history import History
from tests.support import program_server
from tests.support.workers import END_SECONDS, Stack, Workers

NAMES = ("harbour-handbook.pdf", "notice-to-mariners.pdf")
pytestmark = [pytest.mark.system, pytest.mark.timeout(6 * END_SECONDS)]
#: Where 15 workers are killed, in turn: mostly between a document's end in the ledger and the next one's.
STRIKES = [("delete-message", 1), ("deleted", 1), ("received", 1), ("deleted", 2), ("end", 1)] * 3


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


def upload(settings: Settings, samples: Path, *names: str) -> list[str]:
    keys = []
    artifacts = Parts(settings).artifacts
    for number, name in enumerate(names):
        keys.append(f"source-pdfs/{number}-{name}")
        artifacts.upload_source(samples / name, keys[-1])
    return keys


def history(settings: Settings) -> dict[str, str]:
    """As another program reads it; nothing here flushes."""
    parts = Parts(settings)
    reader = History(parts.aws.s3, settings.aws_s3_bucket_name, parts.table, "reader")
    return {key: entry["status"] for key, entry in reader.read().items()}


def kill_with_entries_left(workers: Workers) -> None:
    """The second document's entry waits until the fleet has rested; its message is deleted."""
    killed = workers.start("--at", "deleted", "--nth", "2")
    assert killed.wait() == -signal.SIGKILL, killed.log_file.read_text()[-3_000:]


def test_a_worker_that_finds_an_empty_queue_writes_what_a_killed_one_left(
    workers: Workers, stack: Stack, settings: Settings, samples: Path
) -> None:
    keys = upload(settings, samples, *NAMES)
    kill_with_entries_left(workers)
    assert stack.is_drained()
    assert len(history(settings)) < 2, "else this shows nothing"
    second = workers.start()
    assert second.wait() == 0, second.log_file.read_text()[-3_000:]
    assert history(settings) == dict.fromkeys(keys, "succeeded")


def test_without_any_worker_the_flush_command_writes_it_and_asks_nothing_but_aws(
    workers: Workers, stack: Stack, stack_env: dict[str, str], settings: Settings, samples: Path
) -> None:
    keys = upload(settings, samples, *NAMES)
    kill_with_entries_left(workers)
    assert stack.is_drained()
    nobody = {"QDRANT_URL": "http://127.0.0.1:9", "QDRANT_LOCAL_PATH": ""}
    env = {**os.environ, **stack_env, **nobody}
    done = program_server.run(["fargate_worker.py", "--flush-history"], env=env, timeout=END_SECONDS)
    assert done.returncode == 0, done.stderr
    assert history(settings) == dict.fromkeys(keys, "succeeded")


@pytest.mark.slow
def test_three_documents_and_15_kills_leave_a_whole_history(
    workers: Workers, stack: Stack, settings: Settings, samples: Path
) -> None:
    keys = upload(settings, samples, *NAMES, NAMES[0])
    for point, nth in STRIKES:
        killed = workers.start("--at", point, "--nth", str(nth), VISIBILITY_TIMEOUT_SECONDS="6")
        killed.wait()  # when there is nothing left to do, the point is never reached
    last = workers.start()
    assert last.wait() == 0, last.log_file.read_text()[-3_000:]
    assert stack.is_drained()
    assert history(settings) == dict.fromkeys(keys, "succeeded")
