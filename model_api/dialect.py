"""How a server wants a question written: compatible servers differ in what they take, and say so only by refusing.

The widest form comes first (chat.completions with a strict JSON schema, `max_tokens`, a temperature); `adapt` reads a
refusal and gives the next form to try.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from model_api.request import ChatRequest

#: The API wants a name for a schema; nothing depends on it.
SCHEMA_NAME = "answer"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one server takes for one model. `length_is_settled`: it has refused the other parameter already."""

    format: Literal["json_schema", "json_object", "text"] = "json_schema"
    length_parameter: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    length_is_settled: bool = False
    takes_temperature: bool = True
    takes_stream_options: bool = True

    def body(self, request: ChatRequest[Any], max_output_tokens: int, correction: str | None = None) -> dict[str, Any]:
        """The JSON body of chat.completions. `correction` tells the model what was wrong with its last answer."""
        system = request.system
        if self.format != "json_schema":
            system += (
                f"\n\nAnswer with one JSON object of this JSON schema, and nothing else:\n{json.dumps(request.schema)}"
            )
        messages = [{"role": "system", "content": system}, {"role": "user", "content": request.user}]
        if correction:
            messages.append({"role": "user", "content": correction})
        body = self.parameters(request.model, messages, max_output_tokens, request.temperature)
        if self.format == "json_schema":
            schema = {"name": SCHEMA_NAME, "strict": True, "schema": request.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.format == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def streamed(
        self, model: str, messages: Sequence[dict[str, str]], max_output_tokens: int, temperature: float
    ) -> dict[str, Any]:
        """The JSON body of chat.completions for an answer in words, as it is written, with its tokens at the end."""
        body = {**self.parameters(model, messages, max_output_tokens, temperature), "stream": True}
        if self.takes_stream_options:
            body["stream_options"] = {"include_usage": True}
        return body

    def parameters(
        self, model: str, messages: Sequence[dict[str, str]], max_output_tokens: int, temperature: float
    ) -> dict[str, Any]:
        """What every question says of itself."""
        said = {"model": model, "messages": list(messages), self.length_parameter: max_output_tokens}
        return {**said, "temperature": temperature} if self.takes_temperature else said


def adapt(dialect: Dialect, message: str, parameter: str) -> Dialect | None:
    """The form to try after a rejection with this message about this parameter; None when form isn't its matter."""
    about = f"{parameter} {message}".lower()
    if "max_completion_tokens" in about and not dialect.length_is_settled:
        other: Literal["max_tokens", "max_completion_tokens"] = (
            "max_completion_tokens" if dialect.length_parameter == "max_tokens" else "max_tokens"
        )
        return replace(dialect, length_parameter=other, length_is_settled=True)
    if "temperature" in about and dialect.takes_temperature:
        return replace(dialect, takes_temperature=False)
    if "stream_options" in about and dialect.takes_stream_options:
        return replace(dialect, takes_stream_options=False)
    if any(word in about for word in ("response_format", "json_schema", "json_object", "structured output")):
        if dialect.format == "json_schema":
            return replace(dialect, format="json_object")
        if dialect.format == "json_object":
            return replace(dialect, format="text")
    return None
