"""What an operation of the API is: one description from which it is routed, checked, answered and documented."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict, ValidationError

from ledger.api_keys import ApiKeyRecord, Scope
from ledger.key_checks import LimitName
from web.api.problems import ApiProblem
from web.panel import Panel

#: Any of these scopes is enough. `admin` is enough for everything.
READ: tuple[Scope, ...] = ("read",)
UPLOAD: tuple[Scope, ...] = ("upload",)
READ_OR_UPLOAD: tuple[Scope, ...] = ("read", "upload")
ADMIN: tuple[Scope, ...] = ("admin",)
PUBLIC: tuple[Scope, ...] = ()

JSON = "application/json"
EVENT_STREAM = "text/event-stream"


class Model(BaseModel):
    """A part of a request or an answer. Unknown fields are refused: a misspelt filter must not match everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who asks, and what, checked. `query` and `body` are of the operation's models."""

    panel: Panel
    key: ApiKeyRecord | None
    path: Mapping[str, Any]
    query: Any
    body: Any
    accepts: str
    request_id: str

    @property
    def prefix(self) -> str:
        """What the S3 keys that this caller may see begin with; "" for all."""
        return self.key.prefix if self.key else ""

    def sees(self, s3_key: str) -> bool:
        return s3_key.startswith(self.prefix)


#: A model is answered as JSON; a response goes out as it is.
Handler = Callable[[Call], Model | Response]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """`answers` is by content type: the model of what is sent, or None for what JSON schema doesn't describe.

    `problems` are codes beyond those that every operation may answer with. `limit` names the rate that it counts for.
    `by_prefix` False: keys that are limited to a prefix may not call it.
    """

    method: str
    path: str
    name: str
    tag: str
    scopes: tuple[Scope, ...]
    handler: Handler
    answers: Mapping[str, type[BaseModel] | None]
    status: HTTPStatus = HTTPStatus.OK
    query: type[Model] | None = None
    body: type[Model] | None = None
    problems: tuple[str, ...] = ()
    limit: LimitName = "requests"
    is_idempotent: bool = True
    by_prefix: bool = True
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return self._words.partition("\n")[0].strip()

    @property
    def description(self) -> str:
        """The rest of it, a paragraph a line."""
        rest = self._words.partition("\n")[2]
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in rest.split("\n\n") if paragraph.strip())

    @property
    def _words(self) -> str:
        return self.handler.__doc__ or ""

    @property
    def problem_codes(self) -> tuple[str, ...]:
        """Everything that it may refuse with."""
        general = ["internal", "unavailable", "not_acceptable", "bad_request", *self.problems]
        if self.scopes:
            general += ["unauthorized", "forbidden", "too_many_requests"]
        if self.body:
            general += ["too_large", "unsupported_media_type"]
        if "{" in self.path:
            general += ["not_found"]
        if not self.is_idempotent:
            general += ["idempotency_running", "idempotency_key_reused"]
        return tuple(sorted(set(general)))


def operation(
    method: str, path: str, *, answer: type[BaseModel] | None = None, **rest: Any
) -> Callable[[Handler], Operation]:
    """Make a handler an operation. `answer` is the model of its JSON; its name is the handler's."""

    def make(handler: Handler) -> Operation:
        answers = rest.pop("answers", None) or {JSON: answer}
        return Operation(method, path, handler.__name__, handler=handler, answers=answers, **rest)

    return make


def validated(model: type[Model], value: Mapping[str, Any] | bytes) -> Model:
    """A query's parameters, or a JSON body. Raises ApiProblem with each wrong field."""
    try:
        return model.model_validate_json(value) if isinstance(value, bytes) else model.model_validate(value)
    except ValidationError as error:
        errors = [
            {
                "field": ".".join(str(part) for part in fault["loc"]) or "body",
                "message": fault["msg"].removeprefix("Value error, "),
            }
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors)
        raise ApiProblem("bad_request", detail, {"errors": errors}) from None
