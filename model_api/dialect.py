"""How a server wants a question written: compatible servers differ in what they take, and say so only by refusing.

The widest form comes first (chat.completions with a strict JSON schema, `max_tokens`, a temperature); `adapt` reads a
refusal and gives the next form to try.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from model_api.request import ChatRequest

#: The API wants a name for a schema; nothing depends on it.
SCHEMA_NAME = "answer"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one server takes for one model."""

    format: Literal["json_schema", "json_object", "text"] = "json_schema"
    length_parameter: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    takes_temperature: bool = True

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
        body: dict[str, Any] = {
            "model": request.model,
            "messages": messages,
            self.length_parameter: max_output_tokens,
        }
        if self.takes_temperature:
            body["temperature"] = request.temperature
        if self.format == "json_schema":
            schema = {"name": SCHEMA_NAME, "strict": True, "schema": request.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.format == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body


def adapt(dialect: Dialect, message: str, parameter: str) -> Dialect | None:
    """The form to try after a rejection with this message about this parameter; None when form isn't its matter."""
    about = f"{parameter} {message}".lower()
    if "max_completion_tokens" in about and dialect.length_parameter == "max_tokens":
        return replace(dialect, length_parameter="max_completion_tokens")
    if "temperature" in about and dialect.takes_temperature:
        return replace(dialect, takes_temperature=False)
    if any(word in about for word in ("response_format", "json_schema", "json_object", "structured output")):
        if dialect.format == "json_schema":
            return replace(dialect, format="json_object")
        if dialect.format == "json_object":
            return replace(dialect, format="text")
    return None
