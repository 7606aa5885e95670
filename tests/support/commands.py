"""Runs one command in this process, as `leafmill` would."""

from collections.abc import Callable
from typing import Any

import typer
from typer.testing import CliRunner, Result


def invoke(command: Callable[..., Any], *arguments: str) -> Result:
    """Its exit code, standard output and standard error."""
    app = typer.Typer(add_completion=False)
    app.command()(command)
    return CliRunner().invoke(app, list(arguments))
