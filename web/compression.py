"""Answers that compress well are sent compressed (gzip), where the browser takes that.

The compressed size of a page that holds a secret beside what another site chose tells of the secret (BREACH). So only
what our own pages or a person's own address bar ask for is compressed.
"""

import gzip

from flask import Flask, Response, request

#: Smaller ones don't get smaller.
LEAST_BYTES = 1_000
MOST_BYTES = 8 << 20
_LEVEL = 6
_TYPES = frozenset(
    {"text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml"}
)


def install(app: Flask) -> None:
    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in _TYPES:
            return response
        response.vary.add("Accept-Encoding")
        if not _may_be_compressed(response):
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if LEAST_BYTES <= len(body) <= MOST_BYTES:
            response.set_data(gzip.compress(body, _LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
            # The bytes differ from those that the tag was made of.
            tag, _ = response.get_etag()
            if tag:
                response.set_etag(tag, weak=True)
        return response


def _may_be_compressed(response: Response) -> bool:
    return (
        response.status_code == 200
        and (request.endpoint == "static" or not response.is_streamed)
        and "Content-Encoding" not in response.headers
        and request.accept_encodings["gzip"] > 0
        and request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
    )
