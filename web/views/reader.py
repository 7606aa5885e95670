"""The reader: a page of a document with the place of a passage marked, and what goes with it."""

from typing import Any

from botocore.exceptions import ClientError
from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from foundation.aws import aws_errors, is_missing
from ledger.records import DocumentState
from web.document_reader import DocumentView
from web.entry import Entry
from web.file_answers import name_file, streamed
from web.inputs import UUID, Input, read_query
from web.page_html import blocks_html
from web.panel import panel
from web.problems import ProblemError, not_found

blueprint = Blueprint("reader", __name__)

MAX_PAGE = 1_000_000


class ReaderQuery(Input):
    """What to mark: a passage by its point's id, and in it the sentences that match `q`. `fragment`: only the page."""

    q: str = Field(default="", max_length=2_000)
    passage: str | None = Field(default=None, pattern=UUID)
    fragment: bool = False


@blueprint.get("/documents/<document_id>/pages/<int:page>")
def page(document_id: str, page: int) -> ResponseReturnValue:
    """The page for people; with `fragment` what the script puts in its place when pages are turned."""
    query = read_query(ReaderQuery)
    entry = _entry(document_id)
    if page > MAX_PAGE:
        raise not_found("page")
    view = panel().reader.page(
        document_id, entry.s3_key, entry.record.pages_total, page, query.q.strip(), query.passage
    )  # fmt: skip
    if view is None:
        raise not_found("page")
    blocks = blocks_html(view.blocks, view.highlight) if view.blocks is not None else None
    template = "reader_page.html" if query.fragment else "reader.html"
    return render_template(
        template,
        view=view,
        document=view.document,
        blocks=blocks,
        query=query,
        has_image=bool(entry.record.images),
        table_count=sum(1 for block in view.blocks or () if block.table),
    )


@blueprint.get("/api/documents/<document_id>/contents")
def contents(document_id: str) -> ResponseReturnValue:
    """The outline and the pages' printed numbers, for lists that show a part of them at a time."""
    document = _document(document_id)
    return jsonify(
        outline=[[section.level, section.title, section.page or 1] for section in document.outline],
        labels=[document.label(number) for number in range(1, document.page_count + 1)],
        version=document.generation,
    )


@blueprint.get("/documents/<document_id>/pdf")
def pdf(document_id: str) -> ResponseReturnValue:
    """The PDF itself, shown by the browser; a viewer may ask for parts of it."""
    entry = _entry(document_id)
    wanted: dict[str, Any] = {}
    if (part := request.headers.get("Range", "")) and part.startswith("bytes=") and "," not in part:
        wanted["Range"] = part
    answer = _object(entry.s3_key, "document", **wanted)
    response = name_file(streamed(answer, "application/pdf"), entry.s3_key.rsplit("/", 1)[-1], "inline")
    response.headers["Accept-Ranges"] = "bytes"
    if "ContentRange" in answer:
        response.status_code = 206
        response.headers["Content-Range"] = answer["ContentRange"]
    return response


@blueprint.get("/documents/<document_id>/markdown")
def markdown(document_id: str) -> ResponseReturnValue:
    """The whole document as Markdown, to keep."""
    document = _document(document_id)
    if not document.generation:
        raise not_found("Markdown of this document; run it again to get one")
    key = panel().artifacts.markdown_key(document.s3_key, document.generation)
    name = document.filename.rsplit(".", 1)[0] + ".md"
    return name_file(streamed(_object(key, "file"), "text/markdown; charset=utf-8"), name)


def _entry(document_id: str) -> Entry:
    entry = panel().entry(document_id)
    if entry.state is DocumentState.DELETED:
        raise not_found("document")
    return entry


def _document(document_id: str) -> DocumentView:
    entry = _entry(document_id)
    return panel().reader.document(document_id, entry.s3_key, entry.record.pages_total)


def _object(key: str, what: str, **wanted: Any) -> Any:
    parts = panel()
    with aws_errors(f"reading a {what}"):
        try:
            return parts.aws.s3.get_object(Bucket=parts.artifacts.bucket, Key=key, **wanted)
        except ClientError as error:
            if is_missing(error):
                raise not_found(what) from None
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 416:
                raise ProblemError(416, "bad_range", "The file has no such part.") from None  # type: ignore[arg-type]
            raise
