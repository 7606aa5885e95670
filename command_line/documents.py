"""Commands about documents: put them in, see what became of them, take them out."""

import time
from dataclasses import asdict
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
    fail,
    one_line_errors,
    out,
    print_json,
    progress_bar,
    state,
    table,
)
from composition.wiring import Wiring
from config import load_settings
from foundation.store_names import StoreName, parse_store_names
from ledger.documents import as_status
from ledger.paused_workers import summary
from ledger.records import DocumentState


def upload(
    files: Annotated[list[Path], typer.Argument(help="PDFs, or folders to take them from.")],
    prefix: Annotated[str, typer.Option("--prefix", help="Where to put them below the source prefix.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Upload PDFs to S3; the bucket's event queues them."""
    with one_line_errors():
        wiring = Wiring(load_settings())
        targets = plan_upload(files, full_key(wiring, prefix))
        with progress_bar("uploading", len(targets)) as advance:
            for done, (path, key) in enumerate(targets, start=1):
                wiring.artifacts.upload_source(path, key)
                advance(done)
    if as_json:
        print_json({"uploaded": [key for _, key in targets]})
    else:
        out.print(f"uploaded {len(targets)} documents to {escape(wiring.artifacts.url(full_key(wiring, prefix)))}")


def status(
    prefix: PrefixOption = None,
    only: Annotated[DocumentState | None, typer.Option("--state", help="Only documents in this state.")] = None,
    run_id: Annotated[str | None, typer.Option("--run", help="Only documents of this run.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """What became of the documents, and what the queue holds."""
    with one_line_errors():
        wiring = Wiring(load_settings())
        prefix = full_key(wiring, prefix or "")
        documents = wiring.documents
        records = documents.of_run(run_id) if run_id else documents.all([only] if only else DocumentState)
        found = [as_status(record) for record in records if record.s3_key.startswith(prefix)]
        found = sorted((item for item in found if only in (None, item["status"])), key=lambda item: item["s3_key"])
        paused = summary(wiring.paused_workers.all(), time.time())
        queue = {**asdict(wiring.queue.backlog()), "dead_letters": wiring.dead_letter_queue.backlog().total}
    if as_json:
        print_json({"documents": found, "queue": queue, "workers": {"paused": paused}})
        return
    out.print(document_table(found))
    for entry in paused:
        out.print(_paused_line(entry), soft_wrap=True)
    out.print("queue: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in queue.items()))


def delete(
    keys: Keys,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Delete documents: the source, and everything derived from it in S3, the stores and the history."""
    with one_line_errors():
        wiring = Wiring(load_settings())
        names = [full_key(wiring, key) for key in keys]
        confirm(f"Delete {len(names)} documents?", yes=yes)
        missing = [name for name in names if not wiring.artifacts.find_source(name)]
        for name in names:
            wiring.artifacts.delete_source(name)
            wiring.processor.remove_source(name)
        wiring.history.flush()
        wiring.close()
    if as_json:
        print_json({"deleted": [name for name in names if name not in missing], "not_found": missing})
    else:
        out.print(f"deleted {len(names) - len(missing)} documents")
    if missing:
        fail(f"not there: {', '.join(missing)}", EXIT_FAILED)


def _paused_line(entry: dict[str, Any]) -> str:
    """One reason for which workers wait, for a terminal."""
    workers, minutes = len(entry["workers"]), entry["seconds"] / 60
    what = f"[red]workers paused:[/red] {workers} for {minutes:.0f} min: {escape(entry['dependency'])}"
    how = "somebody has to act" if entry["needs_person"] else "they go on by themselves"
    return f"{what}: {escape(entry['reason'])} ({how}; docs/runbook.md#workers-paused)"


def document_table(documents: list[dict[str, Any]]) -> Any:
    """One row a document, as `make demo` shows it too."""
    numbers = ("pages", "links", "images", "points p/s/h", "seconds", "tokens", "cost $")
    made = table("", "document", "state", *numbers, "remarks", right=numbers)
    for item in documents:
        points = item["points"]
        failure = " ".join(filter(None, (item["code"], item["message"])))
        remarks = failure or "; ".join([*item["degraded"], *item["notes"]])
        pages = f"{item['pages_done']}/{item['pages_total']}" if item["status"] == "processing" else item["pages_total"]
        made.add_row(
            escape(item["s3_key"]),
            state(item["status"]),
            str(pages),
            str(item["links"]),
            str(item["images"]),
            "/".join(str(points.get(store, 0)) for store in ("pages", "semantic", "haystack")),
            f"{item['seconds']:.1f}",
            f"{item['tokens_in'] + item['tokens_out']:,}",
            f"{item['cost_usd']:.4f}",
            escape(remarks),
        )
    return made


def not_good(wiring: Wiring, run_id: str) -> Any:
    """Documents of the run that did not simply succeed, as a table; None when there are none. One query."""
    documents = [as_status(item) for item in wiring.documents.of_run(run_id)]
    found = [item for item in documents if item["status"] not in ("succeeded", "skipped", "deleted")]
    return document_table(sorted(found, key=lambda item: item["s3_key"])) if found else None


def parse_stores(store: str | None) -> tuple[StoreName, ...] | None:
    """None: the worker's default. Ends the program when a name is unknown."""
    try:
        return parse_store_names(store) if store else None
    except ValueError as error:
        fail(str(error), EXIT_USAGE)


def plan_upload(files: list[Path], prefix: str) -> list[tuple[Path, str]]:
    """Files and the keys they get. A folder's PDFs keep their paths below it."""
    targets: list[tuple[Path, str]] = []
    for path in files:
        if path.is_dir():
            inside = sorted(found for found in path.rglob("*") if found.suffix.lower() == ".pdf")
            targets += [(found, prefix + found.relative_to(path).as_posix()) for found in inside]
        elif path.is_file():
            targets.append((path, prefix + path.name))
        else:
            fail(f"no such file: {path}", EXIT_USAGE)
    if not targets:
        fail("nothing to upload", EXIT_USAGE)
    return targets


def full_key(wiring: Wiring, key: str) -> str:
    prefix = wiring.artifacts.pdf_prefix
    return key if key.startswith(prefix) else prefix + key.lstrip("/")
