"""Qdrant for the local stack: the server that the settings name, a `qdrant` of this machine, or the development server.

FOLDER/edge/        what the development server keeps (development_stack/qdrant_server)
FOLDER/storage/     what Qdrant's own server keeps; neither reads the other's
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from development_stack.programs import free_port, module_command, module_environment

START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_LOOK_SECONDS = 0.1
_STORAGE = "storage"
_DEVELOPMENT_SERVER = "development_stack.qdrant_server"


class QdrantStartError(Exception):
    """No Qdrant could be started. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RunningQdrant:
    """A Qdrant that answers at `url`. `close` ends it, unless it was there already."""

    url: str
    process: subprocess.Popen[str] | None = None

    def close(self) -> None:
        """End the process cleanly; kill it when that takes too long. Closing twice does nothing more."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(
    folder: Path,
    port: int = 0,
    *,
    url: str | None = None,
    api_key: str | None = None,
    binary: str | None = "qdrant",
    module: str = _DEVELOPMENT_SERVER,
) -> RunningQdrant:
    """A Qdrant for as long as this process lives, or until it is closed.

    `url` (the setting QDRANT_URL), if given, is taken as it is. Otherwise a program named `binary` on the PATH serves
    `folder` (None: never), or the development server does: a `module` that takes its options. Port 0 takes a free one.
    Raises QdrantStartError.
    """
    if url:
        return RunningQdrant(url)
    program = shutil.which(binary) if binary else None
    if program:
        return _start_binary(program, folder, port, api_key)
    return _start_development_server(module, folder, port, api_key)


def _start_development_server(module: str, folder: Path, port: int, api_key: str | None) -> RunningQdrant:
    options = ["--path", str(folder), "--port", str(port), "--parent-pid", str(os.getpid())]
    command = module_command(module, *options)
    process = _spawn(
        command, {"QDRANT__SERVICE__API_KEY": api_key or ""}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    address = process.stdout.readline().strip()
    if not address:
        said = process.stderr.read().strip()
        process.wait()
        raise QdrantStartError(said or f"the development server ended with {process.returncode}")
    # Its log, and what it says of old data: a pipe that nobody reads would stop it.
    threading.Thread(target=_pass_on, args=(process.stderr,), name="qdrant-log", daemon=True).start()
    return RunningQdrant(address, process)


def _start_binary(program: str, folder: Path, port: int, api_key: str | None) -> RunningQdrant:
    """Qdrant's own server, configured as its manual says (https://qdrant.tech/documentation/guides/configuration)."""
    storage = folder.resolve() / _STORAGE
    storage.mkdir(parents=True, exist_ok=True)
    http_port, grpc_port = port or free_port(), free_port()
    environment = {
        "QDRANT__SERVICE__HOST": "127.0.0.1",
        "QDRANT__SERVICE__HTTP_PORT": str(http_port),
        "QDRANT__SERVICE__GRPC_PORT": str(grpc_port),
        "QDRANT__STORAGE__STORAGE_PATH": str(storage),
        "QDRANT__STORAGE__SNAPSHOTS_PATH": str(folder.resolve() / "snapshots"),
        "QDRANT__TELEMETRY_DISABLED": "true",
    }
    if api_key:
        environment["QDRANT__SERVICE__API_KEY"] = api_key
    log = folder / "qdrant.log"
    command = module_command("development_stack.parent_watch", str(os.getpid()), program)
    with log.open("w") as output:
        process = _spawn(command, environment, stdout=output, stderr=output, cwd=folder)
    running = RunningQdrant(f"http://127.0.0.1:{http_port}", process)
    end = time.monotonic() + START_SECONDS
    while not _is_ready(running.url):
        if process.poll() is not None or time.monotonic() > end:
            running.close()
            raise QdrantStartError(f"{program} did not start, {log} says why; without it on the PATH this works too")
        time.sleep(_LOOK_SECONDS)
    return running


def _spawn(command: Sequence[str], environment: dict[str, str], **streams: Any) -> subprocess.Popen[str]:
    # A session of its own: Ctrl+C in the terminal reaches the process that started it, which ends it last.
    return subprocess.Popen(
        command,
        env=module_environment(environment),
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        **streams,
    )


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=1):  # noqa: S310  # this machine's own
            return True
    except (urllib.error.URLError, OSError):
        return False


def _pass_on(stream: IO[str]) -> None:
    for line in stream:
        sys.stderr.write(line)
