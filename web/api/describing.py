"""What the API says of itself: its description, its problems, and the key that asks."""

from functools import cache

from flask import Response

from web.api.answers import Key, ProblemMeaning
from web.api.operations import JSON, PUBLIC, READ_OR_UPLOAD, Call, operation
from web.api.problems import KINDS, not_found

TAG = "About"


@operation("GET", "/openapi.json", tag=TAG, scopes=PUBLIC, answers={JSON: None})
def get_openapi(call: Call) -> Response:
    """Read the description of this API: OpenAPI 3.1."""
    return Response(_openapi(), content_type=JSON)


@operation("GET", "/problems/{code}", tag=TAG, scopes=PUBLIC, answer=ProblemMeaning)
def get_problem(call: Call) -> ProblemMeaning:
    """Read what a problem's code means, and what to do."""
    kind = KINDS.get(call.path["code"])
    if kind is None:
        raise not_found("problem")
    return ProblemMeaning(code=kind.code, status=int(kind.status), title=kind.title, meaning=kind.meaning)


@operation("GET", "/key", tag=TAG, scopes=READ_OR_UPLOAD, answer=Key)
def get_key(call: Call) -> Key:
    """Show what the key that asks may do."""
    assert call.key
    key = call.key
    return Key(
        key_id=key.key_id, name=key.name, scopes=list(key.scopes), prefix=key.prefix, valid_until=key.valid_until
    )  # fmt: skip


@cache
def _openapi() -> str:
    from web.api.openapi import document

    return document()
