"""Runs a command-line application: a mistake of use is one sentence on standard error, and exit code 2."""

import sys
from typing import NoReturn

import typer
from typer.main import get_command

_EXIT_INTERRUPTED = 130


def run(app: typer.Typer, name: str | None = None) -> NoReturn:
    """Run `app` with the process's arguments under the name that its help shows, and end the process."""
    try:
        code = get_command(app).main(prog_name=name, standalone_mode=False)
    except typer.TyperException as error:
        message = error.format_message().replace("Value error, ", "")  # pydantic's word, before a choice's own
        if message.startswith("Usage:"):  # a group without a command shows its help
            sys.stderr.write(message + "\n")
        else:
            hint = f"; `{command} --help` shows how" if (command := _command_of(error)) else ""
            sys.stderr.write(f"error: {' '.join(message.split()).rstrip('.')}{hint}\n")
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(_EXIT_INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _command_of(error: typer.TyperException) -> str | None:
    context = getattr(error, "ctx", None)
    return context.command_path if context else None
