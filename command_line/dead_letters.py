"""`dlq`: messages that were given up, each with its reason, and what can be done with them."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from command_line.output import EXIT_FAILED, JsonFlag, confirm, counted, fail, one_line_errors, out, print_json, table
from composition.parts import Parts
from config import load_settings
from work_queue.dead_letters import Filter, Moved, move_all

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Messages that were given up, and what can be done with them."
)

CodeOption = Annotated[str | None, typer.Option("--code", help="Only this failure code, such as not_a_pdf.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Only messages about keys that contain this.")]
IdOption = Annotated[str | None, typer.Option("--id", help="Only this message; the beginning of its id is enough.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]


@app.command("list")
def list_letters(code: CodeOption = None, key: KeyOption = None, as_json: JsonFlag = False) -> None:
    """What was given up, and why."""
    with one_line_errors():
        letters = Parts(load_settings()).dead_letters.letters(Filter(code, key))
    if as_json:
        print_json({"dead_letters": [asdict(letter) for letter in letters]})
        return
    made = table("", "message", "document", "code", "reason", "first seen", "receives", right=("receives",))
    for letter in letters:
        keys = ", ".join(letter.s3_keys) or "(no key)"
        told = (keys, letter.code, letter.reason, letter.first_seen, str(letter.receive_count))
        made.add_row(letter.message_id[:8], *(escape(text) for text in told))
    out.print(made if letters else "no dead letters")


@app.command()
def show(
    message_id: Annotated[str, typer.Argument(help="As `list` or the logs show it, or its beginning.")],
    as_json: JsonFlag = False,
) -> None:
    """One message with its body."""
    with one_line_errors():
        letters = Parts(load_settings()).dead_letters.letters(Filter(message_id=message_id), limit=2)
    if len(letters) != 1:
        fail(f"{'several dead letters begin with' if letters else 'no dead letter'} {message_id}", EXIT_FAILED)
    (letter,) = letters
    if as_json:
        print_json(asdict(letter))
    else:
        for name, value in asdict(letter).items():
            out.print(f"[bold]{name:14}[/bold] {escape(str(value))}", soft_wrap=True)


@app.command()
def redrive(
    code: CodeOption = None,
    key: KeyOption = None,
    message_id: IdOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Put messages back into the queue: all of them, or those that match."""
    chosen = Filter(code, key, message_id)
    with one_line_errors():
        parts = Parts(load_settings())
        # SQS does it, however many they are, where the endpoint can.
        moved: Moved | None = None
        if chosen.is_empty:
            source, destination = parts.dead_letter_queue.facts().arn, parts.queue.facts().arn
            moved = move_all(parts.aws.sqs, source_arn=source, destination_arn=destination)
        moved = moved or parts.dead_letters.redrive(chosen)
    if as_json:
        print_json(asdict(moved))
    else:
        out.print(
            f"{counted(moved.count, 'message')} put back into the queue"
            f" ({'by SQS' if moved.how == 'task' else 'one by one'})"
        )


@app.command()
def purge(
    code: CodeOption = None,
    key: KeyOption = None,
    message_id: IdOption = None,
    yes: YesOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Delete messages for good: all of them, or those that match."""
    confirm("Delete dead letters for good?", yes=yes)
    with one_line_errors():
        count = Parts(load_settings()).dead_letters.purge(Filter(code, key, message_id))
    if as_json:
        print_json({"purged": count})
    else:
        out.print(f"deleted {counted(count, 'dead letter')}")
