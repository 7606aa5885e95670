"""Events in the ledger: what other programs hear of a document, kept from the state that it tells until it is sent.

    a document ends ──> state, event number, pending event, kept event   (one transaction)
                            │  the process that wrote it sends it at once, in the background
                            ▼
    send ──> delete the pending event        whoever dies before leaves it; workers and a task of AWS send it then

An event is sent at least once: its id stays the same. Its sequence number rises by one with each event of its document,
because only the holder of the claim, or nobody, writes the document's item.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

from foundation.timestamps import utc_iso
from ledger.documents import document_key
from ledger.records import DocumentRecord, DocumentResult, DocumentState, Record
from ledger.runs import KEEP_DAYS
from ledger.table import Item, Table, begins_with

#: Events that wait to be sent, the oldest first.
PENDING = "events"
#: Page outcomes that leave a document without a page: as PageOutcome.is_bad.
BAD_OUTCOMES = ("timeout", "crashed", "too_complex")


class EventType(StrEnum):
    """What became of a document."""

    SEARCHABLE = "document.searchable"
    DEGRADED = "document.degraded"
    FAILED = "document.failed"
    DELETED = "document.deleted"


_TYPES = {
    DocumentState.SUCCEEDED: EventType.SEARCHABLE,
    DocumentState.DEGRADED: EventType.DEGRADED,
    DocumentState.FAILED: EventType.FAILED,
    DocumentState.DELETED: EventType.DELETED,
}


class EventRecord(Record):
    """One event. `time` is when the document came into the state, `pages` its number when the event says that it is
    searchable, `content_sha256` that of the content which searches find from then on."""

    id: str
    type: str
    sequence: int
    previous_sequence: int | None = None
    time: str
    document_id: str
    s3_key: str
    state: DocumentState
    generation: int = 0
    reasons: tuple[str, ...] = ()
    pages: int | None = None
    is_searchable: bool = False
    content_sha256: str | None = None
    run_id: str | None = None


def next_event(before: DocumentRecord, after: DocumentRecord, now: float) -> EventRecord | None:
    """Pure but for the id: the event of a document that comes from `before` to `after` at `now` (epoch seconds); None
    when that is nobody's business.

    The first number of a document is the time in milliseconds. After an erasure, which leaves no number behind, a
    document that comes back continues above the old ones.
    """
    if not (kind := _TYPES.get(after.state)):
        return None
    previous = before.event_sequence
    return EventRecord(
        id=str(uuid.uuid4()),
        type=kind,
        sequence=int(now * 1_000) if previous is None else previous + 1,
        previous_sequence=previous,
        time=utc_iso(now),
        document_id=after.document_id,
        s3_key=after.s3_key,
        state=after.state,
        generation=after.generation_number,
        reasons=reasons(after),
        pages=after.pages_total if after.state.is_complete else None,
        is_searchable=bool(after.served),
        content_sha256=after.content_sha256 if after.served else None,
        run_id=after.run_id,
    )


def event_of_claim(
    previous: DocumentRecord,
    generation: int,
    run_id: str | None,
    state: DocumentState,
    result: DocumentResult,
    now: float,
) -> EventRecord | None:
    """Pure: the event of an attempt that ended so. `previous` is the document before it."""
    ended = {"generation_number": generation, "run_id": run_id, "code": result.code}
    return next_event(previous, previous.with_result(state, result).model_copy(update=ended), now)


def tells_the_same(before: DocumentRecord, state: DocumentState) -> bool:
    """Whether the document's last event said what `state` would say."""
    return before.event_type == _TYPES.get(state)


def reasons(document: DocumentRecord) -> tuple[str, ...]:
    """Pure: why the document is not as it should be, in codes that programs may rely on; never its text."""
    match document.state:
        case DocumentState.FAILED:
            return (document.code or "internal",)
        case DocumentState.DEGRADED:
            found = [f"page_{name}" for name in BAD_OUTCOMES if document.page_outcomes.get(name)]
            found += ["description_incomplete"] if document.retry_worthwhile else []
            return tuple(found) or ("content_incomplete",)
    return ()


def marks(event: EventRecord) -> Item:
    """What the document's own item keeps of its last event."""
    return {"event_sequence": event.sequence, "event_type": event.type}


def event_items(event: EventRecord, now: float) -> list[Item]:
    """To be put in the transaction that ends the document: the event that waits, and the one that is kept for a while.

    Its attributes are one map: by their own names they would be in the indexes of documents.
    """
    body = event.model_dump(mode="json")
    pk, _ = document_key(event.document_id)
    kept = {"pk": pk, "sk": f"event#{event.sequence:015d}", "expires_at": int(now) + KEEP_DAYS * 86_400, "event": body}
    return [{"pk": PENDING, "sk": _pending_key(event), "event": body}, kept]


class Events:
    """Reads events, and forgets those that were sent. Raises errors.TransientError when the table doesn't answer."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def pending(self, settle_seconds: float = 0.0, limit: int | None = None) -> Iterator[EventRecord]:
        """Events that wait for at least `settle_seconds`, the oldest first, read consistently."""
        before = utc_iso(self._clock() - settle_seconds)
        for item in self._table.query("pk", PENDING, limit=limit):
            if settle_seconds and item["sk"] > before:
                return
            yield EventRecord.from_item(item["event"])

    def sent(self, event: EventRecord) -> None:
        """It waits no more. Doing it twice changes nothing."""
        self._table.delete((PENDING, _pending_key(event)))

    def of_document(self, document_id: str, since: str = "") -> Iterator[EventRecord]:
        """Events that are kept of a document, in their order, from the time `since` on (as `time`, UTC)."""
        pk, _ = document_key(document_id)
        items = self._table.query("pk", pk, sort=begins_with("sk", "event#"))
        events = (EventRecord.from_item(item["event"]) for item in items)
        return (event for event in events if event.time >= since)


def _pending_key(event: EventRecord) -> str:
    """By time; a document's events of one millisecond in their order."""
    return f"{event.time}#{event.document_id}#{event.sequence:015d}"


#: What a process does with an event that it wrote; never blocks, never raises.
OnEvent = Callable[[EventRecord], Any]
