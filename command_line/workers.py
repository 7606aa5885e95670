"""`workers`: an operator's pause of all workers, and its end."""

import getpass
import socket
from typing import Annotated

import typer
from rich.markup import escape

from command_line.output import JsonFlag, one_line_errors, out, print_json
from composition.parts import Parts
from config import load_settings
from ledger.operator_pause import OperatorPause

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Pause all workers, or let them go on.")


@app.command()
def pause(
    reason: Annotated[str, typer.Option(help="Why; status and panel show it.")] = "",
    by: Annotated[str | None, typer.Option(help="Who wants it; else you on this machine.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Let no worker begin a document until `resume`; those at work are finished. Within half a minute."""
    with one_line_errors():
        set_now = Parts(load_settings()).worker_pauses.pause(by or _caller(), reason)
    if as_json:
        print_json({"operator_pause": set_now.as_json()})
    else:
        out.print(pause_line(set_now), soft_wrap=True)


@app.command()
def resume(as_json: JsonFlag = False) -> None:
    """Let workers begin documents again. Within half a minute."""
    with one_line_errors():
        ended = Parts(load_settings()).worker_pauses.resume()
    if as_json:
        print_json({"ended": ended.as_json() if ended else None})
    elif ended:
        out.print(f"workers go on; the pause was by {escape(ended.by)} since {ended.since}", soft_wrap=True)
    else:
        out.print("workers were not paused")


def pause_line(pause: OperatorPause) -> str:
    """An operator's pause, for a terminal."""
    why = f": {escape(pause.reason)}" if pause.reason else ""
    warning = f"; {escape(pause.warning)}" if pause.warning else ""
    return (
        f"[red]workers paused[/red] by {escape(pause.by)} since {pause.since}{why} (`workers resume` ends it){warning}"
    )


def _caller() -> str:
    try:
        return f"{getpass.getuser()} on {socket.gethostname()}"
    except (OSError, KeyError):  # a container's user may have no name
        return f"somebody on {socket.gethostname()}"
