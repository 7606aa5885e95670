"""Workers as processes of their own, as they run in production, with their AWS calls counted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import REPOSITORY, Tree

#: A busy machine may take ten times as long as a quiet one.
PATIENCE_SECONDS = 1_800.0
DOCUMENT_DONE = '"event": "document done"'
#: Calls by operation, as `aws_meter` counts them.
Calls = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Worker:
    """A running worker and its log."""

    process: "subprocess.Popen[bytes]"
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def tree(self) -> Tree:
        return Tree(self.process.pid)

    def count(self, event: str) -> int:
        return self.log.read_text(encoding="utf-8").count(event)

    def aws(self) -> Calls:
        """Its calls by operation since its start."""
        counts = self.folder / "counts.json"
        counts.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not counts.exists():
            if time.monotonic() > give_up_at or self.process.poll() is not None:
                raise SystemExit("a worker doesn't say what it has called")
            time.sleep(0.02)
        return dict(json.loads(counts.read_text(encoding="utf-8")))


@contextmanager
def running_worker(env: dict[str, str], folder: Path, name: str) -> Iterator[Worker]:
    """Until the block ends."""
    own = folder / name
    own.mkdir()
    command = [sys.executable, "-m", "benchmarks.metered_worker", str(own / "counts.json")]
    with (own / "log").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env={**env, "TMPDIR": str(own)}, stdout=subprocess.DEVNULL, stderr=output
        )
    try:
        yield Worker(process, own)
    except BaseException:
        sys.stderr.write((own / "log").read_text(encoding="utf-8")[-4_000:])
        raise
    finally:
        process.terminate()
        process.wait(120)


def await_documents(workers: Sequence[Worker], count: int, each: int = 0) -> None:
    """Until so many are done in all, and so many by each worker."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        done = [worker.count(DOCUMENT_DONE) for worker in workers]
        if sum(done) >= count and min(done) >= each:
            return
        if time.monotonic() > give_up_at or any(worker.process.poll() is not None for worker in workers):
            raise SystemExit(f"{sum(done)} documents of {count} are done")
        time.sleep(0.1)


def calls_between(after: Calls, before: Calls) -> Calls:
    """What was called in between, by operation."""
    found = {
        name: {what: value - before.get(name, {}).get(what, 0) for what, value in operation.items()}
        for name, operation in after.items()
    }
    return {name: operation for name, operation in found.items() if operation["calls"]}


def calls_of(aws: Calls, service: str) -> float:
    """Calls of one service: s3, dynamodb or sqs."""
    return sum(operation["calls"] for name, operation in aws.items() if name.startswith(f"{service}."))


def share_of_cores(one: dict[str, Any]) -> str:
    cpu = sum(value or 0.0 for value in one["cpu"].values())
    return f"{cpu / (one['seconds'] * (os.cpu_count() or 1)):.0%}"
