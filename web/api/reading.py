"""Documents: the list, one of them, and what it holds: outline, pages, images, Markdown, tables."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from botocore.exceptions import ClientError
from flask import Response
from pydantic import Field

from answers.reader_links import reader_path
from data_ingestion.document_tables import DocumentTable, TableInfo
from data_ingestion.page_markdown import page_markdown
from data_ingestion.source_keys import IMAGE_TYPES
from data_ingestion.table_reading import FilesMissing, TableTooLong, find_table, list_tables
from foundation.aws import aws_errors, is_missing
from ledger.records import DocumentState
from web.api import PREFIX
from web.api.answers import (
    Document,
    DocumentDetails,
    DocumentPage,
    Link,
    Outline,
    OutlineItem,
    Page,
    State,
    Table,
    Tables,
    TableSummary,
)
from web.api.operations import READ, Call, Model, operation
from web.api.problems import ApiProblem, bad_request, not_found
from web.api.searching import panel_url
from web.document_reader import DocumentView
from web.entry import Entry, searchable_since
from web.views.tables import csv_response, file_name

BLOCK_BYTES = 64 << 10
MAX_ROWS = 1_000
CSV = "text/csv"
MARKDOWN = "text/markdown"
TAG = "Documents"


class ListQuery(Model):
    """Which documents, by S3 key. Without `state` those that are deleted are left out."""

    cursor: str = Field(default="", max_length=2_000, description="`next_cursor` of the answer before.")
    limit: int = Field(default=50, ge=1, le=200, description="At most so many.")
    state: State | None = Field(default=None, description="Only documents in this state.")
    prefix: str = Field(default="", max_length=1_024, description="What S3 keys begin with.")


class RowsQuery(Model):
    """Which rows of a table."""

    first_row: int = Field(default=0, ge=0, le=10_000_000, description="Counted from 0.")
    limit: int = Field(default=200, ge=1, le=MAX_ROWS, description="At most so many.")


@operation("GET", "/documents", tag=TAG, scopes=READ, query=ListQuery, answer=DocumentPage)
def list_documents(call: Call) -> DocumentPage:
    """List documents by S3 key.

    A list that is walked with its cursor shows each document once, also when others come and go meanwhile.
    """
    query: ListQuery = call.query
    after = _after(query.cursor)
    found = sorted(
        (
            entry
            for entry in call.panel.catalogue.snapshot().documents.values()
            if call.sees(entry.s3_key)
            and entry.s3_key.startswith(query.prefix)
            and (entry.state == query.state if query.state else entry.state is not DocumentState.DELETED)
        ),
        key=lambda entry: entry.s3_key,
    )
    start = bisect_right(found, after, key=lambda entry: entry.s3_key) if after else 0
    shown = found[start : start + query.limit]
    more = start + query.limit < len(found)
    return DocumentPage(
        documents=[Document(**_described(entry)) for entry in shown],
        total=len(found),
        next_cursor=_cursor(shown[-1].s3_key) if more and shown else None,
    )


@operation("GET", "/documents/{document_id}", tag=TAG, scopes=READ, answer=DocumentDetails)
def get_document(call: Call) -> DocumentDetails:
    """Show a document with its state and description."""
    entry = find_entry(call)
    metadata = call.panel.artifacts.get_metadata(entry.s3_key) or {}
    return DocumentDetails(
        **_described(entry),
        title=metadata.get("source_book_title"),
        summary=metadata.get("summary"),
        language=metadata.get("language"),
        keywords=[str(word) for word in metadata.get("keywords") or ()],
        page_count=int(metadata.get("page_count") or entry.record.pages_total),
        url=panel_url(call, reader_path(entry.document_id, 1)),
    )


@operation("GET", "/documents/{document_id}/outline", tag=TAG, scopes=READ, answer=Outline)
def get_outline(call: Call) -> Outline:
    """Show a document's headings and the printed numbers of its pages."""
    view = _view(call, find_entry(call))
    outline = [
        OutlineItem(level=int(item.get("level") or 1), title=str(item.get("title") or ""), page=int(item["page"]))
        for item in view.outline
        if item.get("page")
    ]
    return Outline(outline=outline, page_labels=[view.label(page) for page in range(1, view.page_count + 1)])


@operation(
    "GET", "/documents/{document_id}/markdown", tag=TAG, scopes=READ, answers={MARKDOWN: None}
)  # fmt: skip
def get_markdown(call: Call) -> Response:
    """Read a whole document as Markdown."""
    entry = find_entry(call)
    view = _view(call, entry)
    if not view.generation:
        raise not_found("Markdown of this document; process it again to get one")
    key = call.panel.artifacts.files_folder(entry.s3_key, view.generation) + "document.md"
    return _object(call, key, "Markdown", f"{MARKDOWN}; charset=utf-8")


@operation("GET", "/documents/{document_id}/pages/{page}", tag=TAG, scopes=READ, answer=Page, problems=("conflict",))
def get_page(call: Call) -> Page:
    """Read a page: Markdown, blocks with their places, links, and where its image is."""
    entry = find_entry(call)
    number = int(call.path["page"])
    view = call.panel.reader.page(entry.document_id, entry.s3_key, entry.record.pages_total, number, "", None)
    if view is None:
        raise not_found("page")
    blocks = [dict(block) for block in view.blocks] if view.blocks is not None else None
    return Page(
        document_id=entry.document_id,
        page=number,
        label=view.label,
        page_count=view.document.page_count,
        heading_path=view.heading_path,
        text_source=view.text_source,
        width=view.width,
        height=view.height,
        markdown=page_markdown(blocks) if blocks is not None else view.text,
        blocks=blocks,
        links=[_link(link) for link in view.links],
        image_url=f"{PREFIX}{_path(call)}/pages/{number}/image" if entry.record.images else None,
        url=panel_url(call, reader_path(entry.document_id, number)),
    )


@operation(
    "GET", "/documents/{document_id}/pages/{page}/image", tag=TAG, scopes=READ,
    answers=dict.fromkeys(sorted(set(IMAGE_TYPES.values()))),
)  # fmt: skip
def get_page_image(call: Call) -> Response:
    """Read the image of a page, in the format that it was rendered in."""
    entry = find_entry(call)
    artifacts = call.panel.artifacts
    if not entry.record.content_sha256:
        raise not_found("image")
    stem = artifacts.image_key(entry.s3_key, entry.record.content_sha256, int(call.path["page"]), "")
    with aws_errors("looking for a page image"):
        listed = call.panel.aws.s3.list_objects_v2(Bucket=artifacts.bucket, Prefix=stem, MaxKeys=1)
    key = next((item["Key"] for item in listed.get("Contents", ())), "")
    if key.rsplit(".", 1)[-1] not in IMAGE_TYPES:
        raise not_found("image")
    return _object(call, key, "image", IMAGE_TYPES[key.rsplit(".", 1)[-1]])


@operation("GET", "/documents/{document_id}/tables", tag=TAG, scopes=READ, answer=Tables, problems=("conflict",))
def get_tables(call: Call) -> Tables:
    """List the tables of a document, without their rows.

    A table that goes on over pages is one.
    """
    entry = find_entry(call)
    try:
        found = list_tables(call.panel.artifacts, entry.s3_key)
    except FilesMissing as error:
        raise _without_files(error) from None
    return Tables(tables=[TableSummary(**_table(call, info)) for info in found])


@operation(
    "GET", "/documents/{document_id}/pages/{page}/tables/{number}", tag=TAG, scopes=READ, query=RowsQuery,
    answer=Table, problems=("conflict",),
)  # fmt: skip
def get_table(call: Call) -> Table:
    """Read a table's rows.

    `number` counts the tables on the page from 1; the part of a table on a later page names the whole table.
    """
    query: RowsQuery = call.query
    table = _found_table(call)
    shown = table.as_json(query.first_row, query.limit)
    end = query.first_row + query.limit
    return Table(
        **_table(call, table.info),
        first_row=query.first_row,
        rows=shown["rows"],
        row_boxes=shown["row_boxes"],
        next_row=end if end < table.info.row_count else None,
    )


@operation(
    "GET", "/documents/{document_id}/pages/{page}/tables/{number}/csv", tag=TAG, scopes=READ, answers={CSV: None},
    problems=("conflict",),
)  # fmt: skip
def get_table_csv(call: Call) -> Response:
    """Read a table as CSV (RFC 4180) with a header line.

    What a spreadsheet would compute has an apostrophe before it.
    """
    table = _found_table(call)
    response = csv_response(table)
    name = quote(file_name(table.info, find_entry(call).s3_key, "csv"))
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def find_entry(call: Call) -> Entry:
    """The document of the path, as of now. Raises ApiProblem (404), the same outside of the prefix as where there is
    none."""
    entry = call.panel.catalogue.find(call.path["document_id"])
    if entry is None or entry.state is DocumentState.DELETED or not call.sees(entry.s3_key):
        raise not_found("document")
    return entry


def _view(call: Call, entry: Entry) -> DocumentView:
    return call.panel.reader.document(entry.document_id, entry.s3_key, entry.record.pages_total)


def _found_table(call: Call) -> DocumentTable:
    entry = find_entry(call)
    try:
        table = find_table(call.panel.artifacts, entry.s3_key, int(call.path["page"]), int(call.path["number"]))
    except FilesMissing as error:
        raise _without_files(error) from None
    except TableTooLong as error:
        raise ApiProblem("conflict", str(error)) from None
    if table is None:
        raise not_found("table")
    return table


def _without_files(error: FilesMissing) -> ApiProblem:
    return ApiProblem("conflict", f"{error}")


def _table(call: Call, info: TableInfo) -> dict[str, Any]:
    place = f"{PREFIX}{_path(call)}/pages/{info.page}/tables/{info.number}"
    return {**info.as_json(), "json_url": place, "csv_url": f"{place}/csv"}


def _path(call: Call) -> str:
    return f"/documents/{call.path['document_id']}"


def _described(entry: Entry) -> dict[str, Any]:
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


def _link(link: Mapping[str, Any]) -> Link:
    return Link(
        text=str(link.get("link_text") or ""),
        box=list(link["source_rect"]) if link.get("source_rect") else None,
        target_page=link.get("target_page"),
        target_url=link.get("target_url"),
    )


def _cursor(s3_key: str) -> str:
    return base64.urlsafe_b64encode(s3_key.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def _after(cursor: str) -> str:
    """The key that a cursor stands behind. Raises ApiProblem."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise bad_request("cursor", "take next_cursor of the answer before") from None


def _object(call: Call, key: str, what: str, content_type: str) -> Response:
    with aws_errors(f"reading a {what}"):
        try:
            answer = call.panel.aws.s3.get_object(Bucket=call.panel.artifacts.bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                raise not_found(what) from None
            raise
    body = answer["Body"]
    response = Response(body.iter_chunks(BLOCK_BYTES), content_type=content_type)
    response.call_on_close(body.close)
    response.content_length = answer["ContentLength"]
    response.set_etag(answer["ETag"].strip('"'))
    return response
