"""Whatever is sent to whatever operation: an answer as described, and never a fault of the server."""

from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composition.parts import Parts
from tests.integration.web.api.conftest import Library
from tests.integration.web.test_fuzz import NASTY, texts, values
from tests.support.api import client
from web.api.operations import Operation
from web.api.table_of_operations import OPERATIONS

#: 250 of them, of 300 requests a minute that a key may make, took 43 s beside other programs.
EXAMPLES = 60


def inputs(called: Operation) -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """A query and a body with its fields, known and unknown."""
    query = sorted(called.query.model_fields) if called.query else []
    body = sorted(called.body.model_fields) if called.body else []
    return st.tuples(
        st.dictionaries(st.sampled_from(query) if query else st.just("x"), texts, max_size=3 if query else 0),
        st.dictionaries(st.sampled_from([*body, "x"]), values, max_size=4),
    )


def test_no_request_brings_a_server_error(panel: Flask, parts: Parts, library: Library) -> None:
    api = client(panel, parts)
    harmless = [called for called in OPERATIONS if called.name not in ("ask", "delete_document")]
    secrets = [parts.settings.aws_endpoint_url or "", parts.settings.qdrant_address, "Traceback", "/site-packages/"]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(harmless).flatmap(lambda called: st.tuples(st.just(called), inputs(called))),
        st.sampled_from([library.inside, "0" * 64, *NASTY]),
        st.sampled_from(["5", "1", "0", "-1", "99999999999", "x"]),
        st.sampled_from(["", "once", "\x7f", "x" * 300]),
    )
    def asked(
        what: tuple[Operation, tuple[dict[str, Any], dict[str, Any]]], document_id: str, number: str, once: str
    ) -> None:
        called, (query, body) = what
        # A lone surrogate can't be sent, and these end a path.
        segment = "".join(one for one in document_id if one not in "?#\r\n" and one.isprintable())
        path = called.path.replace("{document_id}", segment)
        for name in ("{page}", "{number}", "{run_id}", "{code}"):
            path = path.replace(name, number)
        headers = {"Idempotency-Key": once} if once else {}
        sent = {name: text.encode("utf-8", "replace").decode() for name, text in query.items()}
        answer = api._client.open(
            f"/api/v1{path}", method=called.method, query_string=sent,
            json=body if called.body else None, headers={"Authorization": f"Bearer {api.token}", **headers},
        )  # fmt: skip
        assert answer.status_code < 500, (called.name, path, sent, body, answer.text[:300])
        if answer.status_code >= 400:
            assert answer.mimetype == "application/problem+json"
            assert not any(secret in answer.text for secret in secrets if secret)

    asked()
