"""Bulk runs: start one (or see what it would take), watch it, call it off; and the history."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field, field_validator

from composition.enrichment import make_estimator
from data_ingestion.artifacts import SourceObject
from data_ingestion.enrichment.run_estimate import KnownDocument, estimate_run, known_document
from data_ingestion.source_keys import KeyRefusedError, folder_prefix, source_key
from foundation.store_names import StoreName, parse_store_names
from ledger.data_version import data_version
from ledger.records import CacheBehavior, DocumentState
from ledger.run_description import DESCRIBED_KEYS, RunDescription
from web.entry import Entry
from web.events import Event
from web.inputs import Input, read_json, read_query
from web.panel import panel
from web.problems import ProblemError, bad_input, not_found
from work_queue.bulk_runs import RunRequest
from work_queue.run_summary import RunSummary

blueprint = Blueprint("runs", __name__)

MAX_NAMED_KEYS = 1_000


class ProcessBody(Input):
    """What to queue: everything under `s3_prefix`, or only `s3_keys`. `store_types` empty: what workers do anyway."""

    store_types: list[str] | str = Field(default_factory=list)
    cache_behavior: CacheBehavior = "use"
    s3_prefix: str = Field(default="", max_length=1_024)
    s3_keys: list[str] | None = Field(default=None, min_length=1, max_length=MAX_NAMED_KEYS)
    dry_run: bool = False

    @field_validator("store_types")
    @classmethod
    def _stores_exist(cls, value: list[str] | str) -> list[str] | str:
        parse_store_names(value)
        return value

    @property
    def stores(self) -> tuple[StoreName, ...] | None:
        return parse_store_names(self.store_types) if self.store_types else None


class HistoryQuery(Input):
    limit: int = Field(default=20, ge=1, le=50)
    documents: bool = False


@blueprint.post("/api/admin/process")
def process() -> ResponseReturnValue:
    """Queue a run, `{run_id}`; or with `dry_run` say what it would take. The sources come from a fresh listing."""
    body = read_json(ProcessBody)
    parts = panel()
    prefix = parts.artifacts.pdf_prefix
    try:
        wanted = folder_prefix(body.s3_prefix, prefix)
        keys = [source_key(key, prefix) for key in dict.fromkeys(body.s3_keys or [])]
    except KeyRefusedError as error:
        raise bad_input(str(error)) from None
    if body.dry_run:
        sources: Iterable[SourceObject] = parts.artifacts.list_sources(wanted)
        if body.s3_keys:
            listed = parts.listing.current()
            sources = [listed[key] for key in keys if key in listed]
        plan = estimate_run(
            sources,
            {entry.s3_key: _known(entry) for entry in parts.catalogue.snapshot().documents.values()},
            body.stores or parts.settings.target_stores,
            body.cache_behavior,
            make_estimator(parts.settings, parts.app_config.current()),
        )
        return jsonify(plan.as_json())
    _refuse_missing(keys)
    described = RunDescription(
        stores=body.stores or "default",
        cache_behavior=body.cache_behavior,
        keys=tuple(keys[:DESCRIBED_KEYS]) or None,
        prefix=None if keys else wanted,
    )
    run_keys: Iterable[str] = keys or (source.key for source in parts.artifacts.list_sources(wanted))
    run_id = parts.runs.start(RunRequest(run_keys, body.stores, body.cache_behavior, described))
    return jsonify(run_id=run_id), HTTPStatus.ACCEPTED


@blueprint.get("/api/admin/process_stream/<run_id>")
def process_stream(run_id: str) -> ResponseReturnValue:
    """The run's counters and its documents as they change; ends with `end` when nothing is left of it."""
    parts = panel()
    if _run(run_id) is None:
        raise not_found("run")

    def changes() -> Iterator[Event | None]:
        version, last = 0, None
        for _ in parts.viewers.ticks():
            snapshot, run = parts.catalogue.snapshot(), _run_of(parts, run_id)
            if run is None:
                return
            changed = [entry for entry in snapshot.since(version) if entry.record.run_id == run_id]
            if run != last or changed:
                yield Event("run", {"run": run.as_json(), "changed": [entry.as_json() for entry in changed[:500]]})
            else:
                yield None
            if run.is_over:
                yield Event("end", {"run": run.as_json()})
                return
            version, last = snapshot.version, run

    return parts.viewers.stream(changes())


@blueprint.post("/api/admin/cancel/<run_id>")
def cancel(run_id: str) -> ResponseReturnValue:
    """Documents that have not started end as cancelled; those at work are asked to stop."""
    parts = panel()
    run = _run(run_id)
    if run is None:
        raise not_found("run")
    if not run.can_be_cancelled:
        raise ProblemError(HTTPStatus.CONFLICT, "run_over", "This run is over; there is nothing left to cancel.")
    parts.run_records.cancel(run_id)
    at_work = [
        entry.document_id
        for entry in parts.catalogue.snapshot().documents.values()
        if entry.record.run_id == run_id and entry.state is DocumentState.PROCESSING
    ]
    asked = sum(parts.documents.request_cancel(document_id) for document_id in at_work)
    return jsonify(run_id=run_id, asked_to_stop=asked), HTTPStatus.ACCEPTED


@blueprint.get("/api/admin/history")
def history() -> ResponseReturnValue:
    """Past runs, newest first (1 query and a read a run); with `documents=true` the history view as well."""
    query = read_query(HistoryQuery)
    documents = panel().history.read() if query.documents else None
    return jsonify(runs=[run.as_json() for run in panel().runs.newest(query.limit)], documents=documents)


def _refuse_missing(keys: list[str]) -> None:
    """Raise ProblemError when a key is not in the bucket. The listing may be older than an upload: then S3 is asked."""
    parts = panel()
    listed = parts.listing.current()
    missing = [key for key in keys if key not in listed and not parts.artifacts.find_source(key)]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise bad_input(f"s3_keys: {missing[0]}{more}: not in the bucket, so that nothing was queued.")


def _known(entry: Entry) -> KnownDocument:
    """A document of the catalogue, as estimates want it."""
    return known_document(
        state=entry.state,
        code=entry.record.code,
        pages=entry.record.pages_total,
        stores=entry.stores,
        is_replaced=entry.newer_waits,
        data_version=data_version(entry.record),
    )


def _run(run_id: str) -> RunSummary | None:
    return _run_of(panel(), run_id)


def _run_of(parts: Any, run_id: str) -> RunSummary | None:
    if not run_id or len(run_id) > 64 or not run_id.isascii() or not run_id.isprintable():
        return None
    run: RunSummary | None = parts.runs.get(run_id)
    return run
