"""A machine to sit at: runs the project's programs against one stack, as a person would."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from composition.parts import Parts
from tests.support import program_server

REPOSITORY = Path(__file__).resolve().parents[2]
#: For what is certain to come, however busy the machine is.
WORKER_SECONDS = 240


class Machine:
    """Runs the project's programs against one stack, as a person would."""

    def __init__(self, env: dict[str, str], worker_seconds: float = WORKER_SECONDS) -> None:
        self._seconds = worker_seconds
        self._env = {**os.environ, **env, "LOG_FORMAT": "json", "ENV_FILE": os.devnull}
        self.log: list[dict[str, Any]] = []

    def work(self) -> None:
        done = self._run("fargate_worker.py", "--until-empty")
        assert done.returncode == 0, done.stderr[-4_000:]
        self.log = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]

    def manage(self, *arguments: str) -> Any:
        done = self._run("scripts/manage_vector_stores.py", *arguments, "--json")
        assert done.returncode == 0, done.stderr[-4_000:]
        return json.loads(done.stdout)

    def refused(self, *arguments: str) -> tuple[int, str]:
        """The exit code of a command that must fail, and what it says."""
        done = self._run("scripts/manage_vector_stores.py", *arguments)
        assert done.returncode != 0, done.stdout[-4_000:]
        return done.returncode, done.stderr

    def put(self, parts: Parts, path: Path) -> None:
        """Put any file into the bucket, as programs do that don't look at it."""
        parts.artifacts.upload_source(path, parts.artifacts.pdf_prefix + path.name)

    def status(self) -> dict[str, dict[str, Any]]:
        return {item["s3_key"]: item for item in self.manage("status")["documents"]}

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """A command of the CLI that goes on while others run."""
        command = [sys.executable, str(REPOSITORY / "scripts/manage_vector_stores.py"), *arguments]
        # SIGINT as in a terminal, also where the program that started the tests ignores it (nohup).
        return subprocess.Popen(
            command,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def _run(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return program_server.run([script, *arguments], env=self._env, timeout=self._seconds)
