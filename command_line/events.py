"""`events`: what other programs hear of documents, what of it still waits, and telling it again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any

import typer
from rich.markup import escape

from command_line.documents import full_key
from command_line.output import (
    EXIT_FAILED,
    EXIT_USAGE,
    JsonFlag,
    counted,
    fail,
    one_line_errors,
    out,
    print_json,
    table,
)
from composition.parts import Parts
from config import load_settings
from document_events.message import EventSource, cloud_event, read_schema
from document_events.sender import EventSender
from foundation.errors import SettingsError
from foundation.timestamps import utc_iso
from ledger.events import EventRecord, Events

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Events for other programs: list, send, send again.")

#: Rows of a table for people.
MAX_ROWS = 50


@app.command()
def pending(as_json: JsonFlag = False) -> None:
    """Events that wait to be sent, the oldest first."""
    with one_line_errors():
        found = list(Events(Parts(load_settings()).table).pending())
    if as_json:
        print_json({"events": [_shown(event) for event in found]})
        return
    _print_table(f"{counted(len(found), 'event')} to be sent", iter(found))


@app.command()
def send(as_json: JsonFlag = False) -> None:
    """Send all events that wait, now. Workers do it by themselves."""
    with one_line_errors():
        parts = Parts(load_settings())
        try:
            sent = _sender(parts).flush()
        finally:
            parts.close()
    if as_json:
        print_json({"sent": sent})
    else:
        out.print(f"{counted(sent, 'event')} sent")


@app.command()
def replay(
    document: Annotated[str | None, typer.Option(help="Of this S3 key; the source prefix may be left out.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Of all documents, since this time: 2026-11-28 or 2026-11-28T14:00:00Z.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send events again that were sent before, with the ids and numbers that they had.

    Events are kept for 90 days. A document's events go out in their order. What an erased document had is gone.
    """
    with one_line_errors():
        start = _time(since) if since else ""
        if not (document or since):
            fail("say which: --document KEY, --since TIME or both", EXIT_USAGE)
        parts = Parts(load_settings())
        try:
            found = _of_document(parts, document, start) if document else _of_all(parts, start)
            if dry_run:
                _show_replay(found, parts, as_json=as_json)
                return
            sent, left = _sender(parts).send(found)
        finally:
            parts.close()
    if as_json:
        print_json({"sent": sent, "not_sent": left})
    else:
        out.print(f"{counted(sent, 'event')} sent again")
    if left:
        fail(f"{counted(left, 'event')} could not be sent, and none after; do it again", EXIT_FAILED)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the events."""
    print_json(read_schema())


def _sender(parts: Parts) -> EventSender:
    """Raises SettingsError while events are off."""
    if not parts.events:
        raise SettingsError("events are off: EVENTS_TARGET_ARN is not set", [])
    return parts.events


def _of_document(parts: Parts, key: str, since: str) -> Iterator[EventRecord]:
    document_id = parts.artifacts.document_id(full_key(parts.artifacts, key))
    return Events(parts.table).of_document(document_id, since)


def _of_all(parts: Parts, since: str) -> Iterator[EventRecord]:
    """One document after the other. One with an event since then has changed its state since then, and not all changes
    are events."""
    events = Events(parts.table)
    for document in parts.documents.all_changed_since(since):
        yield from events.of_document(document.document_id, since)


def _time(text: str) -> str:
    """As the ledger writes times. Ends the program when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail("--since is a time such as 2026-11-28 or 2026-11-28T14:00:00Z", EXIT_USAGE)
    return utc_iso((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def _show_replay(events: Iterator[EventRecord], parts: Parts, *, as_json: bool) -> None:
    if as_json:
        source = EventSource(parts.settings.aws_s3_bucket_name, parts.settings.public_url)
        print_json({"events": [cloud_event(event, source) for event in events]})
        return
    found = list(events)
    _print_table(f"{counted(len(found), 'event')} would be sent again", iter(found))


def _print_table(title: str, events: Iterator[EventRecord]) -> None:
    shown = table(title, "time", "event", "document", "sequence", "reasons", right=("sequence",))
    for event in islice(events, MAX_ROWS):
        shown.add_row(
            event.time, event.type.removeprefix("document."), escape(event.s3_key), str(event.sequence),
            ", ".join(event.reasons),
        )  # fmt: skip
    out.print(shown)
    if more := sum(1 for _ in events):
        out.print(f"… and {more:,} more (--json has all)")


def _shown(event: EventRecord) -> dict[str, Any]:
    return event.model_dump(mode="json")
