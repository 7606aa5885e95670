"""From a request to its answer: route, key, share, input, idempotency, handler; every failure is a problem document.

path, method ─ operation? ─ key? scope? share? ─ query, body right? ─ first with its idempotency key? ─ handler
"""

import json
import re
import uuid
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, cast

import structlog
from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import BaseConverter, IntegerConverter, Map, Rule

from foundation.errors import IngestionError, TransientError
from ledger.api_keys import ApiKeyRecord
from ledger.idempotency import Begin, IdempotencyRecords, Kept
from web.api.callers import Callers
from web.api.operations import JSON, Call, Model, Operation, validated
from web.api.problems import CONTENT_TYPE, ApiProblem, bad_request
from web.api.table_of_operations import OPERATIONS
from web.panel import Panel, panel
from web.problems import ProblemError, away

#: Bodies hold questions, names and filters; files go to S3.
MAX_BODY_BYTES = 256 << 10
MAX_IDEMPOTENCY_KEY_CHARACTERS = 255
MAX_PAGE = 1_000_000
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: What the panel's own parts refuse with, as the API's codes.
_CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}

log = structlog.get_logger("api")


class _Hex(BaseConverter):
    regex = "[0-9a-f]{64}"


class _Name(BaseConverter):
    regex = "[a-z0-9_]{1,64}"


CONVERTERS = {"document": _Hex, "name": _Name, "int": IntegerConverter}
#: The converter of each parameter of a path.
PARAMETERS = {
    "document_id": "document",
    "page": f"int(min=1, max={MAX_PAGE})",
    "number": f"int(min=1, max={MAX_PAGE})",
    "run_id": "name",
    "code": "name",
}


class Shared:
    """What requests to one panel share."""

    def __init__(self, of: Panel) -> None:
        self.callers = Callers(of.api_keys)
        self.idempotency = IdempotencyRecords(of.table)


def answer(path: str) -> Response:
    """The answer to the current request. `path` is below `/api/v1`."""
    given = request.headers.get("X-Request-Id", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    headers: dict[str, str] = {}
    try:
        response = _answered(path, request_id, headers)
    except Exception as error:  # noqa: BLE001 (each becomes a problem document, and bugs are logged)
        response = _refused(_problem(error, path, request_id), request_id)
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request_id
    if request.method in ("GET", "HEAD") and response.status_code == HTTPStatus.OK:
        response.headers["Cache-Control"] = "private, no-cache"
        if not response.is_streamed:
            response.add_etag()
        response.make_conditional(request)
    return response


def _answered(path: str, request_id: str, headers: dict[str, str]) -> Response:
    request.max_content_length = MAX_BODY_BYTES
    called, parameters = _routed(path)
    accepts = _accepted(called)
    parts = panel()
    shared = _shared(parts)
    key: ApiKeyRecord | None = None
    if called.scopes:
        key = shared.callers.identify(request.headers.get("Authorization", ""), request.remote_addr or "unknown")
        headers |= shared.callers.admit(key, called)
    query = _query(called)
    body = _body(called)
    call = Call(parts, key, parameters, query, body, accepts, request_id)
    if called.is_idempotent or key is None or not (idempotency_key := request.headers.get("Idempotency-Key")):
        return _of(called, called.handler(call))
    return _once(called, call, key, idempotency_key, shared.idempotency)


def _once(
    called: Operation, call: Call, key: ApiKeyRecord, idempotency_key: str, records: IdempotencyRecords
) -> Response:
    """The first answer to requests with this idempotency key. A refusal isn't kept: nothing was done."""
    if len(idempotency_key) > MAX_IDEMPOTENCY_KEY_CHARACTERS:
        raise ApiProblem("bad_request", f"Idempotency-Key: at most {MAX_IDEMPOTENCY_KEY_CHARACTERS} characters")
    asked = json.dumps([called.method, request.full_path, call.body.model_dump(mode="json") if call.body else None])
    begun = records.begin(key.key_id, idempotency_key, asked.encode(), uuid.uuid4().hex)
    if begun is Begin.OTHER_REQUEST:
        raise ApiProblem("idempotency_key_reused", "This idempotency key was used with another request.")
    if begun is Begin.RUNNING:
        raise ApiProblem("idempotency_running", "The first request is being answered.", headers={"Retry-After": "1"})
    if isinstance(begun, Kept):
        response = Response(begun.body, begun.status, content_type=JSON)
        response.headers["Idempotency-Replayed"] = "true"
        return response
    assert not isinstance(begun, Begin)
    try:
        response = _of(called, called.handler(call))
    except BaseException:
        records.give_up(begun)
        raise
    records.finish(begun, Kept(response.status_code, response.get_data(as_text=True)))
    return response


def _of(called: Operation, answered: Model | Response) -> Response:
    if isinstance(answered, Response):
        return answered
    return Response(answered.model_dump_json(), called.status, content_type=JSON)


@cache
def routes() -> Map:
    """Every operation, by its path below `/api/v1`."""
    rules = []
    for called in OPERATIONS:
        path = re.sub(r"\{(\w+)\}", lambda found: f"<{PARAMETERS[found[1]]}:{found[1]}>", called.path)
        rules.append(Rule(path, methods=[called.method], endpoint=called))
    return Map(rules, converters=CONVERTERS, merge_slashes=False, strict_slashes=True, redirect_defaults=False)


def _routed(path: str) -> tuple[Operation, Mapping[str, Any]]:
    try:
        called, parameters = routes().bind("").match(path, request.method)
    except MethodNotAllowed as error:
        allowed = sorted(error.valid_methods or ())
        detail = f"This address takes {', '.join(allowed)}."
        raise ApiProblem("method_not_allowed", detail, headers={"Allow": ", ".join(allowed)}) from None
    except HTTPException:
        raise ApiProblem("not_found", "There is nothing at this address.") from None
    return cast(Operation, called), parameters


def _accepted(called: Operation) -> str:
    """The content type that the answer will have. Raises ApiProblem(406)."""
    offered = list(called.answers)
    found = request.accept_mimetypes.best_match(offered) if request.accept_mimetypes else offered[0]
    if found is None:
        raise ApiProblem("not_acceptable", f"This is answered as {' or '.join(offered)}.")
    return found


def _body(called: Operation) -> Model | None:
    if called.body is None:
        return None
    if request.mimetype != JSON:
        raise ApiProblem("unsupported_media_type", f"Send JSON, with Content-Type: {JSON}.")
    return validated(called.body, request.get_data(cache=False))


def _query(called: Operation) -> Model | None:
    if called.query:
        return validated(called.query, request.args.to_dict())
    if request.args:
        raise bad_request(next(iter(request.args))[:100], "this address takes no parameters")
    return None


def _shared(parts: Panel) -> Shared:
    found = current_app.extensions.get("api_v1")
    if found is None:
        # Two first requests at once may both make one; `setdefault` keeps the first.
        found = current_app.extensions.setdefault("api_v1", Shared(parts))
    return cast(Shared, found)


def _problem(error: Exception, path: str, request_id: str) -> ApiProblem:
    if isinstance(error, ApiProblem):
        return error
    if isinstance(error, ProblemError):
        code = _CODES.get(error.status, "bad_request")
        return ApiProblem(code, error.message, headers={"Retry-After": "5"} if code == "unavailable" else {})
    if isinstance(error, TransientError):
        log.warning("dependency away", dependency=error.dependency, reason=str(error), request_id=request_id)
        return ApiProblem("unavailable", away(error), headers={"Retry-After": "5"})
    if isinstance(error, IngestionError):
        log.warning("refused", code=str(error.code), reason=str(error), request_id=request_id)
        return ApiProblem("conflict", "The stores refuse this request. The server's log has the details.")
    if isinstance(error, NotFound):
        return ApiProblem("not_found", "There is nothing at this address.")
    if isinstance(error, HTTPException) and error.code in {int(status) for status in _CODES}:
        return ApiProblem(_CODES[HTTPStatus(error.code)], f"{HTTPStatus(error.code).phrase}.")
    log.exception("bug", path=path, request_id=request_id)
    return ApiProblem("internal", "Something is wrong here. The server's log has the details.")


def _refused(problem: ApiProblem, request_id: str) -> Response:
    body = json.dumps(problem.as_json(request_id), ensure_ascii=False)
    response = Response(body, int(problem.kind.status), content_type=CONTENT_TYPE)
    response.headers.update(problem.headers)
    return response
