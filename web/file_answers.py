"""Answers that are files: objects of the bucket passed on block by block, and what a browser calls them."""

from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from flask import Response

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

#: Read and sent at a time.
BLOCK_BYTES = 64 << 10


def streamed(answer: "GetObjectOutputTypeDef", content_type: str) -> Response:
    """The object that S3 answers with; its connection is given back when the visitor has it all, or leaves."""
    body = answer["Body"]
    response = Response(body.iter_chunks(BLOCK_BYTES), content_type=content_type)
    response.call_on_close(body.close)
    response.content_length = answer["ContentLength"]
    return response


def name_file(response: Response, name: str, disposition: Literal["attachment", "inline"] = "attachment") -> Response:
    """What the file is called where it is kept: RFC 6266."""
    response.headers["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(name)}"
    return response
