"""`leafmill` as a program: what it lists, what it imports for that, and how it refuses what makes no sense."""

import inspect
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

import pytest
import typer

from command_line.application import COMMANDS
from command_line.lazy_commands import Extra, LazyCommand
from tests.support import program_server

#: Each costs tens or hundreds of milliseconds; `--help` and `--version` may take 0.3 s.
HEAVY = ("boto3", "pydantic", "rich", "structlog", "config", "composition", "flask", "qdrant_client", "openai", "mcp")
#: What `status` has no use for; it may take 1 s.
NOT_FOR_STATUS = ("qdrant_client", "openai", "pymupdf", "numpy", "flask", "tiktoken", "PIL", "vector_stores")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "command_line", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def imported(code: str) -> set[str]:
    """The top-level modules that a program has imported when it ends."""
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit: pass\nsys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=240, check=True)
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(option: str) -> None:
    found = imported(f"sys.argv = ['leafmill', '{option}']; from command_line.application import main; main()")
    assert "typer" in found
    assert not found.intersection(HEAVY)


def test_status_imports_nothing_that_it_has_no_use_for() -> None:
    found = imported("import command_line.documents")
    assert "boto3" in found
    assert not found.intersection(NOT_FOR_STATUS)


def test_the_version_is_the_packages() -> None:
    assert run("--version").stdout == f"leafmill {version('leafmill')}\n"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_listed_as_it_describes_itself(command: LazyCommand) -> None:
    module, _, attribute = command.target.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        described = found.info.help if isinstance(found.info.help, str) else ""
        callback = found.registered_callback
        described = described or inspect.getdoc(callback.callback if callback else None) or ""
    else:
        described = inspect.getdoc(found) or ""
    assert described.splitlines()[0] == command.help


def test_help_lists_every_command_on_one_line() -> None:
    shown = run("--help").stdout
    for command in COMMANDS:
        assert re.search(rf"^  {command.name} +{re.escape(command.help)}$", shown, re.MULTILINE), command.name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["statsu"], ["No such command 'statsu'", "'status'"]),
        (["status", "--nope"], ["--nope", "leafmill status --help"]),
        (["search"], ["Missing argument", "leafmill search --help"]),
        (["search", "x", "--limit", "0"], ["--limit", "1"]),
        (["search", "  "], ["what you want to know"]),
        (["search", "x", "--store", "nope"], ["--store", "pages, semantic, haystack"]),
        (["ask", ""], ["what you want to know"]),
        (["ingest"], ["Missing argument"]),
        (["inspect", "/nope.pdf"], ["/nope.pdf", "does not exist"]),
        (["worker", "--until-empty", "--healthcheck"], ["--until-empty", "--healthcheck"]),
        (["status"], ["ENV_FILE", "/nope/my.env"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_a_mistake_of_use_is_one_sentence_and_exit_code_2(arguments: list[str], words: list[str]) -> None:
    done = program_server.run(["-m", "command_line", *arguments], env={"ENV_FILE": "/nope/my.env"}, timeout=240)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    for word in words:
        assert word in line


def test_without_its_extra_a_command_says_what_to_install() -> None:
    command = LazyCommand("panel", "app:main", "", extra=Extra("panel", ("sys", "no_such_module")))
    with pytest.raises(
        typer.TyperException,
        match=r"no_such_module is not there: in a clone of leafmill run `pip install '\.\[panel\]'`",
    ) as caught:
        command.load()
    assert caught.value.exit_code == 2
