"""The programs that stay: the worker and the panel, as `leafmill` starts them."""

from importlib import import_module
from typing import Annotated, Any

import typer

from command_line.output import EXIT_USAGE, fail
from foundation.listening import why_not_free


def worker(
    until_empty: Annotated[bool, typer.Option("--until-empty", help="End with 0 once the queue is drained.")] = False,
    healthcheck: Annotated[
        bool, typer.Option("--healthcheck", help="End with 0 if a worker here polls, else with 1.")
    ] = False,
) -> None:
    """Turn queued PDFs into searchable knowledge.

    Runs until SIGTERM, which lets running documents finish; a second SIGTERM doesn't. Exit codes: 0 stopped
    in order or queue empty, 1 a bug, 2 wrong settings, 3 a service can't be reached.
    """
    flags = {"--until-empty": until_empty, "--healthcheck": healthcheck}
    if all(flags.values()):
        raise typer.BadParameter("--until-empty and --healthcheck exclude each other")
    raise typer.Exit(_program("fargate_worker").main([flag for flag, given in flags.items() if given]))


def panel(
    bind: Annotated[str, typer.Option("--bind", help="Address and port.")] = "127.0.0.1:8000",
) -> None:
    """Serve the admin panel and the chat.

    Needs APP_PASSWORD and SECRET_KEY. Goes on until SIGTERM.
    """
    refuse_taken_address(bind)
    raise typer.Exit(_program("app").main(["--bind", bind]))


def refuse_taken_address(bind: str) -> None:
    """End the program when something listens at `host:port` already: the server would try for five seconds first."""
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal():
        return  # a socket file or an address that the server itself refuses
    if reason := why_not_free(host.strip("[]"), int(port)):
        fail(f"{bind} can't be had ({reason}): end what listens there, or choose another with --bind", EXIT_USAGE)


def _program(name: str) -> Any:
    """An entry point of the project. They stand above the commands, and nothing of them is used but `main`."""
    return import_module(name)
