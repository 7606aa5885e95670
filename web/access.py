"""Who may ask for anything: a session that signed in, or a bearer token. Everything else is refused here.

request ─ public? ──────────────────────────────► view
        └ of /api/v1? ──────────────────────────► view (web/api/callers.py asks for a key)
        └ bearer token right? ──────────────────► view (no cookie, so no CSRF)
        └ session? ─ same site? ─ CSRF token? ──► view
        └ 401, or the sign-in page
"""

import math
import time
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from web import api
from web.passwords import Password
from web.problems import ProblemError, wants_json

SESSION_HOURS = 12
#: Wrong passwords and tokens from one address. Counted in this process: the panel is one process.
FAILED_ATTEMPTS = (parse("5/minute"), parse("30/hour"))
#: Questions cost money.
QUESTIONS = (parse("30/minute"), parse("600/hour"))

PUBLIC_ENDPOINTS = frozenset({"pages.health", "pages.sign_in"})
#: What the sign-in page shows.
PUBLIC_FILES = frozenset({"style.css", "icon.svg"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Gate:
    """Decides for every request, and counts attempts."""

    def __init__(self, password: Password, token: Password, session_key: str) -> None:
        self._password = password
        self._token = token
        self._fingerprint = password.fingerprint(session_key)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._csrf = CSRFProtect()

    def install(self, app: Flask) -> None:
        app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # checked below, where it is known who asks
        app.config["WTF_CSRF_TIME_LIMIT"] = None  # a token lives as long as its session
        app.config["WTF_CSRF_SSL_STRICT"] = app.config["SESSION_COOKIE_SECURE"]
        self._csrf.init_app(app)
        app.before_request(self._check)

    def _check(self) -> ResponseReturnValue | None:
        if request.endpoint == api.ENDPOINT:
            return None  # it has keys of its own, and takes neither session nor token
        if request.endpoint in PUBLIC_ENDPOINTS or (
            request.endpoint == "static" and (request.view_args or {}).get("filename") in PUBLIC_FILES
        ):
            if request.method not in _SAFE_METHODS:
                self._csrf.protect()
            return None
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind:
            self._check_attempts()
            if kind.lower() != "bearer" or not self._token.matches(token.strip()):
                self._count_failure()
                raise ProblemError(HTTPStatus.UNAUTHORIZED, "unauthorized", "This token is not accepted.")
            g.who = "token"
            return None
        if session.get("fingerprint") != self._fingerprint or session.get("until", 0) < time.time():
            if wants_json():
                raise ProblemError(HTTPStatus.UNAUTHORIZED, "unauthorized", "Sign in first.")
            return redirect(url_for("pages.sign_in", next=request.full_path.rstrip("?")))
        # A page elsewhere may link to us, but not make the browser call what costs or changes something.
        if request.path.startswith("/api/") and request.headers.get("Sec-Fetch-Site", "none") not in (
            "same-origin",
            "none",
        ):
            raise ProblemError(HTTPStatus.FORBIDDEN, "cross_site", "Only this panel's own pages may ask for this.")
        if request.method not in _SAFE_METHODS:
            self._csrf.protect()
        g.who = "session"
        return None

    def sign_in(self, attempt: str) -> bool:
        """Start a session if the password is right. Raises ProblemError(429) after too many wrong ones."""
        self._check_attempts()
        if not self._password.matches(attempt):
            self._count_failure()
            return False
        session.clear()
        session.permanent = True
        session["fingerprint"] = self._fingerprint
        session["until"] = time.time() + SESSION_HOURS * 3_600
        return True

    def count_question(self) -> None:
        """Raises ProblemError(429) when an address asks more than a person does."""
        for limit in QUESTIONS:
            if not self._limiter.hit(limit, "question", _address()):
                raise self._too_many(limit, "question")

    def _check_attempts(self) -> None:
        for limit in FAILED_ATTEMPTS:
            if not self._limiter.test(limit, "attempt", _address()):
                raise self._too_many(limit, "attempt")

    def _count_failure(self) -> None:
        for limit in FAILED_ATTEMPTS:
            self._limiter.hit(limit, "attempt", _address())

    def _too_many(self, limit: RateLimitItem, what: str) -> ProblemError:
        seconds = max(1, math.ceil(self._limiter.get_window_stats(limit, what, _address()).reset_time - time.time()))
        return ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many",
            f"Too many {what}s. Try again in {seconds} seconds.",
            retry_after_seconds=seconds,
        )


def own_path(target: str | None) -> str | None:
    """`target` if it is a path of this site: what may be redirected to after signing in."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or len(target) > 2_000:
        return None
    if any(ord(character) < 0x20 or character == "\\" for character in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def _address() -> str:
    return request.remote_addr or "unknown"
