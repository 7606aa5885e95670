"""One child process, seen from the worker: start it, give it a task, hear its messages, end it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from foundation.errors import FailureCode, TransientError
from pdf_reader import faults, wire
from pdf_reader.document import SandboxLimits

_REPOSITORY = Path(__file__).resolve().parents[1]
#: Starting Python and MuPDF: about 1.5 s of CPU, much more wall time on a busy machine.
START_TIMEOUT_SECONDS = 120.0
#: The child ends itself at its limits; the worker ends it this much later if it doesn't.
GRACE_SECONDS = 3.0
#: A page's pixels, 8 MB of them as a rule, are freed and asked for again with each page. By glibc's own rule they may
#: go back to the kernel in between, depending on what else was freed: then it clears them anew, for a quarter of the
#: page's CPU time. Blocks smaller than the first number stay in the process, up to the second in all.
_KEPT_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024 * 1024),
}
#: A child sees nothing of the worker's environment, secrets least of all; one thread each for OCR and numpy.
ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "PATH": os.defpath,
    "PYTHONPATH": str(_REPOSITORY),
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    **_KEPT_MEMORY,
}


class ChildDiedError(Exception):
    """The child ended over its task, in this step and for this reason; `exit_code` is negative for a signal."""

    def __init__(self, death: faults.Death, exit_code: int) -> None:
        super().__init__(f"{death.step.value}: {death.cause.value}")
        self.death = death
        self.exit_code = exit_code


class ChildDefectError(Exception):
    """Our own code in the child failed; the message is its traceback."""


def start(socket_fd: int, record_fd: int) -> "subprocess.Popen[bytes]":
    """A child that serves on this socket and says in this file where it is, as leader of a process group of its own."""
    fds = (socket_fd, record_fd)
    return subprocess.Popen(  # noqa: S603
        # -P: the folder that somebody works in may have a config.py of its own.
        [sys.executable, "-P", "-m", "pdf_reader.child", *map(str, fds), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        pass_fds=fds,
        start_new_session=True,
    )


class ChildProcess:
    """A child with its limits. Used by the thread that made it, except `kill`.

    Making one raises errors.TransientError when the machine has no room for it.

    It dies with the thread that made it, and so with the worker, however that ends (`PR_SET_PDEATHSIG`); without
    that call (not Linux) it ends at the end of its task, or at the latest at its page's time limit.
    """

    def __init__(self, limits: SandboxLimits) -> None:
        ours, theirs = socket.socketpair()
        self._record = tempfile.TemporaryFile()  # noqa: SIM115 (closed by end)
        self._recorder = wire.FlightRecorder(self._record.fileno())
        self._timeout_seconds = limits.page_timeout_seconds + GRACE_SECONDS
        self._overdue = False
        self._lock = threading.Lock()
        with theirs:
            self._popen = start(theirs.fileno(), self._record.fileno())
        self._connection = Connection(ours.detach())
        self.pages_read = 0
        self.was_killed = False
        try:
            self._connection.send_bytes(wire.pack(limits))
            self._receive(START_TIMEOUT_SECONDS)
        except (ChildDiedError, ChildDefectError, OSError) as error:
            self.end()
            reason = str(error).rstrip().rpartition("\n")[2]
            message = f"a process that reads PDFs could not be started: {reason}"
            raise TransientError(FailureCode.INTERNAL, message) from None
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self._popen.pid

    def send(self, task: wire.Task) -> None:
        self._recorder.write(0, wire.Step.OPEN)
        try:
            self._connection.send_bytes(wire.pack(task))
        except OSError:
            raise self._died() from None

    def receive(self) -> wire.Message:
        """The next message. Raises ChildDiedError when there is none, or none in time."""
        return self._receive(self._timeout_seconds)

    def _receive(self, timeout_seconds: float) -> wire.Message:
        try:
            if not self._connection.poll(timeout_seconds):
                self._overdue = True
                raise self._died()
            message = wire.unpack_from_child(self._connection.recv_bytes(wire.MAX_MESSAGE_BYTES))
        except (OSError, EOFError, wire.BadMessageError):
            raise self._died() from None
        if isinstance(message, wire.Defect):
            raise ChildDefectError(message.trace)
        return message

    def _died(self) -> ChildDiedError:
        exit_code = self._end_process()
        _, step = self._recorder.read()
        return ChildDiedError(faults.Death(step, faults.cause_of(exit_code, overdue=self._overdue)), exit_code)

    def kill(self) -> None:
        """End it and what it started, at once. Thread-safe; harmless when it has ended."""
        self.was_killed = True
        with self._lock:
            # Only while it isn't reaped: after that its number may be another's.
            if self._popen.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._popen.pid, signal.SIGKILL)

    def _end_process(self) -> int:
        self.kill()
        with self._lock:
            return self._popen.wait()

    def end(self) -> None:
        self._end_process()
        self._connection.close()
        self._record.close()
