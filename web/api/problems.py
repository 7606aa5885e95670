"""What the API refuses, as problem details: RFC 9457, https://www.rfc-editor.org/rfc/rfc9457

`type` is an address of the API itself, `/api/v1/problems/{code}`, which says what the code means and what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from web.api import PREFIX

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A code, its status, and what it means and asks for."""

    code: str
    status: HTTPStatus
    title: str
    meaning: str


_KINDS = (
    ProblemKind(
        "bad_request", HTTPStatus.BAD_REQUEST, "The request is wrong",
        "A field is missing, wrong or unknown; `errors` names each. Change the request.",
    ),
    ProblemKind(
        "unauthorized", HTTPStatus.UNAUTHORIZED, "A key is needed",
        "There is no `Authorization: Bearer lm_…`, or the key is unknown, expired or revoked. Cookies and the panel's"
        " token don't count here.",
    ),
    ProblemKind(
        "forbidden", HTTPStatus.FORBIDDEN, "The key may not do this",
        "The key has not the scope that the operation needs, or it is limited to a prefix and the operation is not.",
    ),
    ProblemKind(
        "not_found", HTTPStatus.NOT_FOUND, "There is no such resource",
        "The address, document, page, table or run does not exist, or it is outside of the key's prefix.",
    ),
    ProblemKind(
        "method_not_allowed", HTTPStatus.METHOD_NOT_ALLOWED, "The address takes other methods",
        "`Allow` lists them.",
    ),
    ProblemKind(
        "not_acceptable", HTTPStatus.NOT_ACCEPTABLE, "This content type is not offered",
        "`Accept` names no content type that the operation can answer with.",
    ),
    ProblemKind(
        "conflict", HTTPStatus.CONFLICT, "The state doesn't allow this",
        "A document of that key exists already, a run is over, or the stores refuse the request; `detail` says which.",
    ),
    ProblemKind(
        "idempotency_running", HTTPStatus.CONFLICT, "The first request is still running",
        "A request with this idempotency key is being answered. Send it again after `Retry-After`.",
    ),
    ProblemKind(
        "too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large",
        "The body has more bytes than the API reads, or the file more than `MAX_PDF_MEGABYTES`.",
    ),
    ProblemKind(
        "unsupported_media_type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "JSON is expected",
        "Send the body with `Content-Type: application/json`.",
    ),
    ProblemKind(
        "idempotency_key_reused", HTTPStatus.UNPROCESSABLE_ENTITY, "The idempotency key was used for another request",
        "A key stands for one request, its body included, for a day. Take a new one.",
    ),
    ProblemKind(
        "too_many_requests", HTTPStatus.TOO_MANY_REQUESTS, "Too many requests",
        "The key, or the address with wrong keys, has used its share. Wait for `Retry-After`.",
    ),
    ProblemKind(
        "internal", HTTPStatus.INTERNAL_SERVER_ERROR, "Something is wrong in the API",
        "It is a fault of the server. Its log has the details under the request's id.",
    ),
    ProblemKind(
        "unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "A service is away",
        "AWS, Qdrant or a model does not answer, or too many answers are being written. Send the request again later.",
    ),
)  # fmt: skip
KINDS: Mapping[str, ProblemKind] = {kind.code: kind for kind in _KINDS}


def type_uri(code: str) -> str:
    return f"{PREFIX}/problems/{code}"


@dataclass
class ApiProblem(Exception):
    """A request that can't be met. `extra` are further members, `headers` go with the answer."""

    code: str
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> ProblemKind:
        return KINDS[self.code]

    def as_json(self, request_id: str) -> dict[str, Any]:
        """The members of the problem details object."""
        kind = self.kind
        return {
            "type": type_uri(kind.code),
            "title": kind.title,
            "status": int(kind.status),
            "detail": self.detail,
            "code": kind.code,
            "request_id": request_id,
            **self.extra,
        }


def not_found(what: str) -> ApiProblem:
    return ApiProblem("not_found", f"There is no such {what}.")


def bad_request(field_name: str, why: str) -> ApiProblem:
    return ApiProblem("bad_request", f"{field_name}: {why}", {"errors": [{"field": field_name, "message": why}]})
