"""Work: run documents again, delete them, start and cancel bulk runs."""

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus

from pydantic import Field, field_validator

from data_ingestion.source_keys import KeyRefusedError, folder_prefix
from foundation.store_names import StoreName
from ledger.records import CacheBehavior, DocumentState
from ledger.run_description import DESCRIBED_KEYS, RunDescription
from web.api import PREFIX
from web.api.documents import find_entry
from web.api.operations import ADMIN, READ, Call, Model, operation
from web.api.problems import ApiProblem, bad_request, not_found
from work_queue.bulk_runs import RunRequest
from work_queue.run_summary import RunState, RunSummary

MAX_DOCUMENTS = 500
#: Runs that are looked through for those that a key with a prefix may see.
LOOKED_AT_RUNS = 50
TAG = "Runs"


class Work(Model):
    """How documents are processed."""

    stores: list[StoreName] = Field(default_factory=list, description="Empty: what workers do anyway.")
    cache_behavior: CacheBehavior = Field(
        default="use", description="`use` skips what is up to date, `rebuild` does all again."
    )


class RunBody(Work):
    """Which documents: `document_ids`, or everything below `prefix`."""

    document_ids: list[str] | None = Field(
        default=None, min_length=1, max_length=MAX_DOCUMENTS, description="Ids of documents that are in the bucket."
    )
    prefix: str = Field(default="", max_length=1_024, description="What S3 keys begin with; empty: all of the key.")
    max_cost_usd: float | None = Field(default=None, gt=0, description="No document begins once this is spent.")

    @field_validator("document_ids")
    @classmethod
    def _are_ids(cls, value: list[str] | None) -> list[str] | None:
        if any(len(one) != 64 for one in value or ()):
            raise ValueError("ids of documents have 64 characters")
        return value


class NewestQuery(Model):
    """How many."""

    limit: int = Field(default=20, ge=1, le=LOOKED_AT_RUNS, description="At most so many.")


class RunStarted(Model):
    """A run whose documents are being queued."""

    run_id: str = Field(description="The run's id.")
    run_url: str = Field(description="The run in this API.")


class Deleted(Model):
    """The source is gone; a worker removes what was derived from it."""

    document_id: str = Field(description="The document's id.")
    s3_key: str = Field(description="The document's key in the bucket.")


class Run(Model):
    """A bulk run with its counters."""

    run_id: str = Field(description="The run's id.")
    state: RunState = Field(description="How far it is.")
    started_at: str | None = Field(description="ISO 8601, UTC.")
    cancelled_at: str | None = Field(description="ISO 8601, UTC.")
    queued: int = Field(description="Documents that were queued.")
    ended: int = Field(description="Documents that have ended.")
    left: int = Field(description="Documents that have not.")
    ends: dict[str, int] = Field(description="How its documents ended, by state.")
    tokens_in: int = Field(description="Tokens that models were sent.")
    tokens_out: int = Field(description="Tokens that models wrote.")
    cost_usd: float = Field(description="US dollars.")


class Runs(Model):
    """The newest runs that the key may see."""

    runs: list[Run] = Field(description="The newest first.")


@operation(
    "POST", "/documents/{document_id}/reprocess", tag="Documents", scopes=ADMIN, body=Work, answer=RunStarted,
    status=HTTPStatus.ACCEPTED, is_idempotent=False,
)  # fmt: skip
def reprocess_document(call: Call) -> RunStarted:
    """Process a document again, as a run of its own.

    What is served stays until the new version is complete.
    """
    work: Work = call.body
    entry = find_entry(call)
    if entry.size_bytes is None and not call.panel.artifacts.find_source(entry.s3_key):
        raise not_found("source of this document in the bucket")
    return _start(call, [entry.s3_key], work, RunDescription(keys=(entry.s3_key,)))


@operation(
    "DELETE", "/documents/{document_id}", tag="Documents", scopes=ADMIN, answer=Deleted, status=HTTPStatus.ACCEPTED
)
def delete_document(call: Call) -> Deleted:
    """Delete a document's source. A worker then removes everything derived from it."""
    entry = find_entry(call)
    parts = call.panel
    if parts.artifacts.find_source(entry.s3_key):
        parts.artifacts.delete_source(entry.s3_key)
    else:
        parts.queues.remove(entry.s3_key)  # a source that is gone already causes no event
    parts.listing.note(entry.s3_key, None)
    return Deleted(document_id=entry.document_id, s3_key=entry.s3_key)


@operation("GET", "/runs", tag=TAG, scopes=READ, query=NewestQuery, answer=Runs)
def list_runs(call: Call) -> Runs:
    """List the newest bulk runs.

    A key with a prefix sees the runs that are limited to it.
    """
    query: NewestQuery = call.query
    newest = call.panel.runs.newest(LOOKED_AT_RUNS if call.prefix else query.limit)
    return Runs(runs=[_run(run) for run in newest if _is_seen(call, run)][: query.limit])


@operation("GET", "/runs/{run_id}", tag=TAG, scopes=READ, answer=Run)
def get_run(call: Call) -> Run:
    """Show a run with its counters."""
    return _run(_find_run(call))


@operation(
    "POST", "/runs", tag=TAG, scopes=ADMIN, body=RunBody, answer=RunStarted, status=HTTPStatus.ACCEPTED,
    is_idempotent=False,
)  # fmt: skip
def start_run(call: Call) -> RunStarted:
    """Queue many documents as one run.

    Send an idempotency key: without one, a request that is sent again starts a second run.
    """
    body: RunBody = call.body
    parts = call.panel
    if body.document_ids is not None:
        if body.prefix:
            raise bad_request("prefix", "give document_ids or a prefix, not both")
        documents = parts.catalogue.snapshot().documents
        entries = [documents.get(document_id) for document_id in dict.fromkeys(body.document_ids)]
        keys = [
            entry.s3_key
            for entry in entries
            if entry and entry.size_bytes is not None and entry.state is not DocumentState.DELETED
        ]
        keys = [key for key in keys if call.sees(key)]
        if len(keys) < len(entries):
            missing = len(entries) - len(keys)
            raise bad_request("document_ids", f"{missing} of them are not in the bucket, so that nothing was queued")
        named = RunDescription(keys=tuple(keys[:DESCRIBED_KEYS]), prefix_of_key=call.prefix)
        return _start(call, keys, body, named, body.max_cost_usd)
    try:
        wanted = folder_prefix(body.prefix or call.prefix, parts.artifacts.pdf_prefix)
    except KeyRefusedError as error:
        raise bad_request("prefix", str(error)) from None
    if not call.sees(wanted):
        raise bad_request("prefix", f"this key sees what begins with {call.prefix}")
    listed = (source.key for source in parts.artifacts.list_sources(wanted))
    return _start(call, listed, body, RunDescription(prefix=wanted), body.max_cost_usd)


@operation("POST", "/runs/{run_id}/cancel", tag=TAG, scopes=ADMIN, answer=Run, problems=("conflict",))
def cancel_run(call: Call) -> Run:
    """Cancel a run: what has not begun ends as cancelled, what is at work is asked to stop.

    Cancelling a cancelled run changes nothing.
    """
    run = _find_run(call)
    parts = call.panel
    if not run.can_be_cancelled:
        raise ApiProblem("conflict", "This run is over; there is nothing left to cancel.")
    if run.state != "cancelled" or run.left:
        parts.run_records.cancel(run.run_id)
        for entry in parts.catalogue.snapshot().documents.values():
            if entry.record.run_id == run.run_id and entry.state is DocumentState.PROCESSING:
                parts.documents.request_cancel(entry.document_id)
    parts.runs.forget(run.run_id)
    return _run(_find_run(call))


def _start(
    call: Call, keys: Iterable[str], work: Work, described: RunDescription, max_cost_usd: float | None = None
) -> RunStarted:
    stores = tuple(dict.fromkeys(work.stores)) or None
    shown = replace(
        described,
        stores=stores or "default",
        cache_behavior=work.cache_behavior,
        by=f"api key {call.key.key_id}" if call.key else "",
    )
    run_id = call.panel.runs.start(RunRequest(keys, stores, work.cache_behavior, shown, max_cost_usd))
    return RunStarted(run_id=run_id, run_url=f"{PREFIX}/runs/{run_id}")


def _find_run(call: Call) -> RunSummary:
    run = call.panel.runs.get(call.path["run_id"])
    if run is None or not _is_seen(call, run):
        raise not_found("run")
    return run


def _is_seen(call: Call, run: RunSummary) -> bool:
    """Whether all documents of a run are within the caller's prefix, as far as the run says. Pure."""
    if not call.prefix:
        return True
    asked = run.request
    if asked.prefix:
        return call.sees(asked.prefix)
    keys = asked.keys or ()
    # Of a run with more keys than it names only who started it is known.
    if len(keys) >= DESCRIBED_KEYS:
        return (asked.prefix_of_key or "").startswith(call.prefix)
    return bool(keys) and all(map(call.sees, keys))


def _run(run: RunSummary) -> Run:
    return Run(**{name: getattr(run, name) for name in Run.model_fields})
