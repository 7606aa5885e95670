"""What the API refuses, as problem details; and requests that are sent twice."""

import json
import subprocess
import sys
import threading
from typing import Any

import pytest
from flask import Flask

from composition.parts import Parts
from foundation.errors import FailureCode, TransientError
from tests.integration.web.api.conftest import Library
from tests.support.api import ApiClient, client
from web.api.dispatch import MAX_BODY_BYTES
from web.panel import Panel


@pytest.fixture
def api(panel: Flask, parts: Parts) -> ApiClient:
    return client(panel, parts)


def test_an_address_that_is_none_or_takes_other_methods(api: ApiClient, library: Library) -> None:
    for path in (
        "", "/", "/nothing", "/documents/", "/documents//", "/documents/abc", f"/documents/{library.inside.upper()}",
        f"/documents/{library.inside}/", f"/documents/{library.inside}/pages/0", "/documents/%2e%2e/runs",
        f"/documents/{library.inside}/pages/5%2Fimage%2F..", f"/documents/{library.inside}/pages/-1",
        f"/documents/{library.inside}/pages/99999999999999999999", "/../admin/status", "/openapi.json/",
    ):  # fmt: skip
        answer = api.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), path
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = api.send(method, "/search")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert api.send("HEAD", "/key").data == b""
    assert api.send("HEAD", "/search").status_code == 405


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "gate", "limit": 51}, "limit"),
        ({"query": "gate", "limit": "many"}, "limit"),
        ({"query": "gate", "docment_id": "x"}, "docment_id"),
        ({"query": "gate", "store": "other"}, "store"),
        ({"query": "x" * 5_000}, "query"),
        ([], "body"),
        ("gate", "body"),
    ],
)
def test_a_wrong_body_is_told_field_by_field(api: ApiClient, body: Any, field: str) -> None:
    answer = api.post("/search", body)
    assert answer.status_code == 400
    assert [one["field"] for one in answer.json["errors"]] == [field]


def test_what_is_no_json_or_too_much_is_refused(api: ApiClient) -> None:
    json_type = {"Content-Type": "application/json"}
    for data in (b"", b"{", b"\xff\xfe", b'{"query": "\\ud800"}', b"[" * 100_000, b'{"query": NaN}'):
        answer = api.send("POST", "/search", data=data, headers=json_type)
        assert answer.status_code == 400, data[:20]
    assert api.send("POST", "/search", data=b"query=gate").status_code == 415
    huge = json.dumps({"query": "x" * MAX_BODY_BYTES}).encode()
    answer = api.send("POST", "/search", data=huge, headers=json_type)
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert api.post("/search", {"query": "gate"}, headers={"Accept": "text/html"}).status_code == 406
    assert api.get("/key", verbose="1").json["errors"][0]["field"] == "verbose"
    assert api.get("/documents", cursor="!!").json["errors"][0]["field"] == "cursor"


def test_a_fault_of_ours_tells_its_id_and_nothing_else(
    api: ApiClient, panel: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(type(panel.extensions["panel"].catalogue), "snapshot", broken)
    answer = api.send("GET", "/documents", headers={"X-Request-Id": "mine-1"})
    assert (answer.status_code, answer.json["code"], answer.json["request_id"]) == (500, "internal", "mine-1")
    assert "hunter2" not in answer.text
    forged = api.send("GET", "/documents", headers={"X-Request-Id": "a b" * 50})
    assert len(forged.headers["X-Request-Id"]) == 32


def test_a_service_that_is_away_says_when_to_come_back(
    api: ApiClient, panel: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise TransientError(FailureCode.STORE_FAILED, "http://10.0.0.1:6333 refuses", dependency="qdrant")

    monkeypatch.setattr(Panel, "searcher", away)
    for path, body in (("/search", {"query": "gate"}), ("/ask", {"question": "gate"})):
        for accept in ("application/json", "text/event-stream"):
            if path == "/search" and accept != "application/json":
                continue
            answer = api.post(path, body, headers={"Accept": accept})
            assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
            assert answer.headers["Retry-After"]
            assert "10.0.0.1" not in answer.text


def test_a_request_that_is_sent_again_gets_its_first_answer(api: ApiClient, panel: Flask, parts: Parts) -> None:
    once = {"Idempotency-Key": "run-1"}
    first = api.post("/runs", {"prefix": "source-pdfs/team/"}, headers=once)
    again = api.post("/runs", {"prefix": "source-pdfs/team/"}, headers=once)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    other = api.post("/runs", {"prefix": "source-pdfs/team2/"}, headers=once)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    elsewhere = api.post("/uploads", {"filename": "x.pdf", "size_bytes": 1}, headers=once)
    assert elsewhere.status_code == 422
    # The idempotency keys of another API key are others.
    assert client(panel, parts).post("/runs", {"prefix": "source-pdfs/team2/"}, headers=once).status_code == 202
    # A refusal did nothing, so that the mended request may take the same key.
    twice = {"Idempotency-Key": "run-2"}
    assert api.post("/runs", {"document_ids": ["0" * 64]}, headers=twice).status_code == 400
    assert api.post("/runs", {"prefix": "source-pdfs/team/"}, headers=twice).status_code == 202
    assert api.post("/runs", {}, headers={"Idempotency-Key": "x" * 256}).status_code == 400


def test_of_two_requests_at_once_with_one_idempotency_key_one_is_carried_out(
    panel: Flask, parts: Parts, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(list(parts.runs.newest(100)))
    started = threading.Event()
    go_on = threading.Event()
    starter = panel.extensions["panel"].runs
    start = starter.start

    def slowly(request: Any) -> str:
        started.set()
        assert go_on.wait(20)
        return str(start(request))

    monkeypatch.setattr(starter, "start", slowly)
    answers: list[Any] = []
    once = {"Idempotency-Key": "both"}
    first = threading.Thread(target=lambda: answers.append(api.post("/runs", {}, headers=once)))
    first.start()
    assert started.wait(20)
    second = ApiClient(panel.test_client(), api.token).post("/runs", {}, headers=once)
    go_on.set()
    first.join(20)
    assert (second.status_code, second.json["code"]) == (409, "idempotency_running")
    assert second.headers["Retry-After"] == "1"
    third = api.post("/runs", {}, headers=once)
    assert third.json == answers[0].json
    assert len(list(parts.runs.newest(100))) == before + 1


def test_every_place_for_answers_is_given_back(api: ApiClient, panel: Flask) -> None:
    """Also of one whose asker leaves before the end."""
    places = panel.extensions["panel"].answering._places
    free = places._value
    for _ in range(3):
        answer = api._client.post(
            "/api/v1/ask", json={"question": "gate"}, buffered=False,
            headers={"Authorization": f"Bearer {api.token}", "Accept": "text/event-stream"},
        )  # fmt: skip
        next(iter(answer.response))
        answer.close()
        api.post("/ask", {"question": "gate"})
    assert places._value == free
    taken = [places.acquire(blocking=False) for _ in range(free)]
    assert all(taken)
    for accept in ("application/json", "text/event-stream"):
        assert api.post("/ask", {"question": "gate"}, headers={"Accept": accept}).status_code == 503


def test_the_api_is_imported_with_its_first_request() -> None:
    """Without one the panel has a single address of it, and none of its models."""
    lazy = ("web.api", "ledger.api_keys", "ledger.idempotency", "data_ingestion.table_reading")
    code = f"import sys, app; print([name for name in sys.modules if name.startswith({lazy})])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "['web.api']"
