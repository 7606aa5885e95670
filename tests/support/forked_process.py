"""A process that a server has forked for this one, and how the two speak of it."""

import array
import contextlib
import os
import selectors
import signal
import socket
import struct
import subprocess
from collections.abc import Sequence
from typing import Protocol, cast

NUMBER = struct.Struct("!q")
#: That come with one request.
_MAX_DESCRIPTORS = 3


class Process(Protocol):
    """The part of subprocess.Popen that tests use."""

    pid: int

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def kill(self) -> None: ...


class ForkedProcess:
    """A program that the server has forked."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.returncode: int | None = None
        self.pid = self._receive()

    def poll(self) -> int | None:
        if self.returncode is None:
            self._connection.setblocking(False)
            try:
                self.returncode = self._receive()
            except BlockingIOError:
                return None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = self._receive()
            except TimeoutError:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0) from None
        return self.returncode

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _receive(self) -> int:
        received = self._connection.recv(NUMBER.size, socket.MSG_WAITALL)
        if len(received) < NUMBER.size:
            raise RuntimeError("the program server has ended")
        return cast(int, NUMBER.unpack(received)[0])


def send(connection: socket.socket, data: bytes, descriptors: Sequence[int]) -> None:
    connection.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))])


def receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    """The head of a request, and what came with it."""
    received, descriptors, _, _ = socket.recv_fds(connection, NUMBER.size, _MAX_DESCRIPTORS)
    return received, list(descriptors)


def watch(selector: selectors.BaseSelector, pid: int, connection: socket.socket) -> None:
    """In the server: say the number of what it has forked, and have `selector` say when it has ended."""
    _tell(connection, pid)
    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, connection))


def reap(selector: selectors.BaseSelector, ended: selectors.SelectorKey) -> None:
    """In the server: say the exit code of what has ended."""
    pid, connection = ended.data
    _, status = os.waitpid(pid, 0)
    selector.unregister(ended.fileobj)
    os.close(cast(int, ended.fileobj))
    with connection:
        _tell(connection, os.waitstatus_to_exitcode(status))


def _tell(connection: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody wants to know any more
        connection.sendall(NUMBER.pack(number))
