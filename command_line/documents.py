"""Commands about documents: put them in, see what became of them, take them out."""

import time
from collections.abc import Iterable
from dataclasses import asdict
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from command_line.output import (
    EXIT_FAILED,
    EXIT_USAGE,
    JsonFlag,
    Keys,
    PrefixOption,
    confirm,
    counted,
    fail,
    one_line_errors,
    out,
    print_json,
    state,
    table,
)
from command_line.uploading import plan_upload, upload_all
from command_line.workers import pause_line
from composition.parts import Parts
from config import load_settings
from data_ingestion.artifacts import Artifacts
from foundation.errors import BusyError
from foundation.store_names import STORE_NAMES, StoreName, parse_store_names
from ledger.documents import Documents, as_status
from ledger.paused_workers import PauseReason, pause_reasons
from ledger.records import DocumentRecord, DocumentState

#: A key that isn't there is compared with this many that are.
MAX_COMPARED_KEYS = 10_000
MAX_TOLD_KEYS = 5
_GOOD = (DocumentState.SUCCEEDED, DocumentState.SKIPPED, DocumentState.DELETED)


def upload(
    files: Annotated[list[Path], typer.Argument(help="PDFs, or folders to take them from.")],
    folder: Annotated[str, typer.Option("--prefix", help="The folder below the source prefix to put them into.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Upload PDFs to S3; the bucket's event queues them."""
    with one_line_errors():
        parts = Parts(load_settings())
        plan = plan_upload(files, folder, parts.settings.aws_s3_pdf_prefix, parts.settings.max_pdf_megabytes)
        upload_all(parts.artifacts, plan)
    if as_json:
        print_json({"uploaded": [key for _, key in plan.targets], "left_out": plan.left_out})
    else:
        place = parts.artifacts.url(parts.artifacts.pdf_prefix)
        out.print(f"uploaded {counted(len(plan.targets), 'document')} to {escape(place)}", soft_wrap=True)
    if plan.left_out:
        raise typer.Exit(EXIT_FAILED)


def status(
    prefix: PrefixOption = None,
    only: Annotated[DocumentState | None, typer.Option("--state", help="Only documents in this state.")] = None,
    run_id: Annotated[str | None, typer.Option("--run", help="Only documents of this run.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """What became of the documents, and what the queue holds."""
    with one_line_errors():
        parts = Parts(load_settings())
        prefix = full_key(parts.artifacts, prefix or "")
        documents = parts.documents
        records = documents.of_run(run_id) if run_id else documents.all([only] if only else DocumentState)
        found = [record for record in records if record.s3_key.startswith(prefix) and only in (None, record.state)]
        found.sort(key=by_key)
        paused = pause_reasons(parts.paused_workers.all(), time.time())
        operator_pause = parts.operator_pauses.current()
        queue = {**asdict(parts.queue.backlog()), "dead_letters": parts.dead_letter_queue.backlog().total}
    if as_json:
        workers = {
            "paused": [reason.as_json() for reason in paused],
            "operator_pause": operator_pause.as_json() if operator_pause else None,
        }
        print_json({"documents": list(map(as_status, found)), "queue": queue, "workers": workers})
        return
    out.print(document_table(found))
    if operator_pause:
        out.print(pause_line(operator_pause), soft_wrap=True)
    for reason in paused:
        out.print(_paused_line(reason), soft_wrap=True)
    out.print("queue: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in queue.items()))


def delete(
    keys: Keys,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Delete documents, and everything derived from them.

    The source, what is in S3, the points in the stores and the entry in the history. Of a document that a worker is
    processing the source goes at once; a worker removes the rest when that attempt has ended.
    """
    later: list[str] = []
    with one_line_errors():
        parts = Parts(load_settings())
        names = [full_key(parts.artifacts, key) for key in keys]
        confirm(f"Delete {counted(len(names), 'document')}?", yes=yes)
        missing = [name for name in names if not parts.artifacts.find_source(name)]
        for name in names:
            parts.artifacts.delete_source(name)
            try:
                parts.processor.remove_source(name)
            except BusyError:  # the bucket's event has a worker do it, as for every source that goes
                later.append(name)
        parts.history.flush()
        parts.close()
    if as_json:
        deleted = [name for name in names if name not in missing]
        print_json({"deleted": deleted, "removed_later": later, "not_found": missing})
    else:
        out.print(f"deleted {counted(len(names) - len(missing), 'document')}")
        for name in later:
            out.print(
                f"{name} is being processed: its source is deleted; a worker removes the rest when that has ended",
                markup=False, soft_wrap=True,
            )  # fmt: skip
    if missing:
        fail(f"not there: {', '.join(missing)}", EXIT_FAILED)


def _paused_line(reason: PauseReason) -> str:
    missing, workers, minutes = reason.missing, len(reason.workers), reason.seconds / 60
    what = f"[red]workers paused:[/red] {workers} for {minutes:.0f} min: {escape(missing.dependency)}"
    how = "somebody has to act" if missing.needs_person else "they go on by themselves"
    return f"{what}: {escape(missing.reason)} ({how}; docs/runbook.md#workers-paused)"


def document_table(documents: Iterable[DocumentRecord]) -> Any:
    """One row a document, as `make demo` shows it too."""
    numbers = ("pages", "links", "images", "points p/s/h", "seconds", "tokens", "cost $")
    made = table("", "document", "state", *numbers, "remarks", right=numbers)
    for item in documents:
        failure = ": ".join(filter(None, (item.code, item.message)))
        remarks = failure or "; ".join([*item.degraded, *item.notes])
        is_at_work = item.state is DocumentState.PROCESSING
        made.add_row(
            escape(item.s3_key),
            state(item.state),
            f"{item.pages_done}/{item.pages_total}" if is_at_work else str(item.pages_total),
            str(item.links),
            str(item.images),
            "/".join(str(item.points.get(store, 0)) for store in STORE_NAMES),
            f"{item.seconds:.1f}",
            f"{item.tokens_in + item.tokens_out:,}",
            f"{item.cost_usd:.4f}",
            escape(remarks),
        )
    return made


def not_good(documents: Documents, run_id: str) -> Any:
    """Documents of the run that did not succeed completely, as a table; None when there are none. One query."""
    found = [item for item in documents.of_run(run_id) if item.state not in _GOOD]
    return document_table(sorted(found, key=by_key)) if found else None


def by_key(document: DocumentRecord) -> str:
    """The order in which documents are listed."""
    return document.s3_key


def parse_stores(store: str | None) -> tuple[StoreName, ...] | None:
    """None: the worker's default. Ends the program when a name is unknown."""
    try:
        return parse_store_names(store) if store else None
    except ValueError as error:
        fail(str(error), EXIT_USAGE)


def full_key(artifacts: Artifacts, key: str) -> str:
    """The key below the source prefix, which people may leave out."""
    prefix = artifacts.pdf_prefix
    return key if key.startswith(prefix) else prefix + key.lstrip("/")


def refuse_missing(artifacts: Artifacts, names: list[str]) -> None:
    """End the program when one of these keys is not in the bucket, and name the key that was probably meant."""
    missing = [name for name in names if not artifacts.find_source(name)]
    if not missing:
        return
    artifacts.ask()  # S3 answers 404 for a missing bucket too
    known = [source.key for source in islice(artifacts.list_sources(), MAX_COMPARED_KEYS)]
    told = []
    for name in missing[:MAX_TOLD_KEYS]:
        near = get_close_matches(name, known, n=1, cutoff=0.8)
        told.append(f"{name} (did you mean {near[0]}?)" if near else name)
    more = f" and {len(missing) - MAX_TOLD_KEYS} more" if len(missing) > MAX_TOLD_KEYS else ""
    fail(f"queued nothing, because the bucket has no {', '.join(told)}{more}", EXIT_FAILED)
