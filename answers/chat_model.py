"""Streams one answer from any server that speaks OpenAI's chat.completions."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from foundation.errors import FailureCode, TransientError

if TYPE_CHECKING:
    import openai

#: A person waits: one more try, not five.
MAX_RETRIES = 1


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of whom, and how long the answer may get."""

    model: str
    messages: Sequence[dict[str, str]]
    max_output_tokens: int
    temperature: float


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The end. Tokens are None when the server doesn't tell them; `is_cut`: the answer hit its length limit."""

    tokens_in: int | None
    tokens_out: int | None
    is_cut: bool


class ChatModel:
    """Thread-safe. Learns which spelling of the parameters a model takes from its refusals."""

    def __init__(self, api_key: str | None, base_url: str | None, timeout_seconds: float) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._refused: dict[str, frozenset[str]] = {}

    def stream(self, question: Question) -> Iterator[Delta | Finish]:
        """Closing the iterator ends the request. Raises TransientError(dependency="llm")."""
        import openai

        try:
            with self._open(question) as chunks:
                yield from _read(chunks)
        except openai.APIStatusError as error:
            message = f"the model's server answered {error.status_code}"
            raise TransientError(FailureCode.LLM_FAILED, message, dependency="llm") from error
        except openai.APIError as error:
            raise TransientError(FailureCode.LLM_FAILED, type(error).__name__, dependency="llm") from error

    def _open(self, question: Question) -> Any:
        import openai

        while True:
            refused = self._refused.get(question.model, frozenset())
            try:
                return self._client.chat.completions.create(**parameters(question, refused))
            except openai.BadRequestError as error:
                parameter = refusable(str(error.param or ""), error.message, refused)
                if parameter is None:
                    raise
                with self._lock:
                    self._refused[question.model] = refused | {parameter}

    @cached_property
    def _client(self) -> "openai.OpenAI":
        import openai  # 0.9 s of CPU

        return openai.OpenAI(
            api_key=self._api_key or "none",  # a local server needs no key, the client insists on one
            base_url=self._base_url,
            max_retries=MAX_RETRIES,
            timeout=self._timeout_seconds,
        )


def parameters(question: Question, refused: frozenset[str]) -> dict[str, Any]:
    """The widest form that wasn't refused."""
    body: dict[str, Any] = {"model": question.model, "messages": list(question.messages), "stream": True}
    if "max_completion_tokens" in refused:
        body["max_tokens"] = question.max_output_tokens
    else:
        body["max_completion_tokens"] = question.max_output_tokens
    if "temperature" not in refused:
        body["temperature"] = question.temperature
    if "stream_options" not in refused:
        body["stream_options"] = {"include_usage": True}
    return body


def refusable(parameter: str, message: str, refused: frozenset[str]) -> str | None:
    """Which parameter a refusal is about, if leaving it out or spelling it otherwise is worth a try."""
    about = f"{parameter} {message}".lower()
    return next(
        (
            name
            for name in ("max_completion_tokens", "temperature", "stream_options")
            if name in about and name not in refused
        ),
        None,
    )


def _read(chunks: Any) -> Iterator[Delta | Finish]:
    tokens_in = tokens_out = None
    is_cut = is_whole = False
    for chunk in chunks:
        if chunk.usage is not None:
            tokens_in, tokens_out = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
        for choice in chunk.choices:
            if choice.delta.content:
                yield Delta(choice.delta.content)
            is_whole = is_whole or choice.finish_reason is not None
            is_cut = is_cut or choice.finish_reason == "length"
    if not is_whole:  # a connection that closes is no error to the client
        raise TransientError(FailureCode.LLM_FAILED, "the model's answer broke off", dependency="llm")
    yield Finish(tokens_in, tokens_out, is_cut)
