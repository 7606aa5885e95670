"""What an error of an embeddings API means, typed by what to do about it; pure, in the words of many servers."""

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import tenacity

from foundation.errors import (
    DeploymentError,
    FailureCode,
    IngestionError,
    PermanentError,
    RefusedKeyError,
    TransientError,
)
from foundation.openai_errors import CLOSED_CODES, says_too_long, without_echo
from model_api.statuses import parse_retry_after

if TYPE_CHECKING:
    import openai

#: A server that asks for a longer wait than a minute is left to the queue.
_FIRST_WAIT_SECONDS, _MAX_BACKOFF_SECONDS, _MAX_WAIT_SECONDS = 0.5, 8.0, 60.0
#: When a person has to act first, asking again soon is noise.
PERSON_SECONDS = 300.0
#: Statuses by which a server refuses what it was sent. Any other may pass.
_REFUSALS = frozenset({400, 413, 422})
#: How servers say that a request holds too much in all: TEI "batch size 64 > maximum allowed batch size 32", DashScope
#: "batch size is invalid, it should not be larger than 10", Gemini and Cohere "at most 96", Mistral "Too many inputs in
#: request, split into more batches", OpenAI "max 300000 tokens per request" and "Request too large … tokens per min".
_TOO_MANY = re.compile(
    r"batch size (\d+ >|is invalid)|maximum allowed batch size|at most \d+|too many (inputs|texts|items)|"
    r"more batches|in (one|a|the) batch|tokens per (request|min)|request too large|array too long",
    re.IGNORECASE,
)


class TooLongError(PermanentError):
    """A text has more tokens than the model takes."""


class TooManyError(PermanentError):
    """The request holds more texts than the server takes at once, or more tokens than a minute allows."""


def typed(error: "openai.APIError", key_setting: str, texts: Sequence[str] = ()) -> IngestionError:
    """The error of a request about these texts as ours. `key_setting` names the key that was sent; a refusal of it may
    repeat the key, others may repeat a text: their words are left out."""
    import openai

    if not isinstance(error, openai.APIStatusError):
        return _away(f"the embeddings API cannot be reached: {error}")
    status, details = error.status_code, error.body if isinstance(error.body, dict) else {}
    code = str(details.get("code") or details.get("type") or "")
    told = f"HTTP {status}" + (f" {code}" if code else "")
    if status in (401, 403):
        return RefusedKeyError(
            FailureCode.EMBEDDINGS_FAILED,
            f"the embeddings API refuses {key_setting} ({told})",
            dependency="embeddings",
            retry_after_seconds=PERSON_SECONDS,
        )
    if status == 404 or code in CLOSED_CODES:
        return needs_person(f"the embeddings API can't be used: {without_echo(error.message, texts)[:200]} ({told})")
    message = f"the embeddings API answered {status}: {without_echo(error.message, texts)[:300]}"
    if _TOO_MANY.search(error.message):
        return TooManyError(FailureCode.EMBEDDINGS_FAILED, message)
    if says_too_long(code, error.message):  # llama.cpp sends it with status 500
        return TooLongError(FailureCode.EMBEDDINGS_FAILED, message)
    if status in _REFUSALS:
        return PermanentError(FailureCode.EMBEDDINGS_FAILED, message)
    headers = error.response.headers
    wanted = parse_retry_after(headers.get("retry-after-ms"), headers.get("retry-after"), time.time())
    return _away(message, wanted)


def needs_person(reason: str) -> DeploymentError:
    """What no waiting cures, and what no document is to blame for."""
    return DeploymentError(
        FailureCode.EMBEDDINGS_FAILED, reason, dependency="embeddings", retry_after_seconds=PERSON_SECONDS
    )


def may_pass(error: BaseException) -> bool:
    """Worth asking again within a minute."""
    if not isinstance(error, TransientError) or isinstance(error, DeploymentError):
        return False
    return (error.retry_after_seconds or 0.0) <= _MAX_WAIT_SECONDS


def wait_seconds(state: tenacity.RetryCallState) -> float:
    """As long as the server says, else doubling with jitter."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, TransientError) and error.retry_after_seconds is not None:
        return error.retry_after_seconds
    return _backoff(state)


_backoff = tenacity.wait_random_exponential(multiplier=_FIRST_WAIT_SECONDS, max=_MAX_BACKOFF_SECONDS)


def _away(reason: str, retry_after_seconds: float | None = None) -> TransientError:
    return TransientError(
        FailureCode.EMBEDDINGS_FAILED, reason, dependency="embeddings", retry_after_seconds=retry_after_seconds
    )
