"""`ingest`: upload PDFs, wait until a worker has done them, and report what came of each."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from command_line.documents import document_table
from command_line.output import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    JsonFlag,
    counted,
    err,
    one_line_errors,
    out,
    print_json,
    progress_bar,
    state,
)
from command_line.uploading import plan_upload, upload_all
from composition.parts import Parts
from config import load_settings
from data_ingestion.artifacts import Artifacts
from ledger.documents import Documents, as_status
from ledger.records import DocumentRecord

POLL_SECONDS = 1.0
#: Nobody has taken anything for so long: perhaps no worker runs.
LONELY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One document on its way. `before` is its ledger item as it was before the upload."""

    s3_key: str
    document_id: str
    etag: str
    before: DocumentRecord | None


def ingest(
    files: Annotated[list[Path], typer.Argument(help="PDFs, or folders to take them from.")],
    folder: Annotated[str, typer.Option("--prefix", help="The folder below the source prefix to put them into.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Upload PDFs, watch them, and report what came of them.

    Ends with 1 when a document did not come out searchable. Ctrl-C ends the watching, not the work.
    """
    with one_line_errors():
        parts = Parts(load_settings())
        plan = plan_upload(files, folder, parts.settings.aws_s3_pdf_prefix, parts.settings.max_pdf_megabytes)
        keys = [key for _, key in plan.targets]
        before = {key: parts.documents.get(parts.artifacts.document_id(key)) for key in keys}
        upload_all(parts.artifacts, plan)
        documents = [_uploaded(parts.artifacts, key, before[key]) for key in keys]
        try:
            items = _wait(parts.documents, documents)
        except KeyboardInterrupt:
            err.print("the work goes on without being watched; `leafmill status` shows it")
            raise typer.Exit(EXIT_INTERRUPTED) from None
    is_bad = [item for item in items if not item.state.is_complete]
    if as_json:
        print_json({"documents": list(map(as_status, items)), "left_out": plan.left_out})
    else:
        out.print(document_table(items))
        unchanged = sum(is_unchanged(item, before[item.s3_key]) for item in items)
        if unchanged:
            out.print(f"{counted(unchanged, 'document')} had not changed and stayed as before", soft_wrap=True)
    if plan.left_out or is_bad:
        raise typer.Exit(EXIT_FAILED)


def is_unchanged(item: DocumentRecord, before: DocumentRecord | None) -> bool:
    """Whether a worker found this content served already, and did nothing. Pure."""
    return before is not None and item.state_changed_at == before.state_changed_at


def has_ended(document: Uploaded, item: DocumentRecord | None) -> bool:
    """Whether the ledger's item tells how this upload ended. Pure.

    A worker that finds the same content served already changes nothing: then the earlier end is this one's too. An
    earlier failure is not, because the upload has it tried again.
    """
    if item is None or item.claim or not item.state.is_final:
        return False
    before = document.before
    has_changed = before is None or item.state_changed_at != before.state_changed_at
    is_same_content = item.etag == document.etag
    if has_changed:
        return is_same_content or item.etag is None  # given up before it was read
    return is_same_content and item.state.is_complete


def _uploaded(artifacts: Artifacts, key: str, before: DocumentRecord | None) -> Uploaded:
    source = artifacts.find_source(key)
    return Uploaded(key, artifacts.document_id(key), source.etag if source else "", before)


def _wait(ledger: Documents, documents: Sequence[Uploaded]) -> list[DocumentRecord]:
    """The documents' items once all have ended, in order. One read a document that hasn't ended, every second."""
    ended: dict[str, DocumentRecord] = {}
    lonely_at = time.monotonic() + LONELY_SECONDS
    is_lonely = True
    with progress_bar("ingesting", len(documents)) as advance:
        while True:
            share = 0.0
            for document in documents:
                if document.s3_key in ended:
                    continue
                item = ledger.get(document.document_id)
                if has_ended(document, item):
                    assert item is not None
                    ended[document.s3_key] = item
                    _say(f"{escape(document.s3_key)}: {state(item.state)}")
                elif item and item.claim:
                    is_lonely = False
                    share += item.pages_done / max(1, item.pages_total) * 0.9
            advance(round(len(ended) + share, 2))
            if len(ended) == len(documents):
                return [ended[document.s3_key] for document in documents]
            if is_lonely and not ended and time.monotonic() > lonely_at:
                err.print("no worker has taken a document yet; `leafmill worker` starts one here")
                is_lonely = False
            time.sleep(POLL_SECONDS)


def _say(line: str) -> None:
    """Without a terminal there is no bar: changes are printed line by line."""
    if not err.is_terminal:
        err.print(line, soft_wrap=True)
