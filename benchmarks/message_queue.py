"""`make bench-queue`: what the queue half costs, and what happens to messages when a worker is killed or stopped.

    python -m benchmarks.message_queue [--peer-python PYTHON] [--results FILE]

Everything runs against moto on loopback, with documents that only take time. With `--peer-python` (an environment that
has dramatiq and dramatiq_sqs) the same is done to those. Times come from the workers' own journals, on one clock.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import Tree
from composition.parts import Parts
from config import load_settings
from development_stack.stack import moto_server, provision_settings
from work_queue.producer import BulkRequest, enqueue_many
from work_queue.queue import SqsQueue

REPOSITORY = Path(__file__).resolve().parents[1]

VISIBILITY_SECONDS = 6
KILLS = 8
STOPS = 5
MESSAGES = 300
STARTS = 5
#: When a worker that has nothing to do is weighed, after its first ReceiveMessage: two polls later.
IDLE_SECONDS = 2.5
#: How long to wait for a redelivery before it counts as "not seen".
PATIENCE_SECONDS = 45.0


@dataclass
class Bench:
    """One system under test: how to send it documents, and how to start a worker of it."""

    name: str
    env: dict[str, str]
    send: Callable[[float, int], None]
    command: list[str]
    folder: Path
    journals: list[Path] = field(default_factory=list)

    @contextmanager
    def worker(self, **env: str) -> Iterator["Process"]:
        journal = self.folder / f"{uuid.uuid4().hex}.jsonl"
        journal.touch()
        process = subprocess.Popen(
            [*self.command, str(journal)], cwd=REPOSITORY, env={**os.environ, **self.env, **env},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield Process(process, journal)
        finally:
            process.kill()
            process.wait()


@dataclass
class Process:
    process: "subprocess.Popen[bytes]"
    journal: Path

    def notes(self, what: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.journal.read_text().splitlines()]
        return [line for line in lines if line["what"] == what]

    def await_note(
        self, what: str, count: int = 1, patience_seconds: float = PATIENCE_SECONDS
    ) -> dict[str, Any] | None:
        until = time.monotonic() + patience_seconds
        while time.monotonic() < until:
            notes = self.notes(what)
            if len(notes) >= count:
                return notes[count - 1]
            time.sleep(0.02)
        return None

    def signal(self, number: signal.Signals) -> float:
        self.process.send_signal(number)
        return time.monotonic()


def redelivery_after_kill(bench: Bench) -> list[float | None]:
    """Seconds from SIGKILL to the moment another worker starts on the same document; None: not in time."""
    chance = random.Random(1)  # the same moments for everybody
    delays: list[float | None] = []
    for _ in range(KILLS):
        with bench.worker() as first:
            bench.send(60.0, 1)
            if not first.await_note("started"):
                raise SystemExit(f"{bench.name} did not start on a document")
            time.sleep(chance.uniform(0, VISIBILITY_SECONDS))
            killed_at = first.signal(signal.SIGKILL)
        with bench.worker() as second:
            started = second.await_note("started")
            delays.append(started["at"] - killed_at if started else None)
        if started is None:
            break  # waiting longer shows nothing new
        yield_queue(bench)
    return delays


def yield_queue(bench: Bench) -> None:
    """Let the killed documents of one round not disturb the next: a queue of its own for each round."""
    bench.env = {**bench.env, **fresh_queue(bench)}


def fresh_queue(bench: Bench) -> dict[str, str]:
    if "PEER_NAMESPACE" in bench.env:
        return {"PEER_NAMESPACE": f"p{uuid.uuid4().hex[:8]}"}
    env = provision_settings(
        bench.env["AWS_ENDPOINT_URL"], qdrant_url="http://127.0.0.1:9", stack_name=f"b{uuid.uuid4().hex[:8]}"
    )
    return {name: env[name] for name in ("SQS_QUEUE_URL", "SQS_DLQ_URL", "AWS_S3_BUCKET_NAME")}


def long_documents(bench: Bench) -> tuple[int, int]:
    """Documents that take three visibility time-outs, with a second worker idle beside: (sent, times started)."""
    yield_queue(bench)
    with bench.worker() as one, bench.worker() as other:
        one.await_note("polling")
        other.await_note("polling")
        bench.send(3.0 * VISIBILITY_SECONDS, 1)
        until = time.monotonic() + 4 * VISIBILITY_SECONDS
        while time.monotonic() < until and not (one.notes("ended") or other.notes("ended")):
            time.sleep(0.1)
        return 1, len(one.notes("started")) + len(other.notes("started"))


def stop_seconds(bench: Bench, document_seconds: float | None) -> list[float]:
    """From SIGTERM to the end of the process, idle or with a document that began a moment ago."""
    took = []
    for _ in range(STOPS):
        yield_queue(bench)
        with bench.worker() as worker:
            worker.await_note("polling")
            time.sleep(1.0)
            if document_seconds is not None:
                bench.send(document_seconds, 1)
                worker.await_note("started")
            asked_at = worker.signal(signal.SIGTERM)
            worker.process.wait(130)
            took.append(time.monotonic() - asked_at)
    return took


def overhead(bench: Bench) -> dict[str, float | None]:
    """A backlog of documents that take no time, worked off by one worker."""
    yield_queue(bench)
    bench.send(0.0, MESSAGES)
    with bench.worker(WORKER_CONCURRENCY="4") as worker:
        last = worker.await_note("ended", MESSAGES, 120.0)
        if last is None:
            raise SystemExit(f"{bench.name} did not work off {MESSAGES} messages")
        first = worker.notes("started")[0]
        worker.signal(signal.SIGTERM)
        worker.process.wait(60)
        stopped = worker.notes("stopped")[0]
    return {
        "milliseconds": (last["at"] - first["at"]) / MESSAGES * 1e3,
        "cpu_milliseconds": (last["cpu_seconds"] - first["cpu_seconds"]) / MESSAGES * 1e3,
        "api_calls": stopped["api_calls"] / MESSAGES if "api_calls" in stopped else None,
    }


def start_up(env: dict[str, str], folder: Path) -> list[dict[str, float]]:
    """The real worker, from process start to its first ReceiveMessage, and its memory a little later."""
    starts = []
    for number in range(STARTS):
        own = folder / f"start-{number}"
        own.mkdir()
        process = subprocess.Popen(
            [sys.executable, "fargate_worker.py"], cwd=REPOSITORY,
            env={**os.environ, **env, "TMPDIR": str(own), "LOG_FORMAT": "json", "ENV_FILE": os.devnull},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr
        awake = next(json.loads(line) for line in process.stderr if '"awake"' in line)
        time.sleep(IDLE_SECONDS)
        megabytes = Tree(process.pid).megabytes()
        starts.append({"seconds": awake["seconds"], "cpu_seconds": awake["cpu_seconds"], "idle_megabytes": megabytes})
        process.kill()
        process.communicate()
    return starts


def ours(env: dict[str, str], folder: Path) -> Bench:
    def send(seconds: float, count: int) -> None:
        settings = load_settings(env_file=folder / "none.env")
        queue = SqsQueue(Parts(settings).aws.sqs, bench.env["SQS_QUEUE_URL"])
        requests = (BulkRequest(f"source-pdfs/{number}/sleep-{seconds}.pdf") for number in range(count))
        for _ in enqueue_many(queue, requests):
            pass

    bench = Bench("this project", env, send, [sys.executable, "-m", "benchmarks.queue_worker"], folder)
    return bench


def peer(python: str, visibility_seconds: int | None, env: dict[str, str], folder: Path) -> Bench:
    own = {"AWS_ENDPOINT_URL": env["AWS_ENDPOINT_URL"], "PEER_NAMESPACE": f"p{uuid.uuid4().hex[:8]}"}
    if visibility_seconds:
        own["PEER_VISIBILITY_SECONDS"] = str(visibility_seconds)
    script = str(REPOSITORY / "benchmarks" / "queue_peer.py")

    def send(seconds: float, count: int) -> None:
        command = [python, script, "send", str(seconds), str(count)]
        subprocess.run(command, env={**os.environ, **bench.env}, check=True, timeout=120)

    name = (
        f"dramatiq_sqs, time-out {visibility_seconds} s" if visibility_seconds else "dramatiq_sqs, as it comes (12 h)"
    )
    bench = Bench(name, own, send, [python, script, "work"], folder)
    return bench


def measure(bench: Bench) -> dict[str, Any]:
    sent, started = long_documents(bench)
    return {
        "name": bench.name,
        "redelivery_after_sigkill_seconds": redelivery_after_kill(bench),
        "long_documents": {"sent": sent, "started": started},
        "stop_idle_seconds": stop_seconds(bench, None),
        "stop_busy_seconds": stop_seconds(bench, 2.0),
        "overhead": overhead(bench),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python")
    parser.add_argument("--results", type=Path, default=REPOSITORY / "benchmarks" / "results" / "message_queue.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-queue-") as name, moto_server() as endpoint_url:
        folder = Path(name)
        env = {
            **provision_settings(endpoint_url, qdrant_url="http://127.0.0.1:9", stack_name=f"b{uuid.uuid4().hex[:8]}"),
            "EMBEDDING_PROVIDER": "static", "ENRICHMENT": "extractive", "TMPDIR": name,
            "VISIBILITY_TIMEOUT_SECONDS": str(VISIBILITY_SECONDS), "WAIT_TIME_SECONDS": "1", "WORKER_CONCURRENCY": "1",
        }  # fmt: skip
        os.environ.update(env)
        benches = [ours(env, folder)]
        if options.peer_python:
            benches += [peer(options.peer_python, None, env, folder)]
            benches += [peer(options.peer_python, VISIBILITY_SECONDS, env, folder)]
        results = {"start_up": start_up(env, folder), "systems": [measure(bench) for bench in benches]}
    options.results.parent.mkdir(exist_ok=True)
    options.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    report(results)


def report(results: dict[str, Any]) -> None:
    print(f"visibility time-out {VISIBILITY_SECONDS} s, long poll 1 s, moto on loopback, {os.cpu_count()} cores\n")
    cpu = [start["cpu_seconds"] for start in results["start_up"]]
    wall = [start["seconds"] for start in results["start_up"]]
    idle = [start["idle_megabytes"] for start in results["start_up"]]
    print(
        f"start to first receive: {statistics.median(cpu):.2f} CPU s, {statistics.median(wall):.2f} s;"
        f" idle: {statistics.median(idle):.0f} MB (n={len(cpu)})\n"
    )
    print("| | " + " | ".join(system["name"] for system in results["systems"]) + " |")
    print("|---|" + "---|" * len(results["systems"]))
    rows: dict[str, Callable[[dict[str, Any]], str]] = {
        "redelivered after SIGKILL, s": lambda one: _span(one["redelivery_after_sigkill_seconds"]),
        "starts of one document of 3 time-outs": lambda one: str(one["long_documents"]["started"]),
        "SIGTERM to exit, idle, s": lambda one: _span(one["stop_idle_seconds"]),
        "SIGTERM to exit, in a document of 2 s, s": lambda one: _span(one["stop_busy_seconds"]),
        "a message that takes no time, ms": lambda one: f"{one['overhead']['milliseconds']:.1f}",
        "CPU for it, ms": lambda one: f"{one['overhead']['cpu_milliseconds']:.1f}",
        "SQS calls for it": lambda one: (
            f"{one['overhead']['api_calls']:.2f}" if one["overhead"]["api_calls"] else "not counted"
        ),
    }
    for label, cell in rows.items():
        print(f"| {label} | " + " | ".join(cell(system) for system in results["systems"]) + " |")


def _span(seconds: list[float | None]) -> str:
    seen = sorted(value for value in seconds if value is not None)
    if not seen:
        return f"not within {PATIENCE_SECONDS:.0f}"
    return f"{seen[0]:.1f} – {statistics.median(seen):.1f} – {seen[-1]:.1f} (n={len(seen)})"


if __name__ == "__main__":
    main()
