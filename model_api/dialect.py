"""How a server wants a question written: compatible servers differ in what they take, and say so only by refusing.

The widest form comes first (chat.completions with a strict JSON schema, `max_tokens`, a temperature); `adapt` reads a
refusal and gives the next form to try.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from model_api.request import ChatRequest

#: The API wants a name for a schema; nothing depends on it.
SCHEMA_NAME = "answer"
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
#: Room for what a model thinks before it answers, which counts as output. OpenAI advises 25,000 tokens:
#: https://platform.openai.com/docs/guides/reasoning
THINKING_TOKENS = 25_000
_THINKING_BY_EFFORT: dict[ReasoningEffort, int] = {
    "none": 0, "minimal": 2_000, "low": 8_000, "medium": THINKING_TOKENS, "high": 50_000, "xhigh": 50_000,
}  # fmt: skip
#: Models that think, by how their names begin. Others show it in their first answer.
_THINKS = re.compile(r"(o\d|gpt-5|gpt-oss|deepseek-r|qwq|magistral)", re.IGNORECASE)
#: OpenAI "supports at most 16384 completion tokens", Groq "must be less than or equal to `8192`", DashScope "should be
#: [1, 8192]".
_LONGEST = re.compile(r"(?:at most|less than or equal to|should be \[1,)\s*`?(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one server takes for one model. `length_is_settled`: it has refused the other parameter already.

    `shows_schema`: it ignores `response_format`. `thinking_tokens` is the room for what the model thinks, beside its
    answer; `longest_output_tokens` is the most that it allows for both.
    """

    format: Literal["json_schema", "json_object", "text"] = "json_schema"
    length_parameter: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    length_is_settled: bool = False
    takes_temperature: bool = True
    takes_stream_options: bool = True
    shows_schema: bool = False
    reasoning_effort: ReasoningEffort | None = None
    thinking_tokens: int = 0
    longest_output_tokens: int | None = None

    def output_tokens(self, answer_tokens: int) -> int:
        """The limit to send for an answer of so many tokens."""
        wanted = answer_tokens + self.thinking_tokens
        return min(wanted, self.longest_output_tokens) if self.longest_output_tokens else wanted

    def body(self, request: ChatRequest[Any], max_output_tokens: int, correction: str | None = None) -> dict[str, Any]:
        """The JSON body of chat.completions. `correction` tells the model what was wrong with its last answer."""
        system = request.system
        if self.format != "json_schema" or self.shows_schema:
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
        said: dict[str, Any] = {
            "model": model,
            "messages": list(messages),
            self.length_parameter: self.output_tokens(max_output_tokens),
        }
        if self.takes_temperature:
            said["temperature"] = temperature
        if self.reasoning_effort:
            said["reasoning_effort"] = self.reasoning_effort
        return said


def first_dialect(model: str, reasoning_effort: ReasoningEffort | None, start: Dialect = Dialect()) -> Dialect:
    """How to ask a model that nothing was learnt of yet: `start`, with room to think for those that do."""
    thinks = _THINKS.match(model.rsplit("/", 1)[-1]) is not None
    room = THINKING_TOKENS if thinks else 0
    if reasoning_effort:
        room = _THINKING_BY_EFFORT[reasoning_effort]
    return replace(start, reasoning_effort=reasoning_effort, thinking_tokens=room)


def adapt(dialect: Dialect, message: str, parameter: str) -> Dialect | None:
    """The form to try after a rejection with this message about this parameter; None when form isn't its matter."""
    about = f"{parameter} {message}".lower()
    if "max_completion_tokens" in about and not dialect.length_is_settled:
        other: Literal["max_tokens", "max_completion_tokens"] = (
            "max_completion_tokens" if dialect.length_parameter == "max_tokens" else "max_tokens"
        )
        return replace(dialect, length_parameter=other, length_is_settled=True)
    if "max_tokens" in about or "max_completion_tokens" in about:
        longest = _LONGEST.search(message)
        if longest and int(longest[1]) != dialect.longest_output_tokens:
            return replace(dialect, longest_output_tokens=int(longest[1]))
    if "reasoning" in about and dialect.reasoning_effort:
        return replace(dialect, reasoning_effort=None)
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
