"""What servers of OpenAI's protocol call an error, as far as chat and embeddings share it."""

import re
from collections.abc import Iterable

#: An error that repeats so much of a text has been made from it. Echoes are cut, but begin at the beginning. Less than
#: the least says nothing, and stands in any message.
_ECHO_CHARACTERS, _LEAST_ECHO_CHARACTERS = 16, 6

#: Error codes that no waiting cures, whatever their status (OpenAI sends a spent quota as 429).
#: https://platform.openai.com/docs/guides/error-codes
CLOSED_CODES = frozenset({"insufficient_quota", "billing_hard_limit_reached", "invalid_api_key", "model_not_found"})
_TOO_LONG_CODES = frozenset({"context_length_exceeded", "string_above_max_length", "exceed_context_size_error"})
#: OpenAI "maximum context length", vLLM "longer than the maximum model length", TEI "must have less than 512 tokens",
#: Ollama "exceeds the context length", llama.cpp "exceeds the available context size" and, with status 500, "is too
#: large to process". OpenAI and Groq send "Request too large for … on tokens per min (TPM): Limit …, Requested …" with
#: 429 or 413: more than a whole minute allows never succeeds.
_TOO_LONG = re.compile(
    r"context (length|window|size)|less than \d+ tokens|too many tokens|(prompt|text|input) is too long|"
    r"maximum model length|too large to process|request too large",
    re.IGNORECASE,
)


def says_too_long(code: str, message: str) -> bool:
    """Whether a refusal, whatever its status, says that a shorter text would be taken. Pure."""
    return code in _TOO_LONG_CODES or _TOO_LONG.search(message) is not None


def without_echo(message: str, sent: Iterable[str]) -> str:
    """A server's words, unless they repeat what it was sent: questions and documents must not reach a log. Pure."""
    beginnings = (text.strip()[:_ECHO_CHARACTERS] for text in sent)
    if any(len(beginning) >= _LEAST_ECHO_CHARACTERS and beginning in message for beginning in beginnings):
        return "its words repeat the text"
    return message
