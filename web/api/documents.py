"""Documents as the API shows them, documented field by field."""

from typing import Any, Literal

from pydantic import Field

from ledger.records import DocumentState
from web.api import PREFIX
from web.api.operations import Call, Model
from web.api.problems import not_found
from web.entry import Entry, searchable_since

State = Literal["queued", "processing", "succeeded", "degraded", "failed", "skipped", "cancelled", "deleted"]


class Document(Model):
    """A document with its last attempt. It may have failed while an older version is still served."""

    document_id: str = Field(description="The document's id.")
    s3_key: str = Field(description="The document's key in the bucket.")
    state: State = Field(description="What its last attempt came to, or where it is.")
    code: str | None = Field(description="Why it failed; docs/runbook.md explains each code.")
    message: str | None = Field(description="In words, for a person.")
    stage: str | None = Field(description="What is being done.")
    is_searchable: bool = Field(description="Searches find a version of it.")
    searchable_since: str | None = Field(description="When what is served now was made: ISO 8601, UTC.")
    updated_at: str | None = Field(description="When the state began.")
    uploaded_at: str | None = Field(description="When the source was last put there: ISO 8601, UTC.")
    size_bytes: int | None = Field(description="Of the source.")
    pages_total: int = Field(description="Pages of the document.")
    pages_done: int = Field(description="Pages that are read.")
    degraded: list[str] = Field(description="What is missing, for a person.")
    tokens_in: int = Field(description="Tokens that models were sent.")
    tokens_out: int = Field(description="Tokens that models wrote.")
    cost_usd: float = Field(description="US dollars.")
    run_id: str | None = Field(description="The run's id.")


class DocumentPage(Model):
    """Some of the documents, by S3 key."""

    documents: list[Document] = Field(description="The documents.")
    total: int = Field(description="All that match and that the key may see.")
    next_cursor: str | None = Field(description="Give it as `cursor` to go on; null at the end.")


class DocumentDetails(Document):
    """A document with its description."""

    title: str | None = Field(description="The document's title.")
    summary: str | None = Field(description="What it is about.")
    language: str | None = Field(description="ISO 639-1.")
    keywords: list[str] = Field(description="What it is about, in words.")
    page_count: int = Field(description="Pages of the document.")
    url: str = Field(description="The first page in the panel's reader.")


def find_entry(call: Call) -> Entry:
    """The document of the path, as of now. Raises ApiProblem (404), the same outside of the prefix as where there is
    none."""
    entry = call.panel.catalogue.find(call.path["document_id"])
    if entry is None or entry.state is DocumentState.DELETED or not call.sees(entry.s3_key):
        raise not_found("document")
    return entry


def described(entry: Entry) -> dict[str, Any]:
    """The fields of `Document`."""
    record = entry.record
    since = searchable_since(record)
    return {
        "document_id": entry.document_id,
        "s3_key": entry.s3_key,
        "state": entry.state.value,
        "code": record.code,
        "message": record.message,
        "stage": record.stage,
        "is_searchable": since is not None,
        "searchable_since": since,
        "updated_at": entry.updated_at,
        "uploaded_at": entry.uploaded_at,
        "size_bytes": entry.size_bytes,
        "pages_total": record.pages_total,
        "pages_done": record.pages_done,
        "degraded": list(record.degraded),
        "tokens_in": record.tokens_in,
        "tokens_out": record.tokens_out,
        "cost_usd": record.cost_usd,
        "run_id": record.run_id,
    }


def document_url(call: Call) -> str:
    """The address in this API of the path's document."""
    return f"{PREFIX}/documents/{call.path['document_id']}"
