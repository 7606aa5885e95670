"""Documents in the ledger: their states, and reading them without ever scanning."""

from collections.abc import Iterable, Iterator
from typing import Any

from foundation.batches import in_batches
from ledger.data_version import data_version, missing
from ledger.records import AttemptRecord, DocumentRecord, DocumentState
from ledger.table import MAX_BATCH_KEYS, ConditionNotMetError, Key, Table, Update, at_least, begins_with

#: The index of documents by state and when they came into it.
STATES = "states"
IS_HELD = "attribute_exists(#claim_owner)"


def document_key(document_id: str) -> Key:
    return f"document#{document_id}", "state"


def attempt_key(document_id: str, generation: int) -> Key:
    return f"document#{document_id}", f"attempt#{generation:06d}"


class Documents:
    """Queries over documents: one partition each, so their cost is that of what they return."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, document_id: str) -> DocumentRecord | None:
        item = self._table.get(document_key(document_id))
        return DocumentRecord.from_item(item) if item else None

    def in_state(self, state: DocumentState, *, limit: int | None = None) -> Iterator[DocumentRecord]:
        """Newest change first; eventually consistent (a global secondary index). Those that are in another state by
        the time that they are read are left out."""
        found = self._of_state(state, newest_first=True, limit=limit)
        return (document for document in found if document.state == state)

    def all(self, states: Iterable[DocumentState] = DocumentState) -> Iterator[DocumentRecord]:
        """Each once, one that changes its state meanwhile as well."""
        seen: set[str] = set()
        for state in states:
            for document in self._of_state(state, newest_first=True):
                if document.s3_key not in seen:
                    seen.add(document.s3_key)
                    yield document

    def changed_since(self, state: DocumentState, changed_at: str) -> Iterator[DocumentRecord]:
        """Documents that came into this state at `changed_at` (as in `state_changed_at`) or later, oldest change first.

        Progress within a state doesn't count as a change. Eventually consistent, as `in_state`.
        """
        found = self._of_state(state, sort=at_least("state_changed_at", changed_at))
        return (document for document in found if document.state == state)

    def all_changed_since(self, changed_at: str) -> Iterator[DocumentRecord]:
        """Documents that came into any state at `changed_at` or later, each once; eventually consistent."""
        seen: set[str] = set()
        for state in DocumentState:
            for document in self._of_state(state, sort=at_least("state_changed_at", changed_at)):
                if document.document_id not in seen:
                    seen.add(document.document_id)
                    yield document

    def _of_state(self, state: DocumentState, **query: Any) -> Iterator[DocumentRecord]:
        """In the index's order, a batch at a time: the index has keys only."""
        keys = self._table.query("state", state.value, index=STATES, **query)
        for batch in in_batches(((key["pk"], key["sk"]) for key in keys), MAX_BATCH_KEYS):
            items = {(item["pk"], item["sk"]): item for item in self._table.get_all(batch)}
            yield from (DocumentRecord.from_item(items[key]) for key in batch if key in items)

    def of_run(self, run_id: str) -> Iterator[DocumentRecord]:
        """Documents whose latest attempt belonged to the run, by key."""
        return map(DocumentRecord.from_item, self._table.query("run_id", run_id, index="by_run"))

    def request_cancel(self, document_id: str) -> bool:
        """Ask the worker that has the document to stop; False when none has it."""
        try:
            self._table.update(Update(document_key(document_id), {"cancel_requested": True}, {}, condition=IS_HELD))
        except ConditionNotMetError:
            return False
        return True

    def attempts(self, document_id: str) -> list[AttemptRecord]:
        """How earlier attempts ended, oldest first."""
        items = self._table.query("pk", document_key(document_id)[0], sort=begins_with("sk", "attempt#"))
        return [AttemptRecord.from_item(item) for item in items]


def as_status(document: DocumentRecord) -> dict[str, Any]:
    """The document as `manage_vector_stores.py status --json` shows it."""
    shown = document.model_dump(mode="json", include=_SHOWN)
    return {
        **shown,
        "status": str(document.state),
        "updated_at": document.state_changed_at or None,
        "data_version": data_version(document),
        "missing": missing(document),
    }


_SHOWN = {
    *("s3_key", "code", "message", "stage", "pages_total", "pages_done", "attempt", "points", "links", "images"),
    *("tokens_in", "tokens_out", "cost_usd", "seconds", "degraded", "notes", "run_id"),
}
