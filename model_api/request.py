"""One question to a model, the answer to it, and the key under which that answer is stored."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel

from model_api.usage import Usage

AnswerT = TypeVar("AnswerT", bound=BaseModel)

#: Part of every key: raise it when the meaning of a stored answer changes.
KEY_VERSION = 1


@dataclass(frozen=True)
class ChatRequest(Generic[AnswerT]):
    """What is asked: everything that decides the answer, nothing of how a server wants it written."""

    model: str
    system: str
    user: str
    answer_type: type[AnswerT]
    temperature: float
    max_output_tokens: int

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the answer."""
        return json_schema(self.answer_type)

    @cached_property
    def key(self) -> str:
        """sha256 hex of model, exact messages, schema and parameters: equal keys have interchangeable answers."""
        asked = [
            KEY_VERSION,
            self.model,
            self.system,
            self.user,
            self.schema,
            {"temperature": self.temperature, "max_output_tokens": self.max_output_tokens},
        ]
        return hashlib.sha256(json.dumps(asked, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer(Generic[AnswerT]):
    """What a model said. `usage` is what it cost this time, `first_usage` what it cost when it was made."""

    value: AnswerT
    key: str
    usage: Usage
    first_usage: Usage


class AnswerError(Exception):
    """No usable answer to one question, for a reason that lies in the question; the message is for a person.

    `usage` is what the attempts cost. `too_long` says that a shorter text might be answered.
    """

    def __init__(self, reason: str, usage: Usage, *, too_long: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.usage = usage
        self.too_long = too_long


@lru_cache
def json_schema(answer_type: type[BaseModel]) -> dict[str, Any]:
    """The schema of `answer_type` in the subset that strict structured outputs accept."""
    schema = cast(dict[str, Any], _without_titles(answer_type.model_json_schema()))
    schema.pop("description", None)  # our docstring
    return schema


def _without_titles(schema: Any) -> Any:
    """Pydantic's generated titles say nothing new, and cost tokens with each call."""
    if isinstance(schema, dict):
        return {
            key: _without_titles(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_without_titles(item) for item in schema] if isinstance(schema, list) else schema
