"""S3's listing, SQS and DynamoDB as far as queueing everything needs them, at the HTTP level and without a memory.

    python -m benchmarks.bulk_endpoint --port 8080 --keys 100000

moto keeps every object and every message, which takes it longer than what is to be measured. Listings have a thousand
keys a page as S3's have; every message of a batch is taken; `GET /taken` tells how many batches and messages came.
"""

import argparse
import hashlib
import json
from xml.sax.saxutils import escape

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEYS_A_PAGE = 1_000
_ENTRY = (
    "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    '<ETag>"0123456789abcdef0123456789abcdef"</ETag><Size>1000000</Size></Contents>'
)


class Endpoint:
    """Lists so many keys, takes any number of messages."""

    def __init__(self, keys: int) -> None:
        self._keys = keys
        self.batches = self.messages = self.pages = 0

    async def list_objects(self, request: Request) -> Response:
        first = int(request.query_params.get("continuation-token", "0"))
        last = min(first + KEYS_A_PAGE, self._keys)
        self.pages += 1
        entries = "".join(
            _ENTRY.format(key=escape(f"source-pdfs/shelf {n // 1_000}/document & {n}.pdf")) for n in range(first, last)
        )
        more = last < self._keys
        token = f"<NextContinuationToken>{last}</NextContinuationToken>" if more else ""
        body = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name>'
            f"<KeyCount>{last - first}</KeyCount><MaxKeys>{KEYS_A_PAGE}</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{entries}</ListBucketResult>"
        )
        return Response(body, media_type="application/xml")

    async def call(self, request: Request) -> Response:
        """SQS and DynamoDB: both say what is wanted in a header."""
        target = request.headers.get("x-amz-target", "")
        body = await request.json()
        if not target.endswith(".SendMessageBatch"):
            return JSONResponse({"Attributes": {}})  # what an update of the table gives back
        entries = body["Entries"]
        if not 1 <= len(entries) <= 10 or len({entry["Id"] for entry in entries}) != len(entries):
            return JSONResponse({"__type": "com.amazonaws.sqs#BatchEntryIdsNotDistinct"}, 400)
        self.batches += 1
        self.messages += len({json.loads(entry["MessageBody"])["s3_key"] for entry in entries})
        taken = [
            {"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": _md5(entry["MessageBody"])}
            for entry in entries
        ]
        return JSONResponse({"Successful": taken, "Failed": []})

    async def taken(self, request: Request) -> JSONResponse:
        return JSONResponse({"batches": self.batches, "messages": self.messages, "pages": self.pages})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/taken", self.taken),
                Route("/{bucket}", self.list_objects),
                Route("/", self.call, methods=["POST"]),
            ]
        )


def _md5(body: str) -> str:
    """The client compares it with its own."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=int, required=True)
    options = parser.parse_args()
    uvicorn.run(Endpoint(options.keys).app(), host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
