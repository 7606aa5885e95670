"""What an HTTP error of chat.completions means: pure, for the words of OpenAI, Azure, vLLM, llama.cpp and their kin."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from foundation.openai_errors import CLOSED_CODES, says_too_long, without_echo
from model_api.faults import Fault, FaultKind

#: A server's own words, as far as a person needs them.
MAX_MESSAGE_CHARACTERS = 200

_REFUSAL_CODES = frozenset({"content_filter", "content_policy_violation", "invalid_prompt"})


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """A reply with a status of 400 or above; `code`, `parameter` and `message` are those of its body."""

    status: int
    code: str = ""
    message: str = ""
    parameter: str = ""
    retry_after_seconds: float | None = None


def classify_status(reply: ErrorReply, *, key_setting: str = "OPENAI_API_KEY", sent: Sequence[str] = ()) -> Fault:
    """The fault behind the reply. `key_setting` names the key that was sent; a message that repeats one of the texts
    `sent` isn't passed on."""
    status, code, message = reply.status, reply.code, reply.message
    told = f"HTTP {status}" + (f" {code}" if code else "")
    if status in (401, 403):
        # No message: it may repeat part of the key.
        return Fault(FaultKind.CLOSED_TO_US, f"the model's server refuses {key_setting} ({told})")
    if code in CLOSED_CODES or status == 404:
        return Fault(FaultKind.CLOSED_TO_US, f"the model can't be used: {_short(without_echo(message, sent))} ({told})")
    if status == 413 or says_too_long(code, message):  # of any status: servers send it as 429 and 500 as well
        return Fault(FaultKind.TOO_LONG, f"the text is too long for the model ({told})")
    if status == 429:
        return Fault(FaultKind.THROTTLED, f"the model's server throttles ({told})", reply.retry_after_seconds)
    if (status >= 500 and status != 501) or status in (408, 409):
        return Fault(FaultKind.SERVER, f"the model's server fails ({told})", reply.retry_after_seconds)
    if code in _REFUSAL_CODES:
        return Fault(FaultKind.REFUSED, f"the request was refused ({told})")
    return Fault(
        FaultKind.REJECTED,
        f"the request was rejected: {_short(without_echo(message, sent))} ({told})",
        parameter=reply.parameter,
    )


def parse_retry_after(milliseconds: str | None, header: str | None, now_epoch_seconds: float) -> float | None:
    """Seconds to wait by `retry-after-ms`, or by Retry-After as seconds or as an HTTP date; None when neither says."""
    for value, per_second in ((milliseconds, 1000.0), (header, 1.0)):
        try:
            seconds = float(value or "") / per_second
        except ValueError:
            continue
        return max(0.0, seconds) if math.isfinite(seconds) else None
    try:
        return max(0.0, parsedate_to_datetime(header or "").timestamp() - now_epoch_seconds)
    except ValueError:
        return None


def _short(message: str) -> str:
    return " ".join(message.split())[:MAX_MESSAGE_CHARACTERS]
