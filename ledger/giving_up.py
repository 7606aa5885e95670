"""Gives a document up that nobody holds: its message went to the dead-letter queue."""

from dataclasses import replace
from typing import Any

from ledger.documents import document_key
from ledger.events import OnEvent, event_items, marks, next_event
from ledger.records import DocumentRecord, DocumentState
from ledger.table import ConditionNotMetError, Table, Update

#: Writes that number its event, while others write the document.
MAX_TRIES = 5

NOT_HELD = "attribute_not_exists(#claim_owner)"
NO_EVENT_YET = "attribute_not_exists(#event_sequence)"
NO_EVENT_SINCE_READ = "#event_sequence = :seen_event"


def give_up(table: Table, failed: DocumentRecord, now: float, on_event: OnEvent | None) -> None:
    """Write the failure, and its event if the document hadn't failed before.

    Raises ConditionNotMetError when somebody holds the document.
    """
    update = Update(document_key(failed.document_id), failed.to_item(), {"generation_number": 0}, condition=NOT_HELD)
    if on_event is None:
        table.update(update)
        return
    for tries_left in reversed(range(MAX_TRIES)):
        item = table.get(update.key)
        seen = DocumentRecord.from_item(item) if item and "state" in item else None
        if seen and (seen.claim or seen.state is DocumentState.FAILED):
            table.update(update)
            return
        before = seen or DocumentRecord.unseen(failed.document_id, failed.s3_key)
        changes = {name: getattr(failed, name) for name in failed.model_fields_set}
        event = next_event(before, before.model_copy(update=changes), now)
        assert event, "a failure is one"
        condition, values = _no_event_since(before)
        numbered = replace(
            update, set={**update.set, **marks(event)}, condition=f"{NOT_HELD} AND {condition}", values=values
        )
        try:
            table.transact([numbered], event_items(event, now))
        except ConditionNotMetError:
            if not tries_left:
                raise
        else:
            on_event(event)
            return


def _no_event_since(seen: DocumentRecord) -> tuple[str, dict[str, Any]]:
    """The condition under which no event came after those that `seen` counts, and its values."""
    if seen.event_sequence is None:
        return NO_EVENT_YET, {}
    return NO_EVENT_SINCE_READ, {"seen_event": seen.event_sequence}
