"""What the API says of itself: its description, its problems, and the key that asks."""

from functools import cache

from flask import Response
from pydantic import Field

from ledger.api_keys import Scope
from web.api.operations import JSON, PUBLIC, READ_OR_UPLOAD, Call, Model, operation
from web.api.problems import KINDS, not_found

TAG = "About"


class Key(Model):
    """The key that asks."""

    key_id: str = Field(description="The key's id.")
    name: str = Field(description="What it is for.")
    scopes: list[Scope] = Field(description="What it may do.")
    prefix: str = Field(description="What S3 keys begin with that it may see; empty for all.")
    valid_until: str | None = Field(description="When it expires: ISO 8601, UTC.")


class ProblemMeaning(Model):
    """What a problem's code means."""

    code: str = Field(description="The kind of problem.")
    status: int = Field(description="The HTTP status.")
    title: str = Field(description="The kind of problem in words.")
    meaning: str = Field(description="What it means, and what to do.")


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
