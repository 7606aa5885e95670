"""The panel as it is served: gunicorn with threads, more viewers than places, viewers who leave, and SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.support.machine import REPOSITORY
from tests.support.panel import PANEL_ENV, PASSWORD, until
from web.panel import MAX_ANSWERS, MAX_VIEWERS, SERVER_THREADS

#: A heartbeat would find a viewer gone as well, but late: here it never comes.
PROGRAM = "import web.events; web.events.HEARTBEAT_SECONDS = 1e9; import app; app.main(['--bind', '{address}'])"
PATIENCE_SECONDS = 60


@dataclass
class Served:
    process: "subprocess.Popen[bytes]"
    port: int

    def ask(self, path: str) -> socket.socket:
        """A connection on which `path` was asked for."""
        asked = socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS)
        asked.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {PASSWORD}\r\n\r\n".encode())
        return asked

    def status(self, path: str) -> int:
        with self.ask(path) as asked:
            return status_of(asked)


def status_of(asked: socket.socket) -> int:
    answer = b""
    while b"\r\n" not in answer:
        more = asked.recv(4_096)
        assert more, "the server hung up without an answer"
        answer += more
    return int(answer.split(b" ", 2)[1])


@pytest.fixture
def served(stack_env: dict[str, str]) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-c", PROGRAM.format(address=f"127.0.0.1:{port}")]
    env = {**os.environ, **stack_env, **PANEL_ENV, "ENV_FILE": os.devnull}
    with subprocess.Popen(command, env=env, cwd=REPOSITORY, stderr=subprocess.DEVNULL) as process:
        here = Served(process, port)
        try:
            until(lambda: is_up(here), tries=PATIENCE_SECONDS * 50)
            yield here
        finally:
            process.kill()


def is_up(served: Served) -> bool:
    assert served.process.poll() is None
    try:
        return served.status("/health") == 200
    except OSError:
        return False


def test_those_who_watch_never_keep_others_from_working_and_asking(served: Served) -> None:
    assert MAX_VIEWERS + MAX_ANSWERS < SERVER_THREADS
    with ExitStack() as viewers:
        watching = [
            viewers.enter_context(served.ask("/api/admin/events")) for _ in range(SERVER_THREADS + 1)
        ]  # one more than there are threads
        told = sorted(status_of(viewer) for viewer in watching)
        assert told == [200] * MAX_VIEWERS + [503] * (SERVER_THREADS + 1 - MAX_VIEWERS)
        assert served.status("/api/admin/status") == 200
        assert served.status("/api/chat?q=floodgate") == 200
    # All have left: a second later their places are free again, although nothing was written to them.
    until(lambda: served.status("/api/admin/events") == 200, tries=PATIENCE_SECONDS * 50)


def test_live_views_end_with_the_server(served: Served) -> None:
    with served.ask("/api/admin/events") as viewer:
        assert status_of(viewer) == 200
        served.process.send_signal(signal.SIGTERM)
        viewer.settimeout(PATIENCE_SECONDS)
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while viewer.recv(4_096):
            assert time.monotonic() < ends_at
    assert served.process.wait(PATIENCE_SECONDS) == 0
