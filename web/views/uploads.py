"""Uploads: a presigned form for the browser, or the file itself through the panel."""

from http import HTTPStatus

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from data_ingestion.source_keys import KeyRefusedError, source_key, upload_key
from web.inputs import Input, read_json
from web.panel import panel
from web.problems import ProblemError, bad_input
from web.uploads import SIGNATURE_BYTES, looks_like_pdf

blueprint = Blueprint("uploads", __name__)

#: What the form around a file takes.
FORM_BYTES = 64 << 10


class UploadBody(Input):
    """A file that is about to be uploaded. `folder` is below the source prefix."""

    filename: str = Field(min_length=1, max_length=1_024)
    size_bytes: int = Field(ge=1)
    folder: str = Field(default="", max_length=500)


@blueprint.post("/api/admin/upload")
def upload() -> ResponseReturnValue:
    """JSON: where the browser may put the file, `{mode, s3_key, exists, url, fields}`; `exists`: it replaces one.
    Multipart: the file, as `file`."""
    if request.mimetype == "multipart/form-data":
        return _through_panel()
    body = read_json(UploadBody)
    uploads = panel().uploads
    if body.size_bytes > uploads.max_bytes:
        raise _too_large()
    key = _key(body.filename, body.folder)
    exists = key in panel().listing.current()
    if uploads.mode == "app":
        return jsonify(mode="app", s3_key=key, exists=exists)
    return jsonify(mode=uploads.mode, s3_key=key, exists=exists, **uploads.form(key))


def _through_panel() -> ResponseReturnValue:
    uploads = panel().uploads
    request.max_content_length = uploads.max_bytes + FORM_BYTES
    file = request.files.get("file")
    if file is None or not file.filename:
        raise bad_input("file: a PDF is expected in the field file.")
    key = _key(file.filename, request.form.get("folder", "")[:500])
    start = file.stream.read(SIGNATURE_BYTES)
    if not looks_like_pdf(start):
        raise bad_input("file: this is not a PDF, whatever its name says.")
    size = file.stream.seek(0, 2)
    if size > uploads.max_bytes:
        raise _too_large()
    file.stream.seek(0)
    uploads.store(file.stream, key)  # type: ignore[arg-type]
    panel().listing.note(key, panel().artifacts.find_source(key))
    return jsonify(s3_key=key, document_id=panel().artifacts.document_id(key)), HTTPStatus.CREATED


class UploadedBody(Input):
    s3_key: str = Field(min_length=1, max_length=2_000)


@blueprint.post("/api/admin/uploaded")
def uploaded() -> ResponseReturnValue:
    """The browser has put a file into the bucket: look, so that it shows before the next listing."""
    try:
        key = source_key(read_json(UploadedBody).s3_key, panel().artifacts.pdf_prefix)
    except KeyRefusedError as error:
        raise bad_input(f"s3_key: {error}") from None
    source = panel().artifacts.find_source(key)
    if source is None:
        raise bad_input("There is no such file in the bucket.")
    panel().listing.note(key, source)
    return jsonify(s3_key=key, document_id=panel().artifacts.document_id(key))


def _key(filename: str, folder: str) -> str:
    try:
        return upload_key(filename, folder, panel().artifacts.pdf_prefix)
    except KeyRefusedError as error:
        raise bad_input(f"filename: {error}") from None


def _too_large() -> ProblemError:
    limit = panel().uploads.max_bytes >> 20
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"A PDF may have at most {limit} MB here."
    )  # fmt: skip
