"""Reads what chat.completions sent back, trusting none of it."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from model_api.faults import Fault, FaultKind
from model_api.request import AnswerT
from model_api.usage import Usage

_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
#: Shorter prompts fit everywhere, and a word more or less is not worth a thought.
MIN_COMPARED_TOKENS, SURELY_READ_SHARE = 1_000, 0.9


@dataclass(frozen=True, slots=True)
class TokensUsed:
    """As the server counted them; zero when it didn't say. `cached` are of the input, in most servers' count;
    `thinking` are of the output."""

    input: int = 0
    output: int = 0
    cached: int = 0
    thinking: int = 0


def read_tokens(body: Any) -> TokensUsed:
    """What `usage` says of one reply."""
    usage = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(usage, dict):
        return TokensUsed()
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    for details, name in (
        ("prompt_tokens_details", "cached_tokens"),
        ("completion_tokens_details", "reasoning_tokens"),
    ):
        found = usage.get(details)
        counts.append(found.get(name) if isinstance(found, dict) else None)
    return TokensUsed(*(count if isinstance(count, int) and count > 0 else 0 for count in counts))


def has_thought(body: Any) -> bool:
    """Whether the model thought before it answered, by its usage or by what it shows of it."""
    if read_tokens(body).thinking:
        return True
    try:
        message = body["choices"][0]["message"]
        return any(message.get(name) for name in ("reasoning_content", "reasoning"))
    except (KeyError, IndexError, TypeError, AttributeError):
        return False


def fewest_tokens(text: str) -> int:
    """Fewer tokens no model makes of `text`: one a word. (Vocabularies differ too much to compare with our count.)"""
    return len(text.split())


def is_prompt_cut(used: TokensUsed, fewest: int) -> bool:
    """Whether the server read less than the prompt has, and said nothing, as Ollama does beyond `num_ctx`.

    Servers that don't tell tokens, and short prompts, show nothing.
    """
    return used.input > 0 and fewest >= MIN_COMPARED_TOKENS and used.input + used.cached < SURELY_READ_SHARE * fewest


def read_answer(body: Any, answer_type: type[AnswerT]) -> AnswerT | Fault:
    """The validated answer, or what is wrong with the reply."""
    try:
        choice = body["choices"][0]
        message = choice["message"]
        content, refusal, finish = message.get("content"), message.get("refusal"), choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        return Fault(FaultKind.INVALID, "the reply is not a chat completion")
    if refusal or finish == "content_filter":
        return Fault(FaultKind.REFUSED, "the model refused")
    if finish == "length":
        return Fault(FaultKind.TRUNCATED, "the answer was cut off at the output limit")
    if not isinstance(content, str) or not content.strip():
        return Fault(FaultKind.INVALID, "the answer is empty")
    return parse_answer(content, answer_type)


def parse_answer(content: str, answer_type: type[AnswerT]) -> AnswerT | Fault:
    """`content` as `answer_type`; a thought before the JSON and a Markdown fence around it are taken off."""
    try:
        return answer_type.model_validate_json(_without_markdown_fence(content))
    except ValidationError as error:
        return Fault(FaultKind.INVALID, f"the answer does not fit its schema ({describe(error)})")


def describe(error: ValidationError) -> str:
    """Where and how, without the values: they may be the document's text."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, f['loc'])) or 'all'}: {f['type']}" for f in faults[:5])


def _without_markdown_fence(content: str) -> str:
    # Some servers leave what a model thinks in its answer.
    stripped = _THOUGHT.sub("", content, count=1).strip()
    if stripped.startswith("```") and stripped.endswith("```") and "\n" in stripped:
        return stripped[stripped.index("\n") : -3]
    return stripped


def stored_form(model: str, value: BaseModel, usage: Usage) -> dict[str, Any]:
    """What is stored of an answer, JSON-ready."""
    return {
        "model": model,
        "answer": value.model_dump(mode="json"),
        "calls": usage.calls,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
    }


def parse_stored(stored: dict[str, Any], answer_type: type[AnswerT]) -> tuple[AnswerT, Usage] | None:
    """The answer and what it cost when it was made; None when it isn't one that `stored_form` wrote."""
    try:
        usage = Usage(**{name: int(stored[name]) for name in ("calls", "tokens_in", "tokens_out")})
        return answer_type.model_validate(stored["answer"]), usage
    except (KeyError, TypeError, ValueError):
        return None
