"""Starts Python programs by forking a process that has imported what they need.

A worker imports and reads models for seconds of CPU before it does anything, and the suite starts hundreds. What runs
is the same code in a process of its own: its environment, folder, arguments and streams are those that it was started
with, and signals reach it as they do any other.

    python -m tests.support.program_server FD     serves on the socket FD that it inherits
"""

import atexit
import gc
import importlib
import json
import os
import random
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from embeddings import static
from foundation.tokens import count_tokens
from tests.support import pdf_children, read_once
from tests.support.forked_process import NUMBER, ForkedProcess, Process, reap, receive, send, watch

REPOSITORY = Path(__file__).resolve().parents[2]
#: What workers and commands import, and never change while they do.
PRELOADED = (
    "fargate_worker", "worker.service", "composition.processor", "composition.configured", "composition.vector_stores",
    "composition.answers", "embeddings.static", "vector_stores.search", "vector_stores.migration",
    "embeddings.version_0_1.lexical", "model_api.transport", "qdrant_client", "qdrant_edge", "httpcore", "openai",
    "typer.main", "rich.table", "rich.live", "command_line.application", "command_line.documents", "command_line.runs",
    "command_line.stores", "command_line.upgrade", "command_line.inspect", "command_line.pdf_inspection",
    "command_line.dead_letters", "command_line.erase", "command_line.evaluate", "command_line.evaluate_answers",
    "command_line.program", "command_line.workers", "typer.rich_utils", "typer._adapters", "typer._click.decorators",
    "work_queue.signals", "encodings.idna",
)  # fmt: skip
#: Far more than the server has open.
MAX_DESCRIPTORS = 65_536
#: Tells the server whom its programs have the sandbox's children from.
_PDF_CHILDREN = "TEST_PDF_CHILDREN"


def start(
    arguments: Sequence[str], *, env: Mapping[str, str], stdout: IO[Any], stderr: IO[Any], cwd: Path = REPOSITORY
) -> Process:
    """Run `python ARGUMENTS`: a script, or `-m` and a module. Where a process can't be waited for by its descriptor
    (pidfd, Linux) it is started the usual way."""
    if not hasattr(os, "pidfd_open"):
        return subprocess.Popen(
            [sys.executable, *arguments], env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
    stdout.flush()
    stderr.flush()
    own, served = socket.socketpair()
    request = json.dumps({"arguments": list(arguments), "env": dict(env), "cwd": str(cwd)}).encode()
    with served:
        send(_server(), NUMBER.pack(len(request)), [served.fileno(), stdout.fileno(), stderr.fileno()])
    own.sendall(request)
    return ForkedProcess(own)


def run(
    arguments: Sequence[str], *, env: Mapping[str, str], timeout: float, cwd: Path = REPOSITORY
) -> "subprocess.CompletedProcess[str]":
    """`start`, and wait for its end: the counterpart of subprocess.run. Raises subprocess.TimeoutExpired."""
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        process = start(arguments, env=env, stdout=stdout, stderr=stderr, cwd=cwd)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess([*arguments], code, stdout.read(), stderr.read())


_running: socket.socket | None = None
_starting = threading.Lock()


def _server() -> socket.socket:
    """One for this process, started with the first program, ended with the process."""
    global _running
    with _starting:
        if _running is None:
            _running, served = socket.socketpair()
            with served:
                process = subprocess.Popen(
                    [sys.executable, "-m", "tests.support.program_server", str(served.fileno())],
                    env={**os.environ, _PDF_CHILDREN: pdf_children.address()},
                    cwd=REPOSITORY, pass_fds=[served.fileno()], stdin=subprocess.DEVNULL,
                )  # fmt: skip
            atexit.register(process.wait)
            atexit.register(_running.close)
    return _running


def serve(requests: socket.socket) -> None:
    """Fork a program for each request until the other end is closed."""
    _preload()
    gc.collect()
    gc.freeze()
    selector = selectors.DefaultSelector()
    selector.register(requests, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is requests:
                head, descriptors = receive(requests)
                if not head:
                    return
                connection = socket.socket(fileno=descriptors[0])
                request = json.loads(connection.recv(NUMBER.unpack(head)[0], socket.MSG_WAITALL))
                pid = os.fork()
                if pid == 0:
                    selector.close()
                    _run(request, descriptors)
                for descriptor in descriptors[1:]:
                    os.close(descriptor)
                watch(selector, pid, connection)
            else:
                reap(selector, key)


def _preload() -> None:
    """Import what programs import, and read what each of them would read anew."""
    for name in PRELOADED:
        importlib.import_module(name)
    pdf_children.use(os.environ[_PDF_CHILDREN])
    pdf_children.install()
    read_once.share()
    read_once.share_shapes()
    read_once.read()
    count_tokens("")
    # Not by embedding: a fork of a process in which the tokenizer has used its threads must do without them.
    static.load_tokenizer()
    static._tables()


def _run(request: dict[str, Any], descriptors: Sequence[int]) -> None:
    """Become the program. Never returns."""
    code = 70
    try:
        for target, source in enumerate((os.open(os.devnull, os.O_RDONLY), *descriptors[1:])):
            os.dup2(source, target)
        os.closerange(3, MAX_DESCRIPTORS)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if pdf_children.SPAWNED in os.environ:
            pdf_children.uninstall()
        tempfile.tempdir = None  # it was this environment's that counts
        random.seed()
        code = _exit_code(request["arguments"])
    except BaseException:  # noqa: BLE001 (as the interpreter does with what nothing catches)
        traceback.print_exc()
        code = 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                code = code or 120
        os._exit(code)


def _exit_code(arguments: list[str]) -> int:
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            sys.path.insert(0, str(Path(arguments[0]).parent))
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
        return 1
    finally:
        _end_of_interpreter()
    return 0


def _end_of_interpreter() -> None:
    """What the interpreter does when a program ends, and os._exit leaves out."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
