"""`make up`: a local stack, a worker and the panel, until Ctrl-C.

    moto_process.py     S3, SQS, DynamoDB
    qdrant_server/      Qdrant's engine behind its REST API, or a Qdrant that is there
    fargate_worker.py   as on AWS
    app.py              gunicorn with threads, as on AWS

Without APP_PASSWORD and SECRET_KEY random ones are made, and the sign-in is printed. Uses a real model when
OPENAI_API_KEY or OPENAI_BASE_URL is set. What is in S3 and the queue goes with the stack.
"""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from command_line.output import fail, one_line_errors, out
from development_stack.qdrant import QdrantStartError
from development_stack.stack import local_stack, write_env_file

REPOSITORY = Path(__file__).resolve().parents[1]

DEFAULT_PORT = 8000
#: A worker that is told to stop gives its documents back within this.
STOP_SECONDS = 20.0
_START_TRIES = 300
_TRY_SECONDS = 0.1


class _Secrets(BaseSettings):
    """What the environment already says about the sign-in."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    app_password: SecretStr | None = None
    secret_key: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """All of it running. `env` points at it; `password` signs in."""

    url: str
    password: str
    env: dict[str, str]
    processes: "tuple[subprocess.Popen[bytes], ...]"


@contextmanager
def everything(folder: Path, *, port: int = 0, log: Path | None = None) -> Iterator[Everything]:
    """Stack, worker and panel, as long as the block lasts. `log` takes what worker and panel say, else the terminal.

    Raises RuntimeError when a part doesn't start.
    """
    given = _Secrets()
    password = given.app_password.get_secret_value() if given.app_password else secrets.token_urlsafe(9)
    key = given.secret_key.get_secret_value() if given.secret_key else secrets.token_urlsafe(32)
    port = port or _free_port()
    with ExitStack() as parts:
        stack = parts.enter_context(local_stack(folder))
        env = {**stack.env, "APP_PASSWORD": password, "SECRET_KEY": key, "PANEL_HTTPS": "false"}
        env["ENV_FILE"] = os.devnull  # a .env in the folder is not meant
        stream = parts.enter_context(log.open("ab")) if log else None
        commands = (["fargate_worker.py"], ["app.py", "--bind", f"127.0.0.1:{port}"])
        processes = tuple(parts.enter_context(_program(command, env, stream)) for command in commands)
        address = f"http://127.0.0.1:{port}"
        _wait_until_served(f"{address}/health", processes)
        yield Everything(address, password, env, processes)


@contextmanager
def _program(command: list[str], env: dict[str, str], stream: IO[bytes] | None) -> "Iterator[subprocess.Popen[bytes]]":
    """One of the project's programs in a session of its own; SIGTERM ends it with the block."""
    process = subprocess.Popen(
        [sys.executable, str(REPOSITORY / command[0]), *command[1:]],
        env={**os.environ, **env},
        cwd=REPOSITORY,
        stdout=stream,
        stderr=stream,
        start_new_session=True,
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


def _wait_until_served(url: str, processes: "tuple[subprocess.Popen[bytes], ...]") -> None:
    pause = threading.Event()
    for _ in range(_START_TRIES):
        if any(process.poll() is not None for process in processes):
            raise RuntimeError("the worker or the panel did not start; its last words are above")
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            pause.wait(_TRY_SECONDS)
    raise RuntimeError("the panel did not start in time")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(
    port: Annotated[int, typer.Option(help="Of the panel; 0 takes a free one.")] = DEFAULT_PORT,
    env_file: Annotated[
        Path, typer.Option(help="Where to write the settings, for commands in another terminal.")
    ] = Path(".local/stack.env"),
) -> None:
    """Start the local stack, a worker and the panel, and stay until Ctrl-C."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with (
            one_line_errors(),
            tempfile.TemporaryDirectory(prefix="up-") as folder,
            everything(Path(folder), port=port) as running,
        ):
            write_env_file(env_file, {name: value for name, value in running.env.items() if name != "ENV_FILE"})
            out.print(
                f"\n[bold]panel[/bold]     {running.url}\n[bold]password[/bold]  {running.password}", soft_wrap=True
            )
            out.print(f"commands in another terminal: export ENV_FILE={env_file}", soft_wrap=True)
            out.print("Ctrl-C ends it\n")
            while not ended.wait(1.0):
                if any(process.poll() is not None for process in running.processes):
                    fail("the worker or the panel has ended", 1)
    except (RuntimeError, QdrantStartError) as error:
        fail(str(error), 3)


if __name__ == "__main__":
    typer.run(main)
