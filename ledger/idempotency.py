"""Answers to requests with an idempotency key, kept for a day: a request that is sent again gets the first answer.

    request A    begin ─────────── finish               begin: the answer
    record       running           done, with answer
    request B            begin: RUNNING

Of two requests at once a conditional write decides. A process that died in between leaves `running`: after
`ABANDONED_SECONDS` the next request takes over, and what it asks for may then be done a second time.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from ledger.records import Record
from ledger.table import ConditionNotMetError, Key, Table, Update

KEEP_SECONDS = 86_400
#: Longer than any answer takes.
ABANDONED_SECONDS = 60
#: An item has 400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_BODY_CHARACTERS = 60_000

# The clauses of the conditional writes.
IS_FREE = "attribute_not_exists(#pk) OR #expires_at < :now"
WAS_ABANDONED = "attribute_not_exists(#status) AND #started_at = :seen"
STILL_MINE = "#owner = :owner"


class Begin(Enum):
    """What a request may do."""

    RUN = "run"
    RUNNING = "running"
    OTHER_REQUEST = "other request"


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer: HTTP status and JSON."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to answer for an idempotency key. `owner` tells this request from one that took over."""

    key: Key
    owner: str


class _Entry(Record):
    request_sha256: str
    started_at: float
    owner: str = ""
    status: int | None = None
    body: str = ""
    expires_at: float


class IdempotencyRecords:
    """Raises TransientError when the table doesn't answer. `clock` gives epoch seconds."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def begin(self, caller: str, idempotency_key: str, request: bytes, owner: str) -> Ticket | Kept | Begin:
        """A ticket for who comes first, the first answer afterwards, else why not.

        `caller` is the API key's id, `request` is all that makes the request what it is, `owner` is unique.
        """
        key = (f"api-idempotency#{caller}", hashlib.sha256(idempotency_key.encode()).hexdigest())
        digest = hashlib.sha256(request).hexdigest()
        now = self._clock()
        mine = {"request_sha256": digest, "started_at": now, "owner": owner, "expires_at": int(now) + KEEP_SECONDS}
        remove = ("status", "body")
        try:
            self._table.update(Update(key, mine, {}, remove, IS_FREE, {"now": int(now)}))
        except ConditionNotMetError as error:
            if error.item is None:  # its time was over, and DynamoDB deleted it meanwhile
                return Begin.RUNNING
            found = _Entry.from_item(error.item)
        else:
            return Ticket(key, owner)
        if found.owner == owner:  # the SDK sent the write again whose answer was lost
            return Ticket(key, owner)
        if found.request_sha256 != digest:
            return Begin.OTHER_REQUEST
        if found.status is not None:
            return Kept(found.status, found.body)
        if now - found.started_at < ABANDONED_SECONDS:
            return Begin.RUNNING
        try:
            self._table.update(Update(key, mine, {}, remove, WAS_ABANDONED, {"seen": found.started_at}))
        except ConditionNotMetError:
            return Begin.RUNNING
        return Ticket(key, owner)

    def finish(self, ticket: Ticket, answer: Kept) -> None:
        """Keep the answer. One that is too large for an item is not kept: the key is free again."""
        if len(answer.body) > MAX_BODY_CHARACTERS:
            self.give_up(ticket)
            return
        kept = {"status": answer.status, "body": answer.body}
        with suppress(ConditionNotMetError):
            self._table.update(Update(ticket.key, kept, {}, condition=STILL_MINE, values={"owner": ticket.owner}))

    def give_up(self, ticket: Ticket) -> None:
        """Nothing was done: the same request may be sent again."""
        with suppress(ConditionNotMetError):
            self._table.delete(ticket.key, condition=STILL_MINE, values={"owner": ticket.owner})
