"""Page images, and nothing else of the bucket."""

from http import HTTPStatus

from botocore.exceptions import ClientError
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from pydantic import Field

from data_ingestion.source_keys import IMAGE_TYPES, KeyRefusedError, image_key
from foundation.aws import aws_errors, is_missing
from web.inputs import Input, read_query
from web.panel import panel
from web.problems import ProblemError, bad_input, not_found

blueprint = Blueprint("images", __name__)

#: An image's key names its content, so that it never changes.
CACHE_SECONDS = 86_400


class ImageQuery(Input):
    """Either `url` (an S3 URL or key, as search results have it), or `document_id` and `page`."""

    url: str | None = Field(default=None, min_length=1, max_length=2_000)
    document_id: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    page: int | None = Field(default=None, ge=1, le=1_000_000)


@blueprint.get("/api/get_pdf_image")
def get_pdf_image() -> ResponseReturnValue:
    query = read_query(ImageQuery)
    if query.url is not None:
        try:
            key = image_key(query.url, panel().wiring.artifacts.bucket)
        except KeyRefusedError as error:
            raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", f"Only page images are shown: {error}.") from None
    elif query.document_id and query.page:
        key = _key_of_page(query.document_id, query.page)
    else:
        raise bad_input("Say which image: url, or document_id and page.")
    s3 = panel().wiring.aws.s3
    with aws_errors("reading a page image"):
        try:
            answer = s3.get_object(Bucket=panel().wiring.artifacts.bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                raise not_found("image") from None
            raise
    body = answer["Body"]
    response = Response(body.iter_chunks(64 << 10), mimetype=IMAGE_TYPES[key.rsplit(".", 1)[-1]])
    response.call_on_close(body.close)
    response.content_length = answer["ContentLength"]
    response.headers["Cache-Control"] = f"private, max-age={CACHE_SECONDS}"
    return response


def _key_of_page(document_id: str, page: int) -> str:
    """The image that the version now served has of a page; its format is whatever it was rendered as."""
    wiring = panel().wiring
    document = wiring.documents.get(document_id)
    if document is None or not document.content_sha256:
        raise not_found("image")
    stem = wiring.artifacts.image_key(document.s3_key, document.content_sha256, page, "")
    with aws_errors("looking for a page image"):
        found = wiring.aws.s3.list_objects_v2(Bucket=wiring.artifacts.bucket, Prefix=stem, MaxKeys=1)
    keys = [entry["Key"] for entry in found.get("Contents", [])]
    if not keys or keys[0].rsplit(".", 1)[-1] not in IMAGE_TYPES:
        raise not_found("image")
    return keys[0]
