"""Uploads: a form for one file, and what becomes of it."""

from http import HTTPStatus
from typing import Any, Literal, cast
from urllib.parse import quote

from pydantic import Field

from data_ingestion.source_keys import KeyRefusedError, source_key, upload_key
from ledger.records import DocumentState
from web.api import PREFIX
from web.api.documents import State
from web.api.operations import READ_OR_UPLOAD, UPLOAD, Call, Model, operation
from web.api.problems import ApiProblem, bad_request
from web.entry import searchable_since
from web.uploads import FORM_SECONDS


class UploadBody(Model):
    """A PDF that is about to be uploaded."""

    filename: str = Field(min_length=1, max_length=1_024, description="Its last part counts; it ends in `.pdf`.")
    folder: str = Field(
        default="", max_length=500, description="Below the key's prefix, or below the source prefix without one."
    )
    size_bytes: int = Field(ge=1, description="S3 refuses a larger file.")
    replace: bool = Field(default=False, description="Replace a document of this key. Without it that is a conflict.")


class StateQuery(Model):
    """Which upload."""

    s3_key: str = Field(min_length=1, max_length=2_000, description="As the form had it.")


class UploadForm(Model):
    """Where to post the file, as multipart/form-data: all `fields`, then `file`. S3 answers 204."""

    document_id: str = Field(description="The document's id.")
    s3_key: str = Field(description="The document's key in the bucket.")
    url: str = Field(description="Where to post it.")
    fields: dict[str, str] = Field(description="What to post with it.")
    expires_in_seconds: int = Field(description="How long the form is good.")
    state_url: str = Field(description="What becomes of the document.")


class UploadState(Model):
    """What became of an upload."""

    document_id: str = Field(description="The document's id.")
    s3_key: str = Field(description="The document's key in the bucket.")
    state: State | Literal["missing"] = Field(description="`missing`: there is no such file in the bucket.")
    is_final: bool = Field(description="Nothing more happens to the document until somebody asks for it.")
    is_searchable: bool = Field(description="Searches find a version of it.")
    stage: str | None = Field(description="What is being done.")
    pages_total: int = Field(description="Pages of the document.")
    pages_done: int = Field(description="Pages that are read.")
    code: str | None = Field(description="Why it failed.")
    message: str | None = Field(description="In words, for a person.")


@operation(
    "POST", "/uploads", tag="Uploads", scopes=UPLOAD, body=UploadBody, answer=UploadForm, status=HTTPStatus.CREATED,
    problems=("conflict",), is_idempotent=False,
)  # fmt: skip
def create_upload(call: Call) -> UploadForm:
    """Get a form that one PDF may be posted to S3 with.

    The form is good for one S3 key, for a file of at most `size_bytes`, for a quarter of an hour. The bucket's event
    starts the work; ask `state_url` how far it is.
    """
    body: UploadBody = call.body
    uploads, artifacts = call.panel.uploads, call.panel.artifacts
    if body.size_bytes > uploads.max_bytes:
        raise ApiProblem("too_large", f"A PDF may have at most {uploads.max_bytes >> 20} MB here.")
    try:
        key = upload_key(body.filename, body.folder, call.prefix or artifacts.pdf_prefix)
    except KeyRefusedError as error:
        raise bad_request("filename", str(error)) from None
    if not body.replace and artifacts.find_source(key):
        raise ApiProblem("conflict", "There is a document of this key; say replace to put another in its place.")
    form = uploads.form(key, body.size_bytes)
    return UploadForm(
        document_id=artifacts.document_id(key),
        s3_key=key,
        url=form["url"],
        fields=form["fields"],
        expires_in_seconds=FORM_SECONDS,
        state_url=f"{PREFIX}/uploads?s3_key={quote(key)}",
    )


@operation("GET", "/uploads", tag="Uploads", scopes=READ_OR_UPLOAD, query=StateQuery, answer=UploadState)
def get_upload(call: Call) -> UploadState:
    """Show what became of an upload.

    `queued` until a worker has taken it. Ask every few seconds until `is_final`.
    """
    key = _key(call)
    artifacts = call.panel.artifacts
    document_id = artifacts.document_id(key)
    record = call.panel.documents.get(document_id)
    source = artifacts.find_source(key)
    if source:
        call.panel.listing.note(key, source)
    shown: dict[str, Any] = {"document_id": document_id, "s3_key": key}
    if record is None or record.state is DocumentState.DELETED:
        state: State | Literal["missing"] = "queued" if source else "missing"
        return UploadState(
            **shown, state=state, is_final=False, is_searchable=False, stage=None, pages_total=0, pages_done=0,
            code=None, message=None,
        )  # fmt: skip
    newer_waits = bool(source and record.etag and record.etag != source.etag and record.state.is_final)
    return UploadState(
        **shown,
        state="queued" if newer_waits else cast(State, record.state.value),
        is_final=record.state.is_final and not newer_waits,
        is_searchable=searchable_since(record) is not None,
        stage=record.stage,
        pages_total=record.pages_total,
        pages_done=record.pages_done,
        code=record.code,
        message=record.message,
    )


def _key(call: Call) -> str:
    query: StateQuery = call.query
    try:
        key = source_key(query.s3_key, call.panel.artifacts.pdf_prefix)
    except KeyRefusedError as error:
        raise bad_request("s3_key", str(error)) from None
    if not call.sees(key):
        # As for a file that isn't there: what is outside of the prefix is neither confirmed nor denied.
        raise bad_request("s3_key", f"the key is not under {call.prefix}")
    return key
