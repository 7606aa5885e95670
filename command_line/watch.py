"""A run as it goes: drawn live on a terminal, told line by line elsewhere. It only looks; the workers do the work."""

import time
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from command_line.output import EXIT_FAILED, err, fail, state
from ledger import DocumentRecord, Documents, DocumentState, Runs
from work_queue.run_summary import BAD_ENDS, GOOD_ENDS, RunSummary

POLL_SECONDS = 0.5
#: As many documents at work as fit on a screen below the bar.
MAX_ROWS = 12
BAR_COLUMNS = 30


def watch_run(runs: Runs, documents: Documents, run_id: str) -> RunSummary:
    """Show the run until nothing is left of it; returns how it stands then. Raises TransientError.

    Two reads a look: the run, and the documents at work.
    """
    started = time.monotonic()
    with Live(console=err, auto_refresh=False, transient=True) as live:
        told = ""
        while True:
            record = runs.get(run_id)
            if record is None or record.started_at is None:
                fail(f"there is no run {run_id}", EXIT_FAILED)
            run = RunSummary.of(record, time.time())
            if err.is_terminal:
                live.update(draw(run, _at_work(documents, run_id), time.monotonic() - started), refresh=True)
            elif (line := counts(run)) != told:
                err.print(f"run {run_id}: {line}", soft_wrap=True)
                told = line
            if run.is_over:
                return run
            time.sleep(POLL_SECONDS)


def draw(run: RunSummary, at_work: Sequence[DocumentRecord], seconds: float) -> RenderableType:
    """What a terminal shows: how far the run is, then each document that a worker holds. Pure."""
    head = Table.grid(padding=(0, 1))
    head.add_row(
        Text(f"run {run.run_id}", style="bold"),
        ProgressBar(total=run.queued or 1, completed=run.ended, width=BAR_COLUMNS),
        f"{run.ended} of {run.queued}",
        f"{int(seconds) // 60}:{int(seconds) % 60:02d}",
    )
    rows = Table.grid(padding=(0, 1))
    rows.add_column(overflow="ellipsis", no_wrap=True, max_width=48)
    for document in at_work[:MAX_ROWS]:
        total = document.pages_total
        rows.add_row(
            Text("  " + document.s3_key),
            ProgressBar(total=total or 1, completed=document.pages_done, width=BAR_COLUMNS // 2),
            f"{document.pages_done}/{total}" if total else "",
            Text(document.stage or "", style="dim"),
        )
    more = len(at_work) - MAX_ROWS
    waits = "  no worker has taken one yet" if run.left and not run.ended and not at_work else ""
    foot = f"  and {more} more at work" if more > 0 else waits
    return Group(head, Text("  " + counts(run)), rows, Text(foot, style="dim"))


def counts(run: RunSummary) -> str:
    """`7 succeeded, 1 failed, 4 left`; what is zero is left out. Pure."""
    ends = [f"{run.ends[end]} {end}" for end in (*GOOD_ENDS, *BAD_ENDS) if run.ends[end]]
    tail = "queueing" if run.state == "queueing" else f"{run.left} left"
    return ", ".join([*ends, tail])


def summary(run: RunSummary) -> str:
    """How the run ended, in one line of rich's markup. Pure."""
    ends = [f"{run.ends[end]} {state(end)}" for end in (*GOOD_ENDS, *BAD_ENDS) if run.ends[end]]
    tokens = run.tokens_in + run.tokens_out
    return f"run {run.run_id} {run.state}: {', '.join(ends) or 'nothing to do'}; {tokens:,} tokens, ${run.cost_usd:.4f}"


def _at_work(documents: Documents, run_id: str) -> list[DocumentRecord]:
    found = documents.in_state(DocumentState.PROCESSING)
    return [document for document in found if document.run_id == run_id]
