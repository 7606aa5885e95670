"""Who gets in, and what everybody else gets. The table of attempts is what `docs/panel.md` refers to."""

import os
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from app import create_app
from composition.parts import Parts
from config import Settings, load_settings
from foundation.errors import SettingsError
from tests.support import program_server
from tests.support.machine import REPOSITORY
from tests.support.panel import PANEL_ENV, PASSWORD, Visitor, visitor


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every method and address, with something in the place of parameters."""
    found = []
    for rule in app.url_map.iter_rules():
        path = str(rule)
        for argument in rule.arguments:
            path = (
                path.replace(f"<path:{argument}>", "documents.mjs")
                .replace(f"<int:{argument}>", "1")
                .replace(f"<any(csv, json):{argument}>", "csv")
                .replace(f"<{argument}>", "x")
            )
        found += [(method, path) for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})]
    return sorted(found)


def test_without_a_session_only_health_and_the_sign_in_answer(untouched_app: Flask) -> None:
    client = untouched_app.test_client()
    answered = []
    for method, path in routes(untouched_app):
        answer = client.open(path, method=method)
        if path.startswith("/api/v1"):  # it has keys of its own: tests/integration/web/api/test_keys.py
            assert answer.status_code == 404
            continue
        is_refused = answer.status_code == 401 or (
            answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")
        )
        if not is_refused:
            answered.append((method, path))
    # The sign-in form without its CSRF token answers too: with a refusal.
    assert answered == [("GET", "/health"), ("GET", "/sign-in"), ("POST", "/sign-in")]
    assert client.post("/sign-in", data={"password": PASSWORD}).status_code == 400
    assert client.get("/static/style.css").status_code == 200
    assert client.get("/no-such-page").status_code == 302


@pytest.mark.parametrize("missing", [["APP_PASSWORD"], ["SECRET_KEY"], ["APP_PASSWORD", "SECRET_KEY"]])
def test_it_refuses_to_start_without_its_secrets(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, missing: list[str]
) -> None:
    for name, value in PANEL_ENV.items():
        monkeypatch.setenv(name, value)
    for name in missing:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match=" and ".join(missing)):
        create_app(load_settings(env_file="no-such-file"))


def test_a_key_that_can_be_guessed_is_refused(untouched_settings: Settings, untouched_parts: Parts) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY is too short"):
        create_app(untouched_settings.model_copy(update={"secret_key": _secret("k" * 31)}), untouched_parts)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"APP_PASSWORD": ""}, "the panel needs APP_PASSWORD"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no AWS credentials"),
    ],
)
def test_what_keeps_it_from_starting_is_said_in_one_line(
    stack_env: dict[str, str], tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
        "ENV_FILE": os.devnull,
    }
    done = program_server.run(
        [str(REPOSITORY / "app.py"), "--bind", "127.0.0.1:0"],
        env={**env, **stack_env, **PANEL_ENV, **changes},
        timeout=60,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {words}")


def test_the_right_password_signs_in_and_the_session_ends_with_sign_out(untouched_app: Flask) -> None:
    browser = visitor(untouched_app)
    assert browser.get("/api/admin/queue").status_code == 200
    assert browser.client.post("/sign-out", data={"csrf_token": browser.csrf}).status_code == 303
    assert browser.get("/api/admin/queue").status_code == 401


def test_an_argon2_hash_of_the_password_will_do(untouched_settings: Settings, untouched_parts: Parts) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    app = create_app(untouched_settings.model_copy(update={"app_password": _secret(hashed)}), untouched_parts)
    assert visitor(app).get("/").status_code == 200
    assert Visitor(app.test_client()).sign_in(hashed).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": f"Bearer {PASSWORD}"}, 200),
        ({"Authorization": f"bearer {PASSWORD}"}, 200),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer " + "x" * 5_000}, 401),
        ({"Authorization": f"Basic {PASSWORD}"}, 401),
        ({"Authorization": PASSWORD}, 401),
        ({"Cookie": "panel=eyJmaW5nZXJwcmludCI6IngifQ.aaaa.bbbb"}, 401),
        ({"X-Forwarded-User": "admin"}, 401),
        ({}, 401),
    ],
    ids=lambda value: str(value)[:40],
)
def test_machines_get_in_with_the_token_alone(untouched_app: Flask, headers: dict[str, str], status: int) -> None:
    assert untouched_app.test_client().get("/api/admin/queue", headers=headers).status_code == status


def test_a_token_of_its_own_replaces_the_password_for_machines(
    untouched_settings: Settings, untouched_parts: Parts
) -> None:
    client = create_app(
        untouched_settings.model_copy(update={"app_api_token": _secret("machine")}), untouched_parts
    ).test_client()  # fmt: skip
    assert client.get("/api/admin/queue", headers={"Authorization": "Bearer machine"}).status_code == 200
    assert client.get("/api/admin/queue", headers={"Authorization": f"Bearer {PASSWORD}"}).status_code == 401


def test_a_machine_needs_no_csrf_token_and_gets_no_cookie(untouched_app: Flask) -> None:
    answer = untouched_app.test_client().post(
        "/api/admin/process", json={"dry_run": True}, headers={"Authorization": f"Bearer {PASSWORD}"}
    )
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_sessions_end_when_the_password_changes(untouched_settings: Settings, untouched_parts: Parts) -> None:
    browser = visitor(create_app(untouched_settings, untouched_parts))
    cookie = browser.client.get_cookie("panel")
    assert cookie
    changed = create_app(
        untouched_settings.model_copy(update={"app_password": _secret("another")}), untouched_parts
    ).test_client()
    changed.set_cookie("panel", cookie.value)
    assert changed.get("/api/admin/queue").status_code == 401


def test_guessing_is_slowed_down_by_address_for_form_and_token_alike(untouched_app: Flask) -> None:
    browser = Visitor(untouched_app.test_client())
    assert [browser.sign_in(f"guess {n}").status_code for n in range(5)] == [401] * 5
    refused = browser.sign_in()
    assert refused.status_code == 429
    assert "Try again in" in refused.text
    token = {"Authorization": f"Bearer {PASSWORD}"}
    assert untouched_app.test_client().get("/api/admin/queue", headers=token).status_code == 429
    elsewhere = untouched_app.test_client().get(
        "/api/admin/queue", headers=token, environ_base={"REMOTE_ADDR": "10.0.0.9"}
    )
    assert elsewhere.status_code == 200


@pytest.mark.parametrize("headers", [{}, {"X-CSRFToken": "guess"}, {"X-CSRFToken": "x.y.z", "Origin": "http://evil"}])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/admin/process", {}),
        ("/api/admin/delete-pdf", {"s3_key": "source-pdfs/a.pdf"}),
        ("/api/admin/config", {"retrieval_k": 3}),
        ("/api/admin/cancel/x", {}),
        ("/api/admin/dead-letters/purge", {"all": True}),
        ("/sign-out", {}),
    ],
)
def test_a_session_without_its_csrf_token_changes_nothing(
    untouched_app: Flask, path: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    browser = visitor(untouched_app)
    assert browser.client.post(path, json=body, headers=headers).status_code == 400
    assert browser.get("/api/admin/queue").status_code == 200


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200)])
def test_other_sites_cannot_make_a_browser_ask(untouched_app: Flask, site: str, status: int) -> None:
    browser = visitor(untouched_app)
    assert browser.client.get("/api/admin/queue", headers={"Sec-Fetch-Site": site}).status_code == status


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/runs?x=1", "/runs?x=1"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\tevil", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_only_to_pages_of_the_panel(untouched_app: Flask, target: str, location: str) -> None:
    browser = Visitor(untouched_app.test_client())
    data = {"password": PASSWORD, "csrf_token": browser.read_token("/sign-in"), "next": target}
    assert browser.client.post("/sign-in", data=data).headers["Location"] == location


def test_every_answer_carries_the_policy_and_no_page_may_run_foreign_code(
    untouched_app: Flask, untouched_settings: Settings
) -> None:
    browser = visitor(untouched_app)
    for path in ("/", "/health", "/api/admin/queue", "/static/style.css", "/no-such-page"):
        headers = browser.get(path).headers
        policy = dict(rule.strip().split(" ", 1) for rule in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["connect-src"] == f"'self' {untouched_settings.aws_endpoint_url}"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
    assert browser.get("/").headers["Cache-Control"] == "no-store"


def test_over_https_cookies_stay_there(untouched_settings: Settings, untouched_parts: Parts) -> None:
    client = create_app(untouched_settings.model_copy(update={"panel_https": True}), untouched_parts).test_client()
    answer = client.get("/sign-in", base_url="https://panel.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-panel=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert answer.headers["Strict-Transport-Security"]


def _secret(value: str) -> Any:
    from pydantic import SecretStr

    return SecretStr(value)
