"""Every document with its state, as the ledger and the bucket have it: one copy for all viewers, kept by small reads.

    first look      one query a state, all pages                 (10,000 documents: about 20 reads of 1 MB)
    afterwards      one query a state for what changed lately    (8 reads, at most once a second, however many look)
    now and then    everything again

So a request costs at most eight reads of the ledger, mostly none, and any filter, sort and search is free.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data_ingestion.artifacts import SourceObject
from foundation.timestamps import utc_iso
from ledger.documents import Documents
from ledger.records import DocumentRecord, DocumentState
from web.entry import Entry
from web.listing import Listing

#: The ledger is asked at most this often.
REFRESH_SECONDS = 1.0
#: An index is eventually consistent and clocks differ: changes up to this old are read again.
OVERLAP_SECONDS = 15.0
RELOAD_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`documents` by document_id. `version` grows with every change; `changed` tells at which one each entry did."""

    version: int
    documents: Mapping[str, Entry]
    changed: Mapping[str, int]

    def since(self, version: int) -> list[Entry]:
        """Entries that changed after that version."""
        if version >= self.version:
            return []
        return [self.documents[name] for name, at in self.changed.items() if at > version and name in self.documents]

    def counts(self) -> dict[str, int]:
        """Documents by state, those that are gone left out."""
        counts = {state.value: 0 for state in DocumentState}
        for entry in self.documents.values():
            counts[entry.state.value] += 1
        return counts


class Catalogue:
    """Thread-safe. While one thread refreshes, others get the last snapshot."""

    def __init__(
        self,
        documents: Documents,
        listing: Listing,
        document_id: Callable[[str], str],
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._documents = documents
        self._listing = listing
        self._document_id = document_id
        self._clock = clock
        self._now = now
        self._refreshing = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._records: dict[str, DocumentRecord] = {}
        self._ids: dict[str, str] = {}
        self._sources: Mapping[str, SourceObject] = {}
        self._refreshed_at = self._loaded_at = float("-inf")

    def snapshot(self) -> Snapshot:
        """The documents as of at most REFRESH_SECONDS ago. Raises TransientError."""
        if self._snapshot is not None and self._clock() - self._refreshed_at < REFRESH_SECONDS:
            return self._snapshot
        if not self._refreshing.acquire(blocking=self._snapshot is None):
            assert self._snapshot is not None
            return self._snapshot
        try:
            if self._snapshot is None or self._clock() - self._refreshed_at >= REFRESH_SECONDS:
                self._refresh()
                self._refreshed_at = self._clock()
            return self._snapshot  # type: ignore[return-value]  # _refresh made it
        finally:
            self._refreshing.release()

    def find(self, document_id: str) -> Entry | None:
        """None when neither the ledger nor the bucket knows it. One more read of the ledger when the snapshot doesn't:
        a document may be newer, and where a refresh takes long, by more than REFRESH_SECONDS."""
        snapshot = self.snapshot()
        if entry := snapshot.documents.get(document_id):
            return entry
        sources = self._listing.current()
        key = next((key for key in sources if self._id_of(key) == document_id), None)
        return merge(document_id, self._documents.get(document_id), sources[key] if key else None)

    def _refresh(self) -> None:
        changed = self._read_changes()
        sources = self._listing.current()
        if sources is not self._sources:
            # Listed anew: entries of the bucket may have come or gone.
            touched = set(self._records) | {self._id_of(key) for key in {*sources, *self._sources}}
            self._sources = sources
        else:
            touched = changed
        self._publish(touched)

    def _read_changes(self) -> set[str]:
        if self._clock() - self._loaded_at >= RELOAD_SECONDS:
            records = {record.document_id: record for record in self._documents.all() if record.document_id}
            changed = {name for name in {*records, *self._records} if records.get(name) != self._records.get(name)}
            self._records, self._loaded_at = records, self._clock()
            return changed
        newest = max((record.state_changed_at for record in self._records.values()), default="")
        since = _earlier(min(newest, utc_iso(self._now())), OVERLAP_SECONDS)
        changed = set()
        for state in DocumentState:
            # Progress doesn't change when a state began, so that all documents at work are read.
            found = (
                self._documents.in_state(state)
                if state is DocumentState.PROCESSING
                else self._documents.changed_since(state, since)
            )
            for record in found:
                known = self._records.get(record.document_id)
                # The index may still show the state before.
                if known is None or (record.state_changed_at >= known.state_changed_at and record != known):
                    self._records[record.document_id] = record
                    changed.add(record.document_id)
        return changed

    def _publish(self, touched: set[str]) -> None:
        before = self._snapshot or Snapshot(0, {}, {})
        keys = {self._id_of(key): key for key in self._sources}
        documents, versions = dict(before.documents), dict(before.changed)
        version = before.version + 1
        for name in touched:
            key = keys.get(name)
            entry = merge(name, self._records.get(name), self._sources[key] if key else None)
            if entry is None:
                documents.pop(name, None)
                versions.pop(name, None)
            elif entry != documents.get(name):
                documents[name] = entry
                versions[name] = version
        changed = documents != before.documents if touched else False
        if changed or self._snapshot is None:
            self._snapshot = Snapshot(version, documents, versions)

    def _id_of(self, key: str) -> str:
        if key not in self._ids:
            self._ids[key] = self._document_id(key)
        return self._ids[key]


def merge(document_id: str, record: DocumentRecord | None, source: SourceObject | None) -> Entry | None:
    """One document as people see it, from what the ledger and the bucket say of it; None when neither knows it.

    A source without a record waits for a worker; so does one that came back after its removal.
    """
    size_bytes, uploaded_at = None, None
    if source is not None:
        size_bytes, uploaded_at = source.size, utc_iso(source.last_modified.timestamp())
        if record is None or record.state is DocumentState.DELETED:
            waiting = DocumentRecord(
                s3_key=source.key, state=DocumentState.QUEUED, state_changed_at=uploaded_at, stage="waiting"
            )
            return Entry(document_id, waiting, size_bytes, uploaded_at)
    if record is None:
        return None
    newer_waits = bool(source and record.etag and record.etag != source.etag and record.state.is_final)
    return Entry(document_id, record, size_bytes, uploaded_at, newer_waits)


def _earlier(iso: str, seconds: float) -> str:
    if not iso:
        return "0"
    moment = datetime.fromisoformat(iso).astimezone(UTC) - timedelta(seconds=seconds)
    return utc_iso(moment.timestamp())
