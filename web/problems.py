"""What a request can't have, as an answer: one JSON shape for machines, one page for people, no path and no secret.

{"error": {"code": "queue_away", "message": "a sentence for a person", …}}
"""

from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from foundation.errors import IngestionError, RefusedKeyError, SettingsError, TransientError

log = structlog.get_logger("web")

#: What is said of a service that is away: its own words may hold addresses and paths.
_AWAY = {
    "aws": "S3, SQS or DynamoDB does not answer. Try again in a moment; the log has the details.",
    "qdrant": "The vector store does not answer. Check that Qdrant runs at QDRANT_URL and can be reached from the "
    "panel, then try again; the log has the details.",
    "llm": "The model's server does not answer, or broke off. Check its status and OPENAI_BASE_URL, then ask again; "
    "the log has the details.",
    "embeddings": "The embeddings API does not answer. Check its status and OPENAI_BASE_URL, then try again; the log "
    "has the details.",
}
#: The same of a key that is wrong.
_REFUSED_KEY = {
    "qdrant": "Qdrant refuses the key. Give QDRANT_API_KEY a key that it takes, and start the panel again.",
    "llm": "The model's server refuses the key. Give OPENAI_API_KEY a key that it takes, and start the panel again.",
    "embeddings": "The embeddings API refuses the key. Give OPENAI_API_KEY a key that it takes, and start the panel "
    "again.",
}
#: What a person who typed an address or came by an old link reads.
_PAGES = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address. The link may be old, or mistyped.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address can't be used in this way.",
}


class ProblemError(Exception):
    """A request that can't be met: `status` for machines, `message` for people, `extra` goes into the JSON as it is."""

    def __init__(self, status: HTTPStatus, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra


def not_found(what: str) -> ProblemError:
    return ProblemError(HTTPStatus.NOT_FOUND, "not_found", f"There is no such {what}.")


def bad_input(message: str, **extra: Any) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, "bad_input", message, **extra)


def install(app: Flask) -> None:
    """Every exception of a view becomes an answer; a bug is logged with its traceback and answered without it."""

    @app.errorhandler(ProblemError)
    def of_problem(error: ProblemError) -> ResponseReturnValue:
        return answer(error.status, error.code, error.message, error.extra)

    @app.errorhandler(CSRFError)
    def of_csrf(error: CSRFError) -> ResponseReturnValue:
        return answer(HTTPStatus.BAD_REQUEST, "csrf", "This form is too old, or not from here. Load the page again.")

    @app.errorhandler(SettingsError)
    def of_settings(error: SettingsError) -> ResponseReturnValue:
        return answer(HTTPStatus.UNPROCESSABLE_ENTITY, "bad_config", str(error))

    @app.errorhandler(TransientError)
    def of_outage(error: TransientError) -> ResponseReturnValue:
        log.warning("dependency away", dependency=error.dependency, reason=str(error), path=request.path)
        return answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{error.dependency or 'service'}_away", away(error))

    @app.errorhandler(IngestionError)
    def of_refusal(error: IngestionError) -> ResponseReturnValue:
        log.warning("refused", code=str(error.code), reason=str(error), path=request.path)
        return answer(
            HTTPStatus.CONFLICT, str(error.code), "The stores refuse this request. The log has the details."
        )  # fmt: skip

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> ResponseReturnValue:
        status = HTTPStatus(error.code or 500)
        return answer(status, status.name.lower(), _PAGES.get(status, f"{status.phrase}."))

    @app.errorhandler(Exception)
    def of_bug(error: Exception) -> ResponseReturnValue:
        log.exception("bug", path=request.path)
        return answer(
            HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Something is wrong here. The log has the details."
        )  # fmt: skip


def away(error: TransientError) -> str:
    """A sentence about an outage that may be shown. One about collections holds only their and the models' names."""
    if error.dependency == "collections":
        return str(error)
    if isinstance(error, RefusedKeyError) and error.dependency in _REFUSED_KEY:
        return _REFUSED_KEY[error.dependency]
    return _AWAY.get(error.dependency or "", "A service that this needs does not answer. Try again in a moment.")


def answer(status: HTTPStatus, code: str, message: str, extra: dict[str, Any] | None = None) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error={"code": code, "message": message, **(extra or {})}), status
    return render_template("problem.html", status=int(status), title=status.phrase, message=message), status


def wants_json() -> bool:
    return request.path.startswith(("/api/", "/health"))
