"""`keys`: who may call the API. A key is shown once, when it is created."""

from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer
from rich.markup import escape

from command_line.output import (
    EXIT_FAILED,
    EXIT_USAGE,
    JsonFlag,
    err,
    fail,
    one_line_errors,
    out,
    print_json,
    table,
)
from composition.parts import Parts
from config import load_settings
from data_ingestion.source_keys import KeyRefusedError, folder_prefix
from ledger.api_keys import SCOPES, ApiKeyRecord, Scope, parse_duration, parse_token

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Create, list and revoke keys of the API.")


@app.command()
def create(
    scope: Annotated[list[str], typer.Option(help="read, upload or admin; may be given twice.")],
    prefix: Annotated[
        str, typer.Option(help="Only sources below this folder; the source prefix may be left out.")
    ] = "",
    name: Annotated[str, typer.Option(help="What it is for; the list shows it.")] = "",
    expires: Annotated[str, typer.Option(help="90d, 12h, or a date as 2027-01-31 (its end, UTC).")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Create a key and print it. It is not shown again."""
    unknown = sorted(set(scope) - set(SCOPES))
    if unknown:
        fail(f"--scope is {', '.join(SCOPES)}, not {', '.join(unknown)}", EXIT_USAGE)
    try:
        valid_for = parse_duration(expires) if expires else None
    except ValueError as error:
        fail(f"--expires: {error}", EXIT_USAGE)
    with one_line_errors():
        settings = load_settings()
        folder = _folder(prefix, settings.aws_s3_pdf_prefix)
        scopes = [cast(Scope, one) for one in scope]
        record, token = Parts(settings).api_keys.create(scopes, prefix=folder, name=name, valid_for=valid_for)
    if as_json:
        print_json({**_described(record), "token": token})
        return
    err.print(f"key {record.key_id}: {_allowed(record)}; keep it now, it is not shown again", soft_wrap=True)
    out.print(token, soft_wrap=True)


@app.command("list")
def list_keys(as_json: JsonFlag = False) -> None:
    """What keys there are, for what, and when each was last used."""
    with one_line_errors():
        records = list(Parts(load_settings()).api_keys.all())
    if as_json:
        print_json({"keys": [_described(record) for record in records]})
        return
    shown = table("Keys of the API", "id", "name", "scopes", "prefix", "state", "expires", "last used")
    for record in records:
        found = _described(record)
        shown.add_row(
            record.key_id, escape(record.name), ", ".join(record.scopes), escape(record.prefix) or "all",
            found["state"], record.valid_until or "never", record.last_used_at or "never",
        )  # fmt: skip
    out.print(shown)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, or the key itself.")], as_json: JsonFlag = False
) -> None:
    """Revoke a key. Every panel refuses it within ten seconds."""
    token = parse_token(key)
    with one_line_errors():
        record = Parts(load_settings()).api_keys.revoke(token.key_id if token else key)
    if record is None:
        fail(f"there is no key {(token.key_id if token else key)[:20]}", EXIT_FAILED)
    if as_json:
        print_json(_described(record))
    else:
        out.print(f"revoked {record.key_id} at {record.revoked_at}", soft_wrap=True)


def _folder(value: str, source_prefix: str) -> str:
    """What S3 keys begin with, ending in a slash so that `team` doesn't open `team2`; "" for all sources."""
    if not value.strip("/"):
        return ""
    try:
        folder = folder_prefix(value.rstrip("/") + "/", source_prefix)
    except KeyRefusedError as error:
        fail(f"--prefix: {error}", EXIT_USAGE)
    return "" if folder == source_prefix else folder


def _described(record: ApiKeyRecord) -> dict[str, Any]:
    shown = record.model_dump(mode="json", exclude={"secret_sha256"})
    return {**shown, "state": record.state(datetime.now(UTC).timestamp())}


def _allowed(record: ApiKeyRecord) -> str:
    where = f"below {record.prefix}" if record.prefix else "all sources"
    until = f", until {record.valid_until}" if record.valid_until else ""
    return f"{', '.join(record.scopes)}, {where}{until}"
