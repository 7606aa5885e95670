"""`processing/pdf_process_history.json`: a view of the ledger for other programs. Nobody here decides by it.

    finish document ──> outbox item (in the ledger, same transaction)
                            │  the first worker takes the flusher's lease
                            ▼
    read file ──> read outbox ── If-Match ──> write file ──> delete the outbox items that were written, if unchanged

In this order: who slept in between and would write what has long been written finds another ETag.

The file is rewritten once for many documents, by one worker at a time, so that its cost is shared by the whole fleet.
After a flush the fleet rests, the longer the larger the file is: rewriting it never takes more than a twentieth of the
time. Dying anywhere leaves outbox items behind; writing an entry twice changes nothing. What others left is written by
a worker that starts, idles or ends, and when there is none, by a task that the template's `FlushHistory` starts.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog
from botocore.exceptions import ClientError

from foundation.aws import aws_errors, is_missing
from foundation.conditional_put import replace_json
from foundation.errors import FailureCode, TransientError
from ledger.history_entry import HistoryEntry
from ledger.table import ConditionNotMetError, Item, Table, Update

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HISTORY_KEY = "processing/pdf_process_history.json"
#: One flush takes at most this many entries, one lease.
MAX_ENTRIES_PER_FLUSH = 2_000
#: The fleet rewrites the file at most this often while documents keep coming, and rests so many times as long as the
#: last flush took.
FLUSH_INTERVAL_SECONDS = 10.0
REST_FACTOR = 20
FLUSH_LEASE_SECONDS = 60.0
_MAX_WRITE_ATTEMPTS = 5
#: Who stops waits so long for another worker's flush to end: it may have died, and then its lease has to run out.
CLOSE_SECONDS = FLUSH_LEASE_SECONDS + 5.0
_CLOSE_PAUSE_SECONDS = 0.2
_LEASE_KEY = ("history-flush", "lease")

LEASE_IS_FREE = "(attribute_not_exists(#until) OR #until < :now)"
FLEET_HAS_RESTED = f"{LEASE_IS_FREE} AND (attribute_not_exists(#rests_until) OR #rests_until < :now)"
LEASE_IS_MINE = "#owner = :mine"
ENTRY_IS_UNCHANGED = "#version = :version"

#: By S3 key. They are moved as they are: nobody here reads one, and other versions may have written more.
Entries = dict[str, Any]

log = structlog.get_logger(__name__)


class History:
    """Writes the view, unless it is switched off. Safe for any number of workers at once."""

    def __init__(
        self,
        s3: "S3Client",
        bucket: str,
        table: Table,
        owner: str,
        *,
        is_on: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._table = table
        self._owner = owner
        self._is_on = is_on
        self._clock = clock
        self._next_flush_at = 0.0
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def outbox_item(self, document_id: str, s3_key: str, entry: HistoryEntry | None, version: int) -> Item | None:
        """What to put into the ledger along with a document's end; `entry` None removes the key from the view."""
        if not self._is_on:
            return None
        return {
            "pk": "history", "sk": document_id, "s3_key": s3_key, "entry": entry.to_json() if entry else None,
            "version": version, "waits_since": self._clock(),
        }  # fmt: skip

    def flush_soon(self) -> None:
        """Flush now, or when the fleet has rested from the last flush. A failure is left to the next flush."""
        if not self._is_on:
            return
        wait_seconds = self._next_flush_at - self._clock()
        if wait_seconds > 0:
            self._flush_in(wait_seconds)
        else:
            self._flush_quietly(FLEET_HAS_RESTED)

    def flush_left(self) -> None:
        """Flush, when the fleet has rested, what somebody left who died. One read when there is nothing."""
        try:
            if self._is_on and self._is_waiting():
                self.flush_soon()
        except TransientError as error:
            log.warning("history flush failed", reason=str(error))

    def flush_all(self) -> int:
        """Flush what waits, however short the rest, also when another worker is at it; returns the number of entries.

        Raises TransientError when it fails, or when the other one is at it for longer than `CLOSE_SECONDS`.
        """
        gives_up_at = time.monotonic() + CLOSE_SECONDS
        while self._is_on and self._is_waiting():
            if (written := self._flush(LEASE_IS_FREE)) is not None:
                return written
            if time.monotonic() > gives_up_at:
                raise TransientError(FailureCode.INTERNAL, "another worker keeps the history's lease")
            time.sleep(_CLOSE_PAUSE_SECONDS)  # it may have looked before our entries came
        return 0

    def close(self) -> None:
        """Flush what still waits: no other worker may come. After a failure the next worker does it."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
        try:
            self.flush_all()
        except TransientError as error:
            log.warning("history flush failed", reason=str(error))

    def _is_waiting(self) -> bool:
        return any(self._table.query("pk", "history", limit=1))

    def _flush_in(self, seconds: float) -> None:
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(seconds, self._flush_quietly, [FLEET_HAS_RESTED])
                self._timer.daemon = True
                self._timer.start()

    def _flush_quietly(self, condition: str) -> None:
        """Tried again later when it is not our turn, for what the others saw too late."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = None
        try:
            if self._flush(condition) is None:
                self._flush_in(FLUSH_INTERVAL_SECONDS)
        except TransientError as error:
            log.warning("history flush failed", reason=str(error))

    def flush(self) -> int:
        """Write everything that waits in the outbox; returns the number of entries.

        0 when there is nothing, or when another worker is at it.
        """
        return self._flush(LEASE_IS_FREE) or 0

    def _flush(self, condition: str) -> int | None:
        """None when it is not our turn."""
        started = self._clock()
        if not self._take_lease(condition):
            return None
        written = 0
        try:
            moved = MAX_ENTRIES_PER_FLUSH
            # Only while more waits than one turn takes: what comes meanwhile waits until the fleet has rested.
            while moved == MAX_ENTRIES_PER_FLUSH and self._is_waiting():
                moved = self._move_outbox()
                written += moved
                self._keep_lease()
        except ConditionNotMetError:
            log.info("history lease lost")  # to one who goes on where we are
        finally:
            ended = self._clock()
            self._next_flush_at = ended + max(FLUSH_INTERVAL_SECONDS, REST_FACTOR * (ended - started))
            self._release_lease()
        return written

    def read(self) -> Entries:
        """The view as it stands, empty when there is none yet. Raises TransientError when it can't be read."""
        return self._read()[0]

    def _move_outbox(self) -> int:
        """Move what waits, or the beginning of it, into the file; returns how many entries."""
        for _ in range(_MAX_WRITE_ATTEMPTS):
            entries, etag = self._read()
            waiting = list(self._table.query("pk", "history", limit=MAX_ENTRIES_PER_FLUSH))
            for item in waiting:
                if item["entry"] is None:
                    entries.pop(item["s3_key"], None)
                else:
                    entries[item["s3_key"]] = item["entry"]
            if self._write(entries, etag):
                for item in waiting:
                    self._forget(item)
                return len(waiting)
        raise TransientError(FailureCode.INTERNAL, f"{HISTORY_KEY} kept changing while it was written")

    def _read(self) -> tuple[Entries, str | None]:
        """The entries and the ETag they were read under. A file that can't be read raises: it is never overwritten."""
        with aws_errors(f"reading {HISTORY_KEY}"):
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=HISTORY_KEY)
            except ClientError as error:
                if is_missing(error):
                    return {}, None
                raise
            body = answer["Body"].read()
        try:
            entries = json.loads(body)
        except ValueError:
            entries = None
        if not isinstance(entries, dict):
            raise TransientError(FailureCode.INTERNAL, f"{HISTORY_KEY} is not a JSON object: repair or move it away")
        return entries, answer["ETag"]

    def _write(self, entries: Entries, etag: str | None) -> bool:
        """False when somebody else wrote since `etag` was read."""
        return replace_json(self._s3, self._bucket, HISTORY_KEY, _as_lines(entries).encode(), etag)

    def _forget(self, item: Item) -> None:
        """Delete an outbox item, unless a newer entry replaced it meanwhile."""
        try:
            self._table.delete(
                (item["pk"], item["sk"]), condition=ENTRY_IS_UNCHANGED, values={"version": item["version"]}
            )
        except ConditionNotMetError:
            log.debug("history entry changed while it was flushed", s3_key=item["s3_key"])

    def _take_lease(self, condition: str) -> bool:
        now = self._clock()
        taken_as = uuid.uuid4().hex
        try:
            lease = {"owner": self._owner, "taken_as": taken_as}
            self._set_lease(lease, now + FLUSH_LEASE_SECONDS, condition, {"now": now})
        except ConditionNotMetError as error:
            # It is ours all the same when the SDK sent the write again whose answer was lost.
            return error.item is not None and error.item.get("taken_as") == taken_as
        return True

    def _keep_lease(self) -> None:
        """Raises ConditionNotMetError when somebody else has it."""
        self._set_lease({}, self._clock() + FLUSH_LEASE_SECONDS, LEASE_IS_MINE, {"mine": self._owner})

    def _release_lease(self) -> None:
        with suppress(ConditionNotMetError):
            self._set_lease({"rests_until": self._next_flush_at}, 0.0, LEASE_IS_MINE, {"mine": self._owner})

    def _set_lease(self, changes: Item, until: float, condition: str, values: Item) -> None:
        self._table.update(Update(_LEASE_KEY, {**changes, "until": until}, {}, condition=condition, values=values))


def _as_lines(entries: Entries) -> str:
    """One line an entry: people compare versions of the file, and the whole at once would take four times as long."""
    lines = (f"{json.dumps(key)}: {json.dumps(entry, ensure_ascii=False)}" for key, entry in entries.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"
