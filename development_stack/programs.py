"""Starts the project's programs beside this one, and ends them with it, however it ends."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from foundation.listening import why_not_free

#: The folder that holds the packages: the clone's root, or site-packages.
ROOT = Path(__file__).resolve().parents[1]
#: A worker that gets SIGTERM gives its documents back within this.
STOP_SECONDS = 20.0
#: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
_PR_SET_PDEATHSIG = 1
_END_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has no SIGHUP


class PortTakenError(Exception):
    """Something listens on the port already."""


def refuse_taken_port(port: int) -> None:
    """Raise PortTakenError unless the loopback port can be bound; 0 always can."""
    if reason := why_not_free("127.0.0.1", port):
        raise PortTakenError(
            f"port {port} can't be had ({reason}): end what listens there, or choose another with --port"
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def module_command(module: str, *arguments: str) -> list[str]:
    """Runs a module of the project, which `module_environment` finds. -P: this folder may have a `config.py` too."""
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment(env: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `env` over it, in which the project's modules are found."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **env, "PYTHONPATH": os.pathsep.join(paths)}


@contextmanager
def program(
    module: str,
    *arguments: str,
    env: Mapping[str, str],
    stream: IO[Any] | None = None,
    metrics: IO[Any] | None = None,
) -> "Iterator[subprocess.Popen[bytes]]":
    """One of the project's programs in a session of its own. SIGTERM ends it with the block, and (on Linux) with this
    process, were that killed. `stream` takes what it says, and `metrics` its standard output if that goes elsewhere."""
    process = subprocess.Popen(
        module_command(module, *arguments),
        env=module_environment(env),
        stdout=metrics or stream,
        stderr=stream,
        start_new_session=True,
        preexec_fn=_end_with_parent(),
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def end_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM or the end of the terminal (SIGHUP) sets, instead of ending this process.

    A SIGHUP that is ignored already, as under nohup, stays so.
    """
    ended = threading.Event()
    before = {number: signal.getsignal(number) for number in _END_SIGNALS}
    for number, handler in before.items():
        if number == signal.SIGINT or handler is not signal.SIG_IGN:
            signal.signal(number, lambda *_: ended.set())
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def unwound_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block as Ctrl-C does: everything that it holds is closed."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in _END_SIGNALS if number != signal.SIGINT}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_with_parent() -> Callable[[], None] | None:
    """What a child calls between fork and exec. Nothing but one system call: other threads don't exist there."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask_for_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return ask_for_signal
