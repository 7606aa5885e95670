"""The engines that stand in for AWS and Qdrant in benchmarks: each a process, so that its CPU is measured apart.

AWS is moto, or fakecloud where `python scripts/real_engines.py fakecloud` has made it. Qdrant is the development
server, or Qdrant's own: the one that QDRANT_URL names (whose CPU nobody sees here), one that `make real-engines` has
made, or a `qdrant` on the PATH.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.machine import Tree, child_named
from development_stack import qdrant
from development_stack.programs import free_port, module_command, module_environment
from development_stack.stack import moto_server
from scripts.real_engines import engines

MOTO, FAKECLOUD = "moto", "fakecloud"
DEVELOPMENT_SERVER, QDRANT_SERVER = "development server", "Qdrant server"
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Engine:
    """A running one. `tree` is None when its process isn't one of this benchmark's."""

    name: str
    version: str
    url: str
    tree: Tree | None

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Pair:
    """An engine for AWS and one for Qdrant, by name."""

    aws: str = MOTO
    qdrant: str = DEVELOPMENT_SERVER

    @property
    def name(self) -> str:
        return f"{self.aws} + {self.qdrant}"

    def why_not(self) -> str:
        """What of it isn't on this machine, "" when all is."""
        missing = []
        if self.aws == FAKECLOUD and not engines()["fakecloud"].path.exists():
            missing.append("fakecloud (python scripts/real_engines.py fakecloud)")
        if self.qdrant == QDRANT_SERVER and not (os.environ.get("QDRANT_URL") or _qdrant_program()):
            missing.append("a Qdrant server (QDRANT_URL, or make real-engines)")
        return ", ".join(missing)


#: From what everybody has to what is nearest to the real services.
PAIRS = (Pair(), Pair(MOTO, QDRANT_SERVER), Pair(FAKECLOUD, QDRANT_SERVER))


def nearest_pair() -> Pair:
    """Of the pairs that are on this machine, the one that is nearest to the real services."""
    return next(pair for pair in reversed(PAIRS) if not pair.why_not())


@contextmanager
def aws_engine(name: str = MOTO) -> Iterator[Engine]:
    """S3, SQS and DynamoDB as long as the block lasts. Raises RuntimeError when it doesn't start."""
    if name == MOTO:
        with moto_server() as url:
            yield Engine(MOTO, version("moto"), url, Tree(child_named("moto_process")))
        return
    with tempfile.TemporaryDirectory(prefix="bench-fakecloud-") as folder:
        address = f"127.0.0.1:{free_port()}"
        program = [str(engines()["fakecloud"].path), "--addr", address, "--log-level", "error"]
        # It would outlive a benchmark that is killed.
        command = module_command("development_stack.parent_watch", str(os.getpid()), *program)
        with (
            (Path(folder) / "log").open("wb") as log,
            subprocess.Popen(
                command, env=module_environment({}), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
            ) as process,
        ):
            try:
                health = _answer(f"http://{address}/_fakecloud/health", process)
                yield Engine(FAKECLOUD, str(health["version"]), f"http://{address}", Tree(process.pid))
            finally:
                process.terminate()


@contextmanager
def qdrant_engine(name: str = DEVELOPMENT_SERVER) -> Iterator[Engine]:
    """Qdrant as long as the block lasts, empty unless QDRANT_URL names it. Raises QdrantStartError."""
    url = os.environ.get("QDRANT_URL") if name == QDRANT_SERVER else None
    with tempfile.TemporaryDirectory(prefix="bench-qdrant-") as folder:
        running = qdrant.start(Path(folder), url=url, binary=_qdrant_program() if name == QDRANT_SERVER else None)
        try:
            own = version("qdrant-edge-py") if name == DEVELOPMENT_SERVER else str(_answer(running.url)["version"])
            yield Engine(name, own, running.url, Tree(running.process.pid) if running.process else None)
        finally:
            running.close()


def _qdrant_program() -> str | None:
    made = engines()["qdrant"].path
    return str(made) if made.exists() else shutil.which("qdrant")


def _answer(url: str, process: "subprocess.Popen[bytes] | None" = None) -> dict[str, Any]:
    """What it says of itself, as soon as it answers."""
    give_up_at = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=5) as answer:
            return dict(json.load(answer))
        if (process and process.poll() is not None) or time.monotonic() > give_up_at:
            raise RuntimeError(f"{url} does not answer")
        time.sleep(0.05)
