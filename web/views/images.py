"""Page images, and nothing else of the bucket."""

from collections.abc import Callable
from http import HTTPStatus

from botocore.exceptions import ClientError
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from pydantic import Field

from data_ingestion.object_keys import image_type
from data_ingestion.source_keys import KeyRefusedError, image_key
from foundation.aws import aws_errors, is_missing
from web.file_answers import streamed
from web.highlights import Box
from web.inputs import Input, read_query
from web.page_pictures import place, thumbnail
from web.panel import panel
from web.problems import ProblemError, bad_input, not_found

blueprint = Blueprint("images", __name__)

#: An image's key names its content, so that it never changes.
CACHE_SECONDS = 86_400
#: A PDF's page has at most 14,400 a side, unless it scales its units: PDF 32000-1:2008, annex C.
MAX_POINTS = 1_000_000.0


class ImageQuery(Input):
    """Either `url` (an S3 URL or key, as search results have it), or `document_id` and `page`."""

    url: str | None = Field(default=None, min_length=1, max_length=2_000)
    document_id: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    page: int | None = Field(default=None, ge=1, le=1_000_000)
    #: Makes a thumbnail of that many pixels' width.
    width: int | None = Field(default=None, ge=40, le=800)
    #: The document's generation: tells the browser's cache that another version has other images. Not looked at.
    v: str | None = Field(default=None, max_length=100)


class PlaceQuery(Input):
    """The strip of a page around some boxes: `x0,y0,x1,y1;…` in points of the shown page."""

    document_id: str = Field(pattern="^[0-9a-f]{64}$")
    page: int = Field(ge=1, le=1_000_000)
    boxes: str = Field(default="", max_length=2_000, pattern=r"^(-?[\d.]+(,-?[\d.]+){3}(;-?[\d.]+(,-?[\d.]+){3})*)?$")
    width: int = Field(default=480, ge=40, le=1_000)
    v: str | None = Field(default=None, max_length=100)

    def places(self) -> list[Box]:
        """Raises ProblemError(400) for what is no number."""
        try:
            found = [tuple(float(value) for value in box.split(",")) for box in self.boxes.split(";") if box]
        except ValueError:
            raise bad_input("boxes: four numbers a box are expected.") from None
        if any(abs(value) > MAX_POINTS for box in found for value in box):
            raise bad_input("boxes: no page is so large.")
        return [(x0, y0, x1, y1) for x0, y0, x1, y1 in found]


@blueprint.get("/api/page_place")
def page_place() -> ResponseReturnValue:
    """What a search result stands for, as a small picture with its lines marked."""
    query = read_query(PlaceQuery)
    entry = panel().entry(query.document_id)
    document = panel().reader.document(query.document_id, entry.s3_key, entry.record.pages_total)
    if not 1 <= query.page <= len(document.pages):
        raise not_found("page")
    shown = document.pages[query.page - 1]
    size = shown.width, shown.height
    boxes = query.places()
    return _picture(query.document_id, query.page, lambda image: place(image, size, boxes, query.width))


def _picture(document_id: str, page: int, draw: Callable[[bytes], bytes]) -> Response:
    parts = panel()
    key = _key_of_page(document_id, page)
    with aws_errors("reading a page image"):
        image = parts.aws.s3.get_object(Bucket=parts.artifacts.bucket, Key=key)["Body"].read()
    try:
        response = Response(draw(image), mimetype="image/jpeg")
    except ValueError:
        raise not_found("image") from None
    response.headers["Cache-Control"] = f"private, max-age={CACHE_SECONDS}"
    return response


@blueprint.get("/api/get_pdf_image")
def get_pdf_image() -> ResponseReturnValue:
    query = read_query(ImageQuery)
    if query.width and query.document_id and query.page:
        width = query.width
        return _picture(query.document_id, query.page, lambda image: thumbnail(image, width))
    if query.url is not None:
        try:
            key = image_key(query.url, panel().artifacts.bucket)
        except KeyRefusedError as error:
            raise ProblemError(HTTPStatus.FORBIDDEN, "forbidden", f"Only page images are shown: {error}.") from None
    elif query.document_id and query.page:
        key = _key_of_page(query.document_id, query.page)
    else:
        raise bad_input("Say which image: url, or document_id and page.")
    s3 = panel().aws.s3
    with aws_errors("reading a page image"):
        try:
            answer = s3.get_object(Bucket=panel().artifacts.bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                raise not_found("image") from None
            raise
    response = streamed(answer, image_type(key))
    response.headers["Cache-Control"] = f"private, max-age={CACHE_SECONDS}"
    return response


def _key_of_page(document_id: str, page: int) -> str:
    """The image that the version now served has of a page; its format is whatever it was rendered as."""
    parts = panel()
    document = parts.documents.get(document_id)
    if document is None or not document.content_sha256:
        raise not_found("image")
    key = parts.artifacts.find_image(document.s3_key, document.content_sha256, page)
    if not key:
        raise not_found("image")
    return key
