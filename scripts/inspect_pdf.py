#!/usr/bin/env python3
"""What the pipeline sees in a PDF: pages, headings, links, tables and chunks. Needs no AWS and no settings.

The same as `leafmill inspect`.
"""

import sys

import typer

from command_line.inspect import inspect_pdf
from command_line.program import run
from foundation.logs import configure_logs

app = typer.Typer(help=__doc__, pretty_exceptions_enable=False, add_completion=False)
app.command(help=__doc__)(inspect_pdf)


if __name__ == "__main__":
    configure_logs("console", "WARNING", sys.stderr)
    run(app)
