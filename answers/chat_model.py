"""Streams one answer from any server that speaks OpenAI's chat.completions."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog

from foundation.errors import FailureCode, RefusedKeyError, TransientError
from model_api.dialect import Dialect, ReasoningEffort, adapt, first_dialect
from model_api.openai_client import make_client
from model_api.reply import TokensUsed, fewest_tokens, is_prompt_cut

if TYPE_CHECKING:
    import openai

_log = structlog.get_logger(__name__)

#: A person waits: one more try, not five.
MAX_RETRIES = 1
#: Current models of OpenAI take only the newer name of the limit; a server that takes the older one says so.
FIRST_DIALECT = Dialect(format="text", length_parameter="max_completion_tokens")


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

    def __init__(
        self,
        api_key: str | None,
        base_url: str | None,
        timeout_seconds: float,
        reasoning_effort: ReasoningEffort | None = None,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_seconds = timeout_seconds
        self._reasoning_effort = reasoning_effort
        self._lock = threading.Lock()
        self._dialects: dict[str, Dialect] = {}

    def stream(self, question: Question) -> Iterator[Delta | Finish]:
        """Closing the iterator ends the request. Raises TransientError(dependency="llm"), RefusedKeyError."""
        import openai

        try:
            with self._open(question) as chunks:
                for event in _read(chunks):
                    if isinstance(event, Finish):
                        _look_for_cut(question, event)
                    yield event
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            message = f"the model's server refuses the key (HTTP {error.status_code})"
            raise RefusedKeyError(FailureCode.LLM_FAILED, message, dependency="llm") from error
        except openai.APIStatusError as error:
            message = f"the model's server answered {error.status_code}"
            raise TransientError(FailureCode.LLM_FAILED, message, dependency="llm") from error
        except openai.APIError as error:
            raise TransientError(FailureCode.LLM_FAILED, type(error).__name__, dependency="llm") from error

    def _open(self, question: Question) -> Any:
        import openai

        while True:
            known = self._dialects.get(question.model)
            dialect = known or first_dialect(question.model, self._reasoning_effort, FIRST_DIALECT)
            body = dialect.streamed(question.model, question.messages, question.max_output_tokens, question.temperature)
            try:
                return self._client.chat.completions.create(**body)
            except openai.BadRequestError as error:
                adapted = adapt(dialect, error.message, str(error.param or ""))
                if adapted is None:
                    raise
                with self._lock:
                    self._dialects[question.model] = adapted

    @cached_property
    def _client(self) -> "openai.OpenAI":
        return make_client(
            self._base_url, self._api_key, timeout_seconds=self._timeout_seconds, max_retries=MAX_RETRIES
        )


def _look_for_cut(question: Question, finish: Finish) -> None:
    """The answer is written already; a person has to give the server more context, or it fewer passages."""
    fewest = sum(fewest_tokens(message["content"]) for message in question.messages)
    if is_prompt_cut(TokensUsed(finish.tokens_in or 0), fewest):
        _log.warning("llm-prompt-cut", model=question.model, tokens_read=finish.tokens_in, tokens_sent_at_least=fewest)


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
