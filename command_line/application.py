"""`leafmill`: one application, one command. The table below is all that a new command needs."""

import sys
from typing import Annotated

import typer

from command_line.lazy_commands import Extra, LazyCommand, lazy_group

PROGRAM = "leafmill"

PANEL = Extra("panel", ("flask", "flask_wtf", "gunicorn"))
MCP = Extra("mcp", ("mcp", "uvicorn"))
STACK = Extra("stack", ("moto", "yaml", "flask"))

COMMANDS = (
    LazyCommand("ingest", "command_line.ingest:ingest", "Upload PDFs, watch them, and report what came of them."),
    LazyCommand("search", "command_line.stores:search", "Search a store, by meaning and by words."),
    LazyCommand("ask", "command_line.ask:ask", "Answer a question from the documents, and name the pages."),
    LazyCommand("inspect", "command_line.inspect:inspect_pdf", "Show what the pipeline sees in a PDF."),
    LazyCommand("upload", "command_line.documents:upload", "Upload PDFs to S3; the bucket's event queues them."),
    LazyCommand("enqueue", "command_line.runs:enqueue", "Queue some documents."),
    LazyCommand("enqueue-all", "command_line.runs:enqueue_all", "Queue every PDF under the source prefix."),
    LazyCommand("watch", "command_line.runs:watch", "Show a run, live, until it is over."),
    LazyCommand("status", "command_line.documents:status", "What became of the documents, and what the queue holds."),
    LazyCommand("delete", "command_line.documents:delete", "Delete documents, and everything derived from them."),
    LazyCommand("erase", "command_line.erase:erase", "Erase documents, every version and trace of them."),
    LazyCommand("dlq", "command_line.dead_letters:app", "Messages that were given up, and what can be done with them."),
    LazyCommand("workers", "command_line.workers:app", "Pause all workers, or let them go on."),
    LazyCommand("events", "command_line.events:app", "Events for other programs: list, send, send again."),
    LazyCommand("keys", "command_line.keys:app", "Create, list and revoke keys of the API."),
    LazyCommand("stores", "command_line.stores:app", "What the stores hold; move them to another embedding model."),
    LazyCommand(
        "evaluate",
        "command_line.evaluate:evaluate",
        "Measure the configured search or answers on your questions.",
    ),
    LazyCommand("doctor", "command_line.doctor.command:doctor", "Check every setting and service."),
    LazyCommand("upgrade", "command_line.upgrade:upgrade", "Do again what older versions stored; say the price first."),
    LazyCommand(
        "index-answers",
        "command_line.index_answers:index_answers",
        "Note in the table which model's answers S3 holds.",
    ),
    LazyCommand("worker", "command_line.programs:worker", "Turn queued PDFs into searchable knowledge."),
    LazyCommand("panel", "command_line.programs:panel", "Serve the admin panel and the chat.", extra=PANEL),
    LazyCommand(
        "mcp", "mcp_server.command:mcp", "Serve the documents to agents by the Model Context Protocol.", extra=MCP
    ),
    LazyCommand("up", "development_stack.up:up", "Run a local stack, a worker and the panel.", extra=STACK),
    LazyCommand("demo", "development_stack.demo:demo", "Run sample PDFs through a local stack.", extra=STACK),
)


def _quiet_logs() -> None:
    """Results are for standard output; what goes wrong on the way goes to standard error."""
    from foundation.logs import configure_logs

    configure_logs("console", "WARNING")


app = typer.Typer(
    cls=lazy_group(COMMANDS, _quiet_logs), no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"{PROGRAM} {version(PROGRAM)}\n")
        raise typer.Exit


@app.callback()
def _leafmill(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Drop a PDF into S3; minutes later it is searchable, and every answer shows its place on the page."""


def main() -> None:
    """What the installed command `leafmill` calls."""
    from command_line.program import run

    run(app, PROGRAM)
