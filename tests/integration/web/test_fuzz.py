"""Whatever is asked of whatever address: an answer, never a server error, and nothing of the machine in it."""

import json
import string
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composition.parts import Parts
from ledger.run_description import RunDescription
from tests.integration.web.test_access import routes
from tests.support.panel import put_document, put_source, store_passage, visitor

#: Live views of what exists would answer for minutes; their refusals are covered.
ENDLESS = {"/api/admin/events"}
NAMES = [
    "q", "store", "source", "state", "sort", "order", "offset", "limit", "run_id", "document_id", "page", "url",
    "days", "prefix", "s3_key", "s3_keys", "s3_prefix", "store_types", "cache_behavior", "dry_run", "filename",
    "size_bytes", "folder", "message_id", "code", "all", "retrieval_k", "link_colors", "profile", "system_prompt",
    "prices", "first_page", "last_page", "next", "password", "documents", "passage", "boxes", "width", "fragment",
    "document", "category", "language", "question", "answer", "verdict", "word", "sources", "message_ids",
]  # fmt: skip
NASTY = [
    "", " ", "\x00", "\ud800", "../../etc/passwd", "source-pdfs/../config/app_config.json", "%2e%2e%2f", "a" * 3_000,
    "-1", "0", "1e999", "NaN", "null", "[]", "{}", "true", "9" * 40, "'; DROP TABLE x; --", "s3://", "file:///",
    "<script>alert(1)</script>", "{{7*7}}", "\u202e", "semantic", "pages", "rebuild", "source-pdfs/a.pdf", "all",
    "a\r\nSet-Cookie: x=1", "\N{DRAGON}", "0" * 64, "1,2,3,4", "9" * 400 + ",1,1,1",
    "00000000-0000-5000-8000-000000000000", "good",
]  # fmt: skip
texts = st.sampled_from(NASTY) | st.text(max_size=40)
numbers = st.integers(-(10**20), 10**20) | st.floats()
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
names = st.sampled_from(NAMES) | st.text(string.printable, max_size=10)


@pytest.fixture
def stocked(app: Flask, parts: Parts) -> Flask:
    """A panel with something in every place, so that requests get past the first check."""
    put_source(parts, "a.pdf")
    put_document(parts, "a.pdf", content_sha256="ab" * 32)
    store_passage(parts, "The gate closes in eleven minutes.")
    parts.runs.start("x", RunDescription(prefix="source-pdfs/"))
    return app


@pytest.mark.system
def test_no_request_brings_a_server_error(stocked: Flask, parts: Parts) -> None:
    browser = visitor(stocked)
    known = parts.artifacts.document_id("source-pdfs/a.pdf")
    targets = [
        (method, path.replace("documents/x", f"documents/{known}"))
        for method, path in routes(stocked)
        if path not in ENDLESS and path != "/sign-out"
    ]
    secrets = [
        parts.settings.aws_endpoint_url or "",
        "Traceback",
        "/site-packages/",
        parts.settings.qdrant_address,
    ]

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        target=st.sampled_from(targets),
        segment=texts,
        query=st.dictionaries(names, texts, max_size=4),
        body=st.dictionaries(names, values, max_size=4) | values,
        if_match=st.sampled_from(["none", "", "x", '"y"', "ü"]),
        mimetype=st.sampled_from(
            ["application/json", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]
        ),
    )
    def ask(
        target: tuple[str, str], segment: str, query: dict[str, str], body: Any, if_match: str, mimetype: str
    ) -> None:
        method, path = target
        path = path.replace("/x", "/" + segment.encode("utf-8", "replace").decode().replace("?", "").replace("#", ""))
        data = json.dumps(body) if mimetype == "application/json" else str(body).encode("utf-8", "replace")
        headers = {"X-CSRFToken": browser.csrf, "If-Match": if_match.encode("latin-1", "replace").decode("latin-1")}
        answer = browser.client.open(
            path, method=method, query_string={k: v.encode("utf-8", "replace") for k, v in query.items()},
            data=data if method == "POST" else None, content_type=mimetype, headers=headers,
        )  # fmt: skip
        assert answer.status_code < 500, (method, path, query, body, answer.text[:500])
        if answer.status_code >= 400:
            assert not [secret for secret in secrets if secret and secret in answer.text]
        answer.close()

    ask()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_methods_that_nothing_takes_are_refused(untouched_app: Flask, method: str) -> None:
    browser = visitor(untouched_app)
    for _, path in routes(untouched_app):
        assert browser.client.open(path, method=method, headers={"X-CSRFToken": browser.csrf}).status_code in (404, 405)


def test_a_body_that_is_too_large_is_refused_unread(untouched_app: Flask) -> None:
    browser = visitor(untouched_app)
    answer = browser.post("/api/admin/process", data=b"x" * (2 << 20), content_type="application/json")
    assert answer.status_code in (400, 413)
