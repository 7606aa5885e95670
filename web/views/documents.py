"""Documents: the list with filters, one document with all that is known of it, live changes, cancel, delete."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Literal

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field, field_validator

from data_ingestion.source_keys import KeyRefusedError, source_key
from ledger.records import DocumentState
from web.advice import advice_for, reason_of
from web.content import page_content
from web.entry import Entry
from web.events import Event
from web.inputs import Input, read_json, read_query
from web.panel import panel
from web.problems import ProblemError, bad_input, not_found

blueprint = Blueprint("documents", __name__)

SortField = Literal[
    "updated_at", "s3_key", "status", "pages_total", "seconds", "tokens", "cost_usd", "size_bytes", "attempt", "links"
]
MAX_ROWS = 500
#: What only a document's own page shows of its record.
_STAGES = {"stage_seconds", "stage_starts", "stage_costs_usd"}


class StatusQuery(Input):
    """Which documents, in which order, and which of them. `state` is a comma list; `q` is a part of the key; `code` is
    why they failed."""

    run_id: str | None = Field(default=None, max_length=64)
    state: str | None = Field(default=None, max_length=200)
    code: str | None = Field(default=None, max_length=100)
    q: str = Field(default="", max_length=200)
    sort: SortField = "updated_at"
    order: Literal["asc", "desc"] = "desc"
    offset: int = Field(default=0, ge=0, le=10_000_000)
    limit: int = Field(default=50, ge=1, le=MAX_ROWS)

    @field_validator("state")
    @classmethod
    def _states_exist(cls, value: str | None) -> str | None:
        unknown = sorted(set((value or "").split(",")) - {"", *DocumentState})
        if unknown:
            raise ValueError(f"no such state: {', '.join(unknown)}")
        return value

    def select(self, entries: Iterator[Entry]) -> list[Entry]:
        """All that match, sorted. Without `state` those that are deleted are left out."""
        states = {state for state in (self.state or "").split(",") if state}
        wanted = self.q.casefold()
        found = [
            entry
            for entry in entries
            if (entry.state in states if states else entry.state is not DocumentState.DELETED)
            and wanted in entry.s3_key.casefold()
            and (not self.code or entry.record.code == self.code)
            and (self.run_id is None or entry.record.run_id == self.run_id)
        ]
        found.sort(key=lambda entry: entry.s3_key)
        if self.sort != "s3_key":
            found.sort(key=self._sort_key, reverse=self.order == "desc")
        elif self.order == "desc":
            found.reverse()
        return found

    def _sort_key(self, entry: Entry) -> tuple[bool, Any]:
        value = entry.sort_value(self.sort)
        return value is not None, value if value is not None else 0


class ListQuery(Input):
    prefix: str = Field(default="", max_length=1_024)
    offset: int = Field(default=0, ge=0, le=10_000_000)
    limit: int = Field(default=100, ge=1, le=1_000)


class PageQuery(Input):
    document_id: str = Field(pattern="^[0-9a-f]{64}$")
    page: int = Field(ge=1, le=1_000_000)


class KeysBody(Input):
    s3_keys: list[str] = Field(min_length=1, max_length=500)


class KeyBody(Input):
    s3_key: str = Field(min_length=1, max_length=2_000)


@blueprint.get("/api/admin/status")
def status() -> ResponseReturnValue:
    """Documents and counts. At most 9 reads of the ledger, 1 more with `run_id`, and 2 calls of SQS."""
    query = read_query(StatusQuery)
    snapshot = panel().catalogue.snapshot()
    found = query.select(iter(snapshot.documents.values()))
    run = panel().runs.get(query.run_id) if query.run_id else None
    if query.run_id and run is None:
        raise not_found("run")
    return jsonify(
        documents=[entry.as_json() for entry in found[query.offset : query.offset + query.limit]],
        total=len(found),
        counts=snapshot.counts(),
        failures=failures(snapshot.documents.values()),
        **queues_as_json(),
        oldest_waiting_at=oldest_waiting(snapshot.documents.values()),
        run=run.as_json() if run else None,
    )


@blueprint.get("/api/admin/events")
def events() -> ResponseReturnValue:
    """Documents as they change, and the counts with them, for the list and for one document."""
    parts = panel()
    snapshot = parts.catalogue.snapshot()

    def changes() -> Iterator[Event | None]:
        version = snapshot.version
        seen: dict[str, Any] = {}
        for _ in parts.viewers.ticks():
            now, queues = parts.catalogue.snapshot(), queues_as_json()
            # How long they have been paused changes all the time.
            news = {**queues, "paused": [entry["reason"] for entry in queues["paused"]]}
            if now.version != version or news != seen:
                changed = [entry.as_json() for entry in now.since(version)[:MAX_ROWS]]
                oldest = oldest_waiting(now.documents.values())
                yield Event(
                    "documents",
                    {
                        "changed": changed, "counts": now.counts(), **queues, "oldest_waiting_at": oldest,
                    },
                )  # fmt: skip
                version, seen = now.version, news
            else:
                yield None

    return parts.viewers.stream(changes())


@blueprint.get("/api/admin/list-pdfs")
def list_pdfs() -> ResponseReturnValue:
    """What the bucket holds, by key; at most a minute old."""
    query = read_query(ListQuery)
    prefix = panel().artifacts.pdf_prefix
    wanted = query.prefix if query.prefix.startswith(prefix) else prefix + query.prefix
    sources = [source for key, source in sorted(panel().listing.current().items()) if key.startswith(wanted)]
    return jsonify(
        total=len(sources),
        pdfs=[
            {
                "s3_key": source.key,
                "document_id": panel().artifacts.document_id(source.key),
                "size_bytes": source.size,
                "last_modified": source.last_modified.isoformat(),
            }
            for source in sources[query.offset : query.offset + query.limit]
        ],
    )


@blueprint.get("/api/admin/documents/<document_id>")
def one(document_id: str) -> ResponseReturnValue:
    """All that is known of a document: the ledger's item, its attempts, its metadata. 2 reads of the ledger."""
    if len(document_id) != 64:
        raise not_found("document")
    parts = panel()
    entry = parts.entry(document_id)
    record = parts.documents.get(document_id)
    if record:
        entry = replace(entry, record=record)
    return jsonify(
        document=entry.as_json() | entry.record.model_dump(include=_STAGES),
        attempts=[attempt.model_dump(exclude_unset=True) for attempt in parts.documents.attempts(document_id)],
        metadata=parts.artifacts.get_stored_metadata(entry.s3_key),
        advice=advice_for(entry.record),
    )


@blueprint.get("/api/get_context_details")
def context_details() -> ResponseReturnValue:
    """One page: its text as stored, the passages cut from it, its links, and where its image is."""
    query = read_query(PageQuery)
    entry = panel().entry(query.document_id)
    content = page_content(panel().stores, panel().artifacts, query.document_id, entry.s3_key, query.page)
    if content is None:
        raise not_found("page")
    return jsonify(content)


@blueprint.post("/api/admin/cancel-document")
def cancel_document() -> ResponseReturnValue:
    """Ask the worker that has the document to stop; it does at its next checkpoint."""
    document_id = panel().artifacts.document_id(_existing_key())
    if not panel().documents.request_cancel(document_id):
        raise bad_input("No worker is at this document now.")
    return jsonify(cancel_requested=True), HTTPStatus.ACCEPTED


@blueprint.post("/api/admin/delete-pdf")
def delete_pdf() -> ResponseReturnValue:
    """Delete the source; its event makes a worker remove everything derived from it."""
    key = _existing_key()
    return jsonify(s3_key=key, source_deleted=_delete(key)), HTTPStatus.ACCEPTED


@blueprint.post("/api/admin/delete-pdfs")
def delete_pdfs() -> ResponseReturnValue:
    """The same of many; those that are gone already are left out."""
    prefix = panel().artifacts.pdf_prefix
    try:
        keys = [source_key(key, prefix) for key in dict.fromkeys(read_json(KeysBody).s3_keys)]
    except KeyRefusedError as error:
        raise bad_input(f"s3_keys: {error}") from None
    deleted = 0
    for key in keys:
        try:
            _delete(key)
            deleted += 1
        except ProblemError:
            continue
    return jsonify(deleted=deleted), HTTPStatus.ACCEPTED


def _delete(key: str) -> bool:
    """Whether there was a source. One that is gone already causes no event, so that a message is sent here."""
    parts = panel()
    exists = parts.artifacts.find_source(key) is not None
    if exists:
        parts.artifacts.delete_source(key)
    elif parts.documents.get(parts.artifacts.document_id(key)) is None:
        raise not_found("document")
    else:
        parts.queues.remove(key)
    parts.listing.note(key, None)
    return exists


def failures(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Why documents failed: `{code, count, meaning, remedy}`, the most frequent reason first."""
    counts = Counter(entry.record.code or "internal" for entry in entries if entry.state is DocumentState.FAILED)
    return [
        {"code": code, "count": count, **reason_of(code)}
        for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def queues_as_json() -> dict[str, Any]:
    """How much waits, and what keeps workers from it: `{queue, paused, operator_pause}`."""
    queues = panel().queues
    pause = queues.operator_pause()
    return {
        "queue": queues.depths().as_json(),
        "paused": [reason.as_json() for reason in queues.paused()],
        "operator_pause": pause.as_json() if pause else None,
    }


def oldest_waiting(entries: Iterable[Entry]) -> str | None:
    """When the document that waits longest was uploaded or given back."""
    return min((entry.updated_at or "" for entry in entries if entry.state is DocumentState.QUEUED), default=None)


def _existing_key() -> str:
    try:
        return source_key(read_json(KeyBody).s3_key, panel().artifacts.pdf_prefix)
    except KeyRefusedError as error:
        raise bad_input(f"s3_key: {error}") from None
