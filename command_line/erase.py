"""Erases documents for good, and says what stays."""

from typing import Annotated

import typer

from command_line.documents import full_key
from command_line.output import EXIT_FAILED, JsonFlag, Keys, confirm, counted, fail, one_line_errors, out, print_json
from composition.parts import Parts
from config import load_settings
from data_ingestion.erasure import STAYS, erase_document
from data_ingestion.object_versions import ObjectVersions
from work_queue.dead_letters import Filter


def erase(
    keys: Keys,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Erase documents, every version and trace of them.

    As delete, with every older version, answer, attempt and dead letter. It says what stays, and until when. Needs
    the right to list and delete versions in the bucket.
    """
    with one_line_errors():
        parts = Parts(load_settings())
        names = [full_key(parts.artifacts, key) for key in keys]
        confirm(f"Erase {counted(len(names), 'document')} for good, replaced versions included?", yes=yes)
        versions = ObjectVersions(parts.aws.s3, parts.settings.aws_s3_bucket_name)
        found: dict[str, dict[str, int]] = {}
        for name in names:
            erased = erase_document(
                parts.artifacts, versions, parts.table, name,
                remove_derived=parts.processor.remove_source, write_history=parts.history.flush_all,
            )  # fmt: skip
            doomed = [letter for letter in parts.dead_letters.letters(Filter(s3_key=name)) if name in letter.s3_keys]
            letters = sum(parts.dead_letters.purge(Filter(message_id=letter.message_id)) for letter in doomed)
            found[name] = {"versions": erased.versions, "ledger_items": erased.ledger_items, "dead_letters": letters}
        parts.close()
    missing = [name for name, counts in found.items() if not any(counts.values())]
    if as_json:
        stays = [{"what": what, "until": until} for what, until in STAYS]
        print_json({"erased": found, "not_found": missing, "stays": stays})
    else:
        out.print(f"erased {counted(len(names) - len(missing), 'document')}")
        for what, until in STAYS:
            out.print(f"stays: {what} ({until})", soft_wrap=True)
    if missing:
        fail(f"not there: {', '.join(missing)}", EXIT_FAILED)
