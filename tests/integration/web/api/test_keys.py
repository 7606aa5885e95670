"""Who gets in: forged, expired, revoked and narrow keys, cookies, and too many requests."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from composition.parts import Parts
from ledger.api_keys import ApiKeys, parse_token
from ledger.key_checks import CACHE_SECONDS, LAST_USED_SECONDS
from tests.integration.web.api.conftest import Library
from tests.support.api import ApiClient, client
from tests.support.panel import PASSWORD, Visitor, visitor
from web.api.operations import Operation
from web.api.table_of_operations import OPERATIONS

ID = "abcdefghjkmn"


def example(called: Operation, library: Library) -> str:
    path = called.path.replace("{document_id}", library.inside).replace("{page}", "5").replace("{number}", "1")
    return path.replace("{run_id}", "abc").replace("{code}", "not_found")


def bare(panel: Flask, token: str = "") -> ApiClient:
    return ApiClient(panel.test_client(), token)


def test_only_what_describes_the_api_answers_without_a_key(panel: Flask, library: Library) -> None:
    api = bare(panel)
    for called in OPERATIONS:
        answer = api.send(called.method, example(called, library))
        assert answer.status_code == (401 if called.scopes else 200)
        if called.scopes:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_neither_session_nor_the_panels_token_is_a_key(panel: Flask, library: Library) -> None:
    browser: Visitor = visitor(panel)
    for path in ("/key", "/documents", f"/documents/{library.inside}"):
        assert browser.get(f"/api/v1{path}").status_code == 401
    assert browser.post("/api/v1/search", {"query": "gate"}).status_code == 401
    assert bare(panel, PASSWORD).get("/key").status_code == 401


def test_a_key_is_none_for_the_panel(panel: Flask, parts: Parts) -> None:
    _, token = parts.api_keys.create(["admin"])
    answer = panel.test_client().get("/api/admin/status", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def forged(token: str) -> list[str]:
    """What one may try with a right key in hand."""
    parts = parse_token(token)
    assert parts
    return [
        "", "lm_", token[:-1], token + "x", token.upper(), token.replace("lm_", "LM_"), f"lm_{parts.key_id}_",
        f"lm_{ID}_{parts.secret}", f"lm_{parts.key_id}_{'A' * 43}", f"lm_{parts.key_id} {parts.secret}", "x" * 5_000,
        f"lm_{parts.key_id}_{parts.secret}\x00", f"lm_{parts.key_id.upper()}_{parts.secret}", f"lm_../{ID}_a", "é" * 20,
    ]  # fmt: skip


def test_a_forged_key_is_refused_in_one_way(panel: Flask, parts: Parts) -> None:
    _, token = parts.api_keys.create(["admin"])
    for attempt in forged(token):
        answer = bare(panel).send(
            "GET", "/key", headers={"Authorization": f"Bearer {attempt}".encode().decode("latin-1")}
        )
        assert answer.status_code == 401, attempt
        assert answer.json["detail"] in ("This key is not accepted.", "Send Authorization: Bearer lm_…")
    for scheme in ("Basic", "Token", "bearer"):
        status = bare(panel).send("GET", "/key", headers={"Authorization": f"{scheme} {token}"}).status_code
        assert status == (200 if scheme == "bearer" else 401)


def test_expired_and_revoked_keys_say_so_to_their_owner(panel: Flask, parts: Parts) -> None:
    _, expired = parts.api_keys.create(["read"], valid_for=timedelta(seconds=-1))
    record, revoked = parts.api_keys.create(["read"])
    parts.api_keys.revoke(record.key_id)
    assert bare(panel, expired).get("/key").json["detail"] == "This key has expired."
    assert bare(panel, revoked).get("/key").json["detail"] == "This key was revoked."


def test_a_revoked_key_is_refused_when_it_is_read_again(panel: Flask, parts: Parts) -> None:
    record, token = parts.api_keys.create(["read"])
    api = bare(panel, token)
    assert api.get("/key").status_code == 200
    parts.api_keys.revoke(record.key_id)
    checks = panel.extensions["api_v1"].callers.checks
    now = checks.clock
    checks.clock = lambda: now() + CACHE_SECONDS
    assert api.get("/key").status_code == 401


@pytest.mark.parametrize("scope", ["read", "upload"])
def test_a_key_does_what_its_scope_says(panel: Flask, parts: Parts, library: Library, scope: Any) -> None:
    api = client(panel, parts, scope)
    for called in OPERATIONS:
        answer = api.send(called.method, example(called, library))
        allowed = not called.scopes or scope in called.scopes
        assert (answer.status_code == 403) is not allowed, called.name


def test_each_key_has_its_share(panel: Flask, parts: Parts) -> None:
    api = client(panel, parts, "read")
    first = api.get("/key")
    assert first.headers["RateLimit-Policy"] == '"requests";q=300;w=60'
    assert first.headers["RateLimit"].startswith('"requests";r=299;t=')
    for _ in range(30):
        assert api.post("/ask", {}).status_code == 400
    refused = api.post("/ask", {"question": "one more"})
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"].startswith('"questions";r=0;')
    # Questions have a share of their own, and another key has its own.
    assert api.get("/key").status_code == 200
    assert client(panel, parts, "read").post("/ask", {}).status_code == 400


def test_wrong_keys_stop_being_looked_up(panel: Flask, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    api = client(panel, parts, "read")
    assert api.get("/key").status_code == 200
    read: list[str] = []
    find = ApiKeys.find
    monkeypatch.setattr(ApiKeys, "find", lambda keys, key_id: read.append(key_id) or find(keys, key_id))
    statuses = [bare(panel, f"lm_{ID}_{'a' * 43}").get("/key").status_code for _ in range(40)]
    assert statuses == [401] * 30 + [429] * 10
    assert len(read) == 30
    assert api.get("/key").status_code == 200  # a key that is known goes on


def test_the_last_use_is_written_once_in_a_while(panel: Flask, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    record, token = parts.api_keys.create(["read"])
    written: list[str] = []
    note = ApiKeys.note_use
    monkeypatch.setattr(ApiKeys, "note_use", lambda keys, key_id: written.append(key_id) or note(keys, key_id))
    api = bare(panel, token)
    for _ in range(5):
        assert api.get("/key").status_code == 200
    found = parts.api_keys.find(record.key_id)
    assert found
    assert found.last_used_at
    assert written == [record.key_id]
    checks = panel.extensions["api_v1"].callers.checks
    now = checks.clock
    checks.clock = lambda: now() + LAST_USED_SECONDS
    api.get("/key")
    assert len(written) == 2
