"""A released version at work: its own programs, run from its own checkout against its own local stack."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx

#: For what is certain to come, however busy the machine is.
PATIENCE_SECONDS = 240.0
POLL_SECONDS = 0.05
PASSWORD, SECRET_KEY = "recorded-for-tests-only", "recorded-for-tests-only-recorded-for-tests-only"
#: Short, so that the message of a killed worker comes back soon.
VISIBILITY_TIMEOUT_SECONDS = 6
#: One document and one page at a time: what is recorded comes in the same order each time.
CALM = {
    "WORKER_CONCURRENCY": "1",
    "EXTRACTION_PROCESSES": "1",
    "WAIT_TIME_SECONDS": "1",
    "VISIBILITY_TIMEOUT_SECONDS": str(VISIBILITY_TIMEOUT_SECONDS),
    "LOG_FORMAT": "json",
}
#: Of this process's environment; the rest would decide what is recorded.
PASSED_ON = ("HOME", "LANG", "TIKTOKEN_CACHE_DIR", "TMPDIR")


@dataclass
class Program:
    """The checkout `tree`, its `python`, and the stack that `settings` name."""

    tree: Path
    python: Path
    settings: dict[str, str]
    log: Path
    api_token: str = ""
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """No tesseract on the PATH, wherever this is recorded."""
        passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return {**passed, "PATH": str(self.python.parent), **self.settings, **CALM, "ENV_FILE": os.devnull}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=self.settings["AWS_ENDPOINT_URL"],
                region_name=self.settings["AWS_REGION"],
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    # What people do

    def put(self, name: str, body: bytes) -> None:
        """Drop a file into the bucket; its event queues it."""
        key = self.settings["AWS_S3_PDF_PREFIX"] + name
        bucket = self.settings["AWS_S3_BUCKET_NAME"]
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/pdf")

    def manage(self, *arguments: str) -> Any:
        """A command of the command line with `--json`."""
        return json.loads(self.run("scripts/manage_vector_stores.py", *arguments, "--json"))

    def leafmill(self, *arguments: str) -> Any:
        """As `manage`, by the command that versions since 0.2.0 have."""
        return json.loads(self._output([str(self.python.parent / "leafmill"), *arguments, "--json"]))

    def run(self, script: str, *arguments: str) -> str:
        """A program of the version until it ends; what it prints. Raises CalledProcessError."""
        return self._output([str(self.python), str(self.tree / script), *arguments])

    def _output(self, command: list[str]) -> str:
        with self.log.open("ab") as log:
            done = subprocess.run(
                command, cwd=self.tree, env=self.env, stdout=subprocess.PIPE, stderr=log, timeout=PATIENCE_SECONDS,
                check=True,
            )  # fmt: skip
        return done.stdout.decode()

    @contextmanager
    def panel(self) -> Iterator[httpx.Client]:
        """The panel, and a client that may do everything."""
        with tempfile.TemporaryDirectory() as folder:
            # gunicorn says where it listens; a port of its own choice cannot be taken.
            log = Path(folder) / "panel.log"
            bind = f"127.0.0.1:{_free_port()}"
            started = self._started(log, "app.py", "--bind", bind)
            with started as process, httpx.Client(base_url=f"http://{bind}") as client:
                client.headers["Authorization"] = f"Bearer {PASSWORD}"
                until(lambda: _is_served(client) or process.poll() is not None)
                assert process.poll() is None, log.read_text(encoding="utf-8")
                yield client

    # What workers do

    def work(self) -> None:
        """The worker until the queue is empty."""
        self.run("fargate_worker.py", "--until-empty")

    def work_until_killed(self, when: Callable[[], bool]) -> None:
        """The worker, killed as soon as `when` is true, with all its children."""
        with self._started(self.log, "fargate_worker.py") as worker:
            until(when)
            os.killpg(worker.pid, signal.SIGKILL)

    @contextmanager
    def _started(self, log: Path, script: str, *arguments: str) -> "Iterator[subprocess.Popen[bytes]]":
        command = [str(self.python), str(self.tree / script), *arguments]
        with log.open("ab") as output:
            process = subprocess.Popen(
                command, cwd=self.tree, env=self.env, stdout=output, stderr=output, start_new_session=True
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)

    # What is stored

    def items(self, partition: str = "") -> list[dict[str, Any]]:
        """The ledger's items whose `pk` begins so, in DynamoDB's JSON."""
        found: list[dict[str, Any]] = []
        table = self.settings["STATUS_TABLE_NAME"]
        for page in self.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            found += [item for item in page["Items"] if item["pk"]["S"].startswith(partition)]
        return found

    def states(self) -> dict[str, str]:
        """Document → state, by the key without its prefix."""
        prefix = self.settings["AWS_S3_PDF_PREFIX"]
        return {
            item["s3_key"]["S"].removeprefix(prefix): item["state"]["S"]
            for item in self.items("document#")
            if "s3_key" in item
        }


@contextmanager
def local_stack(tree: Path, python: Path, folder: Path, extra: dict[str, str]) -> Iterator[Program]:
    """The version's own local stack with `extra` settings, as long as the block lasts."""
    env_file, log = folder / "stack.env", folder / "log"
    command = [str(python), str(tree / "scripts" / "local_stack.py"), "up", "--env-file", str(env_file)]
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    with log.open("ab") as output:
        stack = subprocess.Popen(
            command, cwd=tree, env={**passed, "PATH": str(python.parent), **extra}, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        until(lambda: "settings are in" in log.read_text(encoding="utf-8") or stack.poll() is not None)
        lines = env_file.read_text(encoding="utf-8").splitlines()
        settings = dict(line.split("=", 1) for line in lines)
        secrets = {"APP_PASSWORD": PASSWORD, "SECRET_KEY": SECRET_KEY, "PANEL_HTTPS": "false"}
        yield Program(tree, python, {**settings, **extra, **secrets}, log)
    except BaseException:
        sys.stderr.write("\n".join(log.read_text(encoding="utf-8").splitlines()[-30:]) + "\n")
        raise
    finally:
        stack.terminate()
        stack.wait(PATIENCE_SECONDS)


def until(condition: Callable[[], bool]) -> None:
    """Raises TimeoutError when it does not come."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > give_up_at:
            raise TimeoutError("what should come did not come")
        time.sleep(POLL_SECONDS)


def _is_served(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
