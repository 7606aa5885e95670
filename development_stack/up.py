"""`make up` and `leafmill up`: a local stack, a worker and the panel, until Ctrl-C.

    moto_process.py     S3, SQS, DynamoDB
    qdrant_server/      Qdrant's engine behind its REST API, or a Qdrant that is there
    fargate_worker.py   as on AWS
    app.py              gunicorn with threads, as on AWS

Without APP_PASSWORD and SECRET_KEY random ones are made, and the sign-in is printed. Uses a real model when
OPENAI_API_KEY or OPENAI_BASE_URL is set. What is in S3 and the queue goes with the stack.
"""

import os
import secrets
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.markup import escape

from command_line.output import EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE, fail, one_line_errors, out
from development_stack.programs import PortTakenError, end_signal, free_port, program, refuse_taken_port
from development_stack.qdrant import QdrantStartError
from development_stack.stack import local_stack, write_env_file

DEFAULT_PORT = 8000
#: An idle worker ends when its poll has ended, and here somebody waits for that who has pressed Ctrl-C.
WAIT_TIME_SECONDS = "2"
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

    Raises PortTakenError before anything is started, and RuntimeError when a part doesn't start.
    """
    refuse_taken_port(port)
    given = _Secrets()
    password = given.app_password.get_secret_value() if given.app_password else secrets.token_urlsafe(9)
    key = given.secret_key.get_secret_value() if given.secret_key else secrets.token_urlsafe(32)
    port = port or free_port()
    with ExitStack() as parts:
        stack = parts.enter_context(local_stack(folder))
        env = {**stack.env, "APP_PASSWORD": password, "SECRET_KEY": key, "PANEL_HTTPS": "false"}
        env["ENV_FILE"] = os.devnull  # a .env in the folder is not meant
        env["WAIT_TIME_SECONDS"] = WAIT_TIME_SECONDS
        stream = parts.enter_context(log.open("ab")) if log else None
        worker = parts.enter_context(program("fargate_worker", env=env, stream=stream))
        panel = parts.enter_context(program("app", "--bind", f"127.0.0.1:{port}", env=env, stream=stream))
        processes = (worker, panel)
        address = f"http://127.0.0.1:{port}"
        _wait_until_served(f"{address}/health", processes)
        yield Everything(address, password, env, processes)


def _wait_until_served(url: str, processes: "tuple[subprocess.Popen[bytes], ...]") -> None:
    pause = threading.Event()
    for _ in range(_START_TRIES):
        if any(process.poll() is not None for process in processes):
            raise RuntimeError("the worker or the panel did not start; its log is above")
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, OSError):
            pause.wait(_TRY_SECONDS)
    raise RuntimeError("the panel did not start in time")


def up(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Of the panel; 0 takes a free one.")] = DEFAULT_PORT,
    env_file: Annotated[
        Path, typer.Option(help="Where to write the settings, for commands in another terminal.")
    ] = Path(".local/stack.env"),
) -> None:
    """Run a local stack, a worker and the panel.

    Stays until Ctrl-C, SIGTERM or the end of the terminal, and ends all of it then.
    """
    try:
        with (
            one_line_errors(),
            end_signal() as ended,
            tempfile.TemporaryDirectory(prefix="up-") as folder,
            everything(Path(folder), port=port) as running,
        ):
            write_env_file(env_file, {name: value for name, value in running.env.items() if name != "ENV_FILE"})
            _greet(running, env_file)
            while not ended.wait(1.0):
                if any(process.poll() is not None for process in running.processes):
                    fail("the worker or the panel has ended", EXIT_FAILED)
            out.print("ending; a document that is being processed is given back first")
    except PortTakenError as error:
        fail(str(error), EXIT_USAGE)
    except (RuntimeError, QdrantStartError) as error:
        fail(str(error), EXIT_UNREACHABLE)


def _greet(running: Everything, env_file: Path) -> None:
    out.print(f"\n[bold]panel[/bold]     {running.url}", soft_wrap=True)
    out.print(f"[bold]password[/bold]  {escape(running.password)}", soft_wrap=True)
    out.print(f"commands in another terminal: export ENV_FILE={escape(str(env_file))}", soft_wrap=True)
    out.print("Ctrl-C ends it, as SIGTERM does\n")


if __name__ == "__main__":
    from command_line.program import run

    application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    application.command()(up)
    run(application)
