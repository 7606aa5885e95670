"""Which questions were asked before, noted in the ledger, so that nobody looks in S3 for answers that can't be there.

One item a question, its request key and nothing else. It is written before the question is sent:

    worker A   notes K: new ── asks ── stores the answer of K ──────────────────────── serves it
    worker B                                         notes K: not new ── looks in S3 ── serves it

Nothing is stored of a question that isn't noted, unless an earlier version stored it, or the table is younger than the
bucket. One item says whether that may be. While it may, every question is looked for in S3.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum

from foundation.batches import in_batches
from ledger.table import MAX_TRANSACTION_WRITES, ConditionNotMetError, Item, Key, Table, Update

#: Whether the notes are complete.
STATE_KEY: Key = ("questions", "state")
SECONDS_PER_DAY = 86_400
#: A note outlives its answer: S3 counts from the end of the day, and an answer comes later than its question.
MARGIN_DAYS = 3
#: How soon a worker hears that somebody completed the notes.
ASKS_AGAIN_SECONDS = 600.0

IS_OF_ANOTHER_TABLE = "attribute_not_exists(#table) OR #table <> :table"


class Seen(Enum):
    """What is known of a question."""

    #: Nobody asked it before: it has no stored answer.
    NEW = "new"
    #: Somebody asked it. It has an answer, unless that failed, is still coming, or was deleted.
    ASKED = "asked"
    #: It isn't noted, and the notes aren't complete.
    UNKNOWN = "unknown"


def note_key(request_key: str) -> Key:
    """The item of the question with this request key."""
    return f"question#{request_key}", "asked"


class AskedQuestions:
    """Thread-safe. Raises errors.TransientError (`aws`) when the ledger or S3 doesn't answer.

    `has_answers` says whether S3 has any stored answer. `keep_days` is how long S3 keeps one. `clock` gives epoch
    seconds.
    """

    #: Questions that one call notes.
    batch_size = MAX_TRANSACTION_WRITES

    def __init__(
        self, table: Table, has_answers: Callable[[], bool], keep_days: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._table = table
        self._has_answers = has_answers
        self._keep_seconds = (keep_days + MARGIN_DAYS) * SECONDS_PER_DAY
        self._clock = clock
        self._lock = threading.Lock()
        self._is_complete = False
        self._asks_again_at = float("-inf")

    def note(self, request_keys: Sequence[str]) -> dict[str, Seen]:
        """Note that these, at most `batch_size`, are about to be asked; what was known of each before."""
        otherwise = Seen.NEW if self._covers_all() else Seen.UNKNOWN
        now = self._clock()
        taken = self._table.put_new([self._item(key, now) for key in request_keys])
        return {key: Seen.ASKED if note_key(key) in taken else otherwise for key in request_keys}

    def note_again(self, request_key: str) -> None:
        """The answer of a noted question is gone, and comes anew: its note has to outlive the new one as well."""
        self._table.put(self._item(request_key, self._clock()))

    def complete(self, stored: Iterable[tuple[str, datetime]]) -> int:
        """Note all stored answers, given as request keys and when each was stored; returns how many.

        No worker of a version that notes nothing may run meanwhile, or later.
        """
        count = 0
        for batch in in_batches(stored, MAX_TRANSACTION_WRITES):
            self._table.transact([], [self._item(key, stored_at.timestamp()) for key, stored_at in batch])
            count += len(batch)
        self._table.put(self._state(is_complete=True))
        return count

    def _covers_all(self) -> bool:
        with self._lock:
            now = self._clock()
            if not self._is_complete and now >= self._asks_again_at:
                self._is_complete = self._is_now_complete(now)
                self._asks_again_at = now + ASKS_AGAIN_SECONDS
            return self._is_complete

    def _is_now_complete(self, now: float) -> bool:
        state = self._table.get(STATE_KEY)
        if state is None or state.get("table") != self._table.name:
            state = self._begin()
        return bool(state["complete"]) or now > state["since"] + self._keep_seconds

    def _begin(self) -> Item:
        """The first to note anything in this table: complete from the beginning if no answer is older."""
        _, _, *names = new = self._state(is_complete=not self._has_answers())
        changes = {name: new[name] for name in names}
        try:
            return self._table.update(
                Update(STATE_KEY, changes, {}, condition=IS_OF_ANOTHER_TABLE, values={"table": self._table.name})
            )
        except ConditionNotMetError as error:
            return error.item or new  # another worker was first

    def _state(self, *, is_complete: bool) -> Item:
        # A table that was restored under another name may lack notes: the name tells.
        pk, sk = STATE_KEY
        return {"pk": pk, "sk": sk, "table": self._table.name, "since": self._clock(), "complete": is_complete}

    def _item(self, request_key: str, now: float) -> Item:
        pk, sk = note_key(request_key)
        return {"pk": pk, "sk": sk, "expires_at": int(now) + self._keep_seconds}


def forget(table: Table, request_keys: Iterable[str]) -> None:
    """Delete the notes of questions whose answers are deleted."""
    for batch in in_batches(dict.fromkeys(request_keys), MAX_TRANSACTION_WRITES):
        table.transact([], [], [note_key(key) for key in batch])
