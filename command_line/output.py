"""What commands share: tables for people, JSON for machines, one-line errors and exit codes.

Exit codes: 0 done, 1 something asked for did not succeed, 2 wrong settings or usage, 3 a service can't be reached,
130 interrupted.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from composition.outages import describe_outage
from config import Settings, load_settings
from foundation.errors import (
    BusyError,
    CancelledWorkError,
    DeploymentError,
    IngestionError,
    SettingsError,
    TransientError,
)
from foundation.question_text import question_text
from foundation.store_names import STORE_NAMES, StoreName, parse_store_names

#: With more missing settings than this, nothing was set in this terminal.
MAX_FORGOTTEN = 2
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_UNREACHABLE = 3
EXIT_INTERRUPTED = 130

Keys = Annotated[list[str], typer.Argument(help="S3 keys; the source prefix may be left out.")]
PrefixOption = Annotated[str | None, typer.Option("--prefix", help="Only keys that begin so.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

#: Without a terminal nobody's window limits a table.
_FILE_WIDTH = 160
#: Results go to standard output, everything else to standard error.
out = Console(highlight=False, width=None if sys.stdout.isatty() else _FILE_WIDTH)
err = Console(stderr=True, highlight=False)


def counted(count: int, noun: str) -> str:
    """`1 document`, `1,200 documents`. Pure."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


_STATE_STYLES = {
    "succeeded": "green", "degraded": "yellow", "failed": "red", "processing": "cyan", "cancelled": "magenta",
}  # fmt: skip


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the program with one clear line instead of a traceback."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except SettingsError as error:
        fail(f"{error}{_other_terminal(error.faults)}", EXIT_USAGE)
    except DeploymentError as error:
        fail(str(error), EXIT_FAILED)
    except TransientError as error:
        fail(describe_outage(error, _settings()), EXIT_UNREACHABLE)
    except BusyError as error:
        fail(f"{error}: run the command again when `leafmill status` shows that it has ended", EXIT_FAILED)
    except (IngestionError, CancelledWorkError) as error:
        fail(str(error), EXIT_FAILED)
    except (BotoCoreError, ClientError) as error:
        fail(f"AWS: {error}", EXIT_UNREACHABLE)


def _other_terminal(faults: Sequence[str]) -> str:
    """What most people forgot who have set nothing at all."""
    is_unset = sum(fault.endswith("is missing") for fault in faults) > MAX_FORGOTTEN
    return ". For the stack of `leafmill up`: export ENV_FILE=.local/stack.env" if is_unset else ""


def _settings() -> Settings | None:
    try:
        return load_settings()
    except SettingsError:
        return None  # as where a stack is made: there are none yet


def fail(message: str, code: int) -> NoReturn:
    err.print(f"[red]error:[/red] {escape(message)}", soft_wrap=True)
    raise typer.Exit(code)


def one_question(text: str) -> str:
    """The question as `question_text` gives it. Ends the program when it can't be asked."""
    try:
        return question_text(text)
    except ValueError as error:
        fail(str(error), EXIT_USAGE)


def one_store(name: str) -> StoreName:
    """Ends the program unless it names one store."""
    try:
        (store,) = parse_store_names(name)
    except ValueError:
        fail(f"--store is one of {', '.join(STORE_NAMES)}", EXIT_USAGE)
    return store


def confirm(question: str, *, yes: bool) -> None:
    """End the program unless a person says yes, or said so with `--yes`."""
    if yes:
        return
    if not err.is_terminal:
        fail("this deletes for good, and there is nobody to ask: say --yes", EXIT_USAGE)
    if not typer.confirm(question, err=True):
        raise typer.Exit(EXIT_FAILED)


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def table(title: str, *columns: str, right: tuple[str, ...] = ()) -> Table:
    """An empty table; `right` names the columns that hold numbers."""
    made = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        is_number = column in right
        made.add_column(column, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    return made


def state(name: str) -> str:
    style = _STATE_STYLES.get(name)
    return f"[{style}]{name}[/{style}]" if style else name


@contextmanager
def progress_bar(label: str, total: int | None) -> Iterator[Any]:
    """A bar on a terminal, nothing elsewhere. The block calls what it gets with the number done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done, of=None: bar.update(task, completed=done, **({"total": of} if of is not None else {}))
