"""`processing/pdf_process_history.json`: a view of the ledger for other programs. Nobody here decides by it.

    finish document ──> outbox item (in the ledger, same transaction)
                            │  whoever is first takes the flusher's lease
                            ▼
    read history ─ If-Match ─> write history ──> delete the outbox items that were written, if unchanged

The file is rewritten once for many documents, by one worker at a time, so that its cost is shared by the whole fleet.
Dying anywhere leaves outbox items behind, and the next flush writes them; writing an entry twice changes nothing.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from botocore.exceptions import ClientError

from aws import aws_errors, is_missing, is_precondition_failed
from data_ingestion.ledger.table import ConditionNotMetError, Item, Table, Update
from errors import FailureCode, TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HISTORY_KEY = "processing/pdf_process_history.json"
#: One flush takes at most this many entries, one lease.
MAX_ENTRIES_PER_FLUSH = 2_000
#: The fleet rewrites the file at most this often while documents keep coming.
FLUSH_INTERVAL_SECONDS = 10.0
FLUSH_LEASE_SECONDS = 60.0
_MAX_WRITE_ATTEMPTS = 5
_LEASE_KEY = ("history-flush", "lease")

LEASE_IS_FREE = "attribute_not_exists(#until) OR #until < :now"
ENTRY_IS_UNCHANGED = "#version = :version"

log = structlog.get_logger(__name__)


def outbox_item(document_id: str, s3_key: str, entry: dict[str, Any] | None, version: int) -> Item:
    """What to put into the ledger along with a document's end; `entry` None removes the key from the view."""
    return {"pk": "history", "sk": document_id, "s3_key": s3_key, "entry": entry, "version": version}


class History:
    """Writes the view. Safe for any number of workers at once."""

    def __init__(
        self, s3: "S3Client", bucket: str, table: Table, owner: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._table = table
        self._owner = owner
        self._clock = clock
        self._next_flush_at = 0.0
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def flush_soon(self) -> None:
        """Flush now, or when the interval since the last flush is over. A failure is left to the next flush."""
        with self._lock:
            wait_seconds = self._next_flush_at - self._clock()
            if wait_seconds > 0:
                if self._timer is None:
                    self._timer = threading.Timer(wait_seconds, self._flush_quietly)
                    self._timer.daemon = True
                    self._timer.start()
                return
        self._flush_quietly()

    def close(self) -> None:
        """Flush what still waits."""
        self._flush_quietly()

    def _flush_quietly(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = None
        try:
            self.flush()
        except TransientError as error:
            log.warning("history flush failed", reason=str(error))

    def flush(self) -> int:
        """Write everything that waits in the outbox; returns the number of entries.

        0 when there is nothing, or when another worker is at it: it, or the flush after it, takes ours along.
        """
        self._next_flush_at = self._clock() + FLUSH_INTERVAL_SECONDS
        written = 0
        while waiting := list(self._table.query("pk", "history", limit=MAX_ENTRIES_PER_FLUSH)):
            if not self._take_lease():
                break
            try:
                self._merge(waiting)
                written += len(waiting)
                for item in waiting:
                    self._forget(item)
            finally:
                self._release_lease()
            if len(waiting) < MAX_ENTRIES_PER_FLUSH:
                break
        return written

    def read(self) -> dict[str, Any]:
        """The view as it stands, empty when there is none yet. Raises TransientError when it can't be read."""
        return self._read()[0]

    def _merge(self, waiting: list[Item]) -> None:
        for _ in range(_MAX_WRITE_ATTEMPTS):
            entries, etag = self._read()
            for item in waiting:
                if item["entry"] is None:
                    entries.pop(item["s3_key"], None)
                else:
                    entries[item["s3_key"]] = item["entry"]
            if self._write(entries, etag):
                return
        raise TransientError(FailureCode.INTERNAL, f"{HISTORY_KEY} kept changing while it was written")

    def _read(self) -> tuple[dict[str, Any], str | None]:
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

    def _write(self, entries: dict[str, Any], etag: str | None) -> bool:
        """False when somebody else wrote since `etag` was read."""
        condition: dict[str, Any] = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        body = json.dumps(entries, ensure_ascii=False, indent=1).encode()
        with aws_errors(f"writing {HISTORY_KEY}"):
            try:
                self._s3.put_object(
                    Bucket=self._bucket, Key=HISTORY_KEY, Body=body, ContentType="application/json", **condition
                )
            except ClientError as error:
                if is_precondition_failed(error) or is_missing(error):
                    return False
                raise
        return True

    def _forget(self, item: Item) -> None:
        """Delete an outbox item, unless a newer entry replaced it meanwhile."""
        try:
            self._table.delete(
                (item["pk"], item["sk"]), condition=ENTRY_IS_UNCHANGED, values={"version": item["version"]}
            )
        except ConditionNotMetError:
            log.debug("history entry changed while it was flushed", s3_key=item["s3_key"])

    def _take_lease(self) -> bool:
        now = self._clock()
        try:
            self._table.update(
                Update(
                    _LEASE_KEY,
                    {"until": now + FLUSH_LEASE_SECONDS, "owner": self._owner},
                    {},
                    condition=LEASE_IS_FREE,
                    values={"now": now},
                )
            )
        except ConditionNotMetError:
            return False
        return True

    def _release_lease(self) -> None:
        self._table.update(Update(_LEASE_KEY, {"until": 0.0}, {}))
