"""The PDF sandbox's children, forked from a process that has imported MuPDF.

A child imports for 0.3 s of CPU and reads a page in 0.05 s; the suite starts hundreds. What runs is the child's own
main loop, under its limits. Two points differ: when the thread that asked for it ends without ending it, the child goes
on until its socket is closed, and it has a process group but no session of its own.

    python -m tests.support.pdf_children LISTENER_FD LIFE_FD     serves until the other end of LIFE_FD is closed
"""

import atexit
import gc
import importlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn, cast

from pdf_reader import process
from tests.support.forked_process import NUMBER, ForkedProcess, reap, receive, send, watch

#: What a child imports, sooner or later.
PRELOADED = ("pdf_reader.child.loop", "pdf_reader.child.opening", "pdf_reader.child.page")
#: Far more than the server has open.
MAX_DESCRIPTORS = 65_536
#: Given to a program, it has the program start its children as the worker does.
SPAWNED = "TEST_SPAWN_PDF_CHILDREN"

spawn = process.start
_address: str | None = None
_starting = threading.Lock()


def fork(socket_fd: int, record_fd: int) -> ForkedProcess:
    """In place of `process.start`."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address())
    send(connection, NUMBER.pack(0), [socket_fd, record_fd])
    return ForkedProcess(connection)


def install() -> None:
    """Have this process fork its children, where a process can be waited for by its descriptor (pidfd, Linux)."""
    if hasattr(os, "pidfd_open"):
        process.start = cast(Any, fork)


def uninstall() -> None:
    process.start = spawn


def use(server_address: str) -> None:
    """Fork children from a server that another process has started."""
    global _address
    _address = server_address


def address() -> str:
    """Of this process's server, started with the first child, ended with the process."""
    global _address
    with _starting:
        if _address is None:
            folder = tempfile.TemporaryDirectory(prefix="pdf-children-")
            path = str(Path(folder.name) / "socket")
            life, served = socket.socketpair()
            with socket.socket(socket.AF_UNIX) as listener, served:
                listener.bind(path)
                listener.listen(64)
                descriptors = (listener.fileno(), served.fileno())
                server = subprocess.Popen(
                    [sys.executable, "-P", "-m", "tests.support.pdf_children", *map(str, descriptors)],
                    env=process.ENVIRONMENT, pass_fds=descriptors, start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                )  # fmt: skip
            atexit.register(folder.cleanup)
            atexit.register(server.wait)
            atexit.register(life.close)
            _address = path
    return _address


def serve(listener: socket.socket, life: socket.socket) -> None:
    """Fork a child for each that connects, until the process that started this one ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(life, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is life:
                return
            if key.fileobj is listener:
                connection, _ = listener.accept()
                _, descriptors = receive(connection)
                pid = os.fork()
                if pid == 0:
                    _run(descriptors)
                for descriptor in descriptors:
                    os.close(descriptor)
                # Also by the child itself: it must be killed as a group from the moment at which its number is known.
                os.setpgid(pid, pid)
                watch(selector, pid, connection)
            else:
                reap(selector, key)


def _run(descriptors: Sequence[int]) -> NoReturn:
    """Become the child, as `python -m pdf_reader.child` does."""
    from pdf_reader.child.loop import serve as serve_tasks

    code = 1
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(1, 2)  # /dev/null, as a child's
        for below, above in pairwise((2, *sorted(descriptors), MAX_DESCRIPTORS)):
            os.closerange(below + 1, above)
        serve_tasks(descriptors[0], descriptors[1], os.getppid())
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 (as the interpreter does with what nothing catches)
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(*(socket.socket(fileno=int(number)) for number in sys.argv[1:3]))
