"""Documents in the ledger: their states, and reading them without ever scanning."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from ledger.table import ConditionNotMetError, Item, Key, Table, Update

IS_HELD = "attribute_exists(#claim_owner)"


class DocumentState(StrEnum):
    """`queued → processing → succeeded | degraded | failed | skipped | cancelled | deleted`."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    DEGRADED = "degraded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    DELETED = "deleted"


def document_key(document_id: str) -> Key:
    return f"document#{document_id}", "state"


def attempt_key(document_id: str, generation: int) -> Key:
    return f"document#{document_id}", f"attempt#{generation:06d}"


class Documents:
    """Queries over documents: one partition each, so their cost is that of what they return."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, document_id: str) -> Item | None:
        return self._table.get(document_key(document_id))

    def in_state(self, state: DocumentState, *, limit: int | None = None) -> Iterator[Item]:
        """Newest change first; eventually consistent (a global secondary index)."""
        return self._table.query("state", state.value, index="by_state", newest_first=True, limit=limit)

    def all(self, states: Iterable[DocumentState] = DocumentState) -> Iterator[Item]:
        for state in states:
            yield from self.in_state(state)

    def changed_since(self, state: DocumentState, changed_at: str) -> Iterator[Item]:
        """Documents that came into this state at `changed_at` (as in `state_changed_at`) or later, oldest change first.

        Progress within a state doesn't count as a change. Eventually consistent, as `in_state`.
        """
        return self._table.query(
            "state", state.value, index="by_state", sort_from=("state_changed_at", changed_at)
        )  # fmt: skip

    def of_run(self, run_id: str) -> Iterator[Item]:
        """Documents whose latest attempt belonged to the run, by key."""
        return self._table.query("run_id", run_id, index="by_run")

    def request_cancel(self, document_id: str) -> bool:
        """Ask whoever works on the document to stop; False when nobody does."""
        try:
            self._table.update(Update(document_key(document_id), {"cancel_requested": True}, {}, condition=IS_HELD))
        except ConditionNotMetError:
            return False
        return True

    def attempts(self, document_id: str) -> list[Item]:
        """How earlier attempts ended, oldest first."""
        return list(self._table.query("pk", document_key(document_id)[0], sort_prefix=("sk", "attempt#")))


def as_status(item: Item) -> dict[str, Any]:
    """The document as `manage_vector_stores.py status --json` shows it."""
    return {
        "s3_key": item["s3_key"],
        "status": item["state"],
        "code": item.get("code"),
        "message": item.get("message"),
        "stage": item.get("stage"),
        "pages_total": item.get("pages_total", 0),
        "pages_done": item.get("pages_done", 0),
        "attempt": item.get("attempt", 0),
        "points": item.get("points", {}),
        "links": item.get("links", 0),
        "images": item.get("images", 0),
        "tokens_in": item.get("tokens_in", 0),
        "tokens_out": item.get("tokens_out", 0),
        "cost_usd": item.get("cost_usd", 0.0),
        "seconds": item.get("seconds", 0.0),
        "degraded": item.get("degraded", []),
        "notes": item.get("notes", []),
        "run_id": item.get("run_id"),
        "updated_at": item.get("state_changed_at"),
    }
