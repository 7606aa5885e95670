"""`leafmill up` and `leafmill demo`: what goes wrong is one sentence, and nothing is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SECONDS = 240
CLEAN = {name: os.environ[name] for name in ("PATH", "HOME", "TIKTOKEN_CACHE_DIR") if name in os.environ}


def leafmill(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "command_line", *arguments],
        env={**CLEAN, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a terminal of its own, as far as signals go
        # Under nohup or in the background of a script these are ignored, and a child would inherit that.
        preexec_fn=_default_signals,
    )


def _default_signals() -> None:
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def test_a_port_that_is_taken_is_refused_before_anything_is_started_or_written(tmp_path: Path) -> None:
    env_file = tmp_path / "stack.env"
    env_file.write_text("of the one that runs\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with leafmill("up", "--port", str(port), "--env-file", str(env_file)) as done:
            printed, errors = done.communicate(timeout=SECONDS)
    assert (done.returncode, printed) == (2, "")
    (line,) = errors.splitlines()
    assert line.startswith(f"error: port {port} can't be had (address already in use)")
    assert "--port" in line
    assert env_file.read_text() == "of the one that runs\n"


@pytest.fixture
def running(tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    """A local stack with worker and panel."""
    with leafmill("up", "--port", "0", "--env-file", str(tmp_path / "stack.env")) as process:
        process.stderr.close()  # type: ignore[union-attr] - what worker and panel log
        assert process.stdout is not None
        assert any("Ctrl-C ends it" in line for line in iter(process.stdout.readline, ""))
        yield process
        if process.poll() is None:
            process.terminate()


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc, and only Linux tells children of a parent's death")
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGHUP, id="terminal closed"),
        pytest.param(signal.SIGKILL, id="killed", marks=pytest.mark.system),
    ],
)
def test_nothing_is_left_behind(running: "subprocess.Popen[str]", number: signal.Signals) -> None:
    children = _descendants(running.pid)
    programs = " ".join(_command(pid) for pid in children)
    assert "fargate_worker" in programs
    assert " app " in programs
    running.send_signal(number)
    code = running.wait(SECONDS)
    assert code == (0 if number == signal.SIGHUP else -signal.SIGKILL)
    deadline = time.monotonic() + SECONDS
    while left := [pid for pid in children if _is_alive(pid)]:
        assert time.monotonic() < deadline, [_command(pid) for pid in left]
        time.sleep(0.1)


@pytest.mark.system
def test_a_bad_pdf_in_the_demo_is_told_in_the_table_and_nobody_sees_a_log(tmp_path: Path, samples: Path) -> None:
    corrupt = tmp_path / "corrupt.pdf"
    corrupt.write_bytes(b"%PDF-1.7\n" + bytes(99))
    with leafmill("demo", str(corrupt), str(samples / "notice-to-mariners.pdf")) as done:
        printed, errors = done.communicate(timeout=SECONDS)
    assert done.returncode == 1
    assert "corrupt" in printed
    assert "failed" in printed
    assert "search" in printed, "the other document is searched all the same"
    assert errors.splitlines() == ["1 document did not become searchable; the reasons are above"]


@pytest.mark.system
def test_what_is_no_pdf_is_no_demo() -> None:
    with leafmill("demo", "Makefile") as done:
        _, errors = done.communicate(timeout=SECONDS)
    assert (done.returncode, errors) == (2, "error: Makefile: not a PDF: this looks like plain text\n")


def _descendants(pid: int) -> list[int]:
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found + [deeper for child in found for deeper in _descendants(child)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
