"""A model that answers nobody: the error that says so, and the smallest question that shows when it is over."""

from typing import Any

from foundation.errors import DeploymentError, FailureCode, TransientError
from model_api.faults import Fault, FaultKind
from model_api.transport import Transport

#: What costs next to nothing and still needs the key, the quota and the model.
PROBE_TEXT = "ping"
#: How servers want the length of an answer limited; the last form, without a limit, is taken by all.
_LENGTHS: tuple[dict[str, int], ...] = ({"max_tokens": 1}, {"max_completion_tokens": 1}, {})
#: Faults that a document would meet as well. Any other refusal comes from a server that would answer.
_OUTAGES = frozenset(
    {FaultKind.CLOSED_TO_US, FaultKind.THROTTLED, FaultKind.SERVER, FaultKind.UNREACHABLE, FaultKind.TIMED_OUT}
)


def outage_error(fault: Fault, retry_after_seconds: float | None = None) -> TransientError:
    """The fault as the queue half understands it."""
    kind = DeploymentError if fault.kind is FaultKind.CLOSED_TO_US else TransientError
    return kind(FailureCode.LLM_FAILED, fault.reason, dependency="llm", retry_after_seconds=retry_after_seconds)


async def ask_one_token(transport: Transport, model: str) -> None:
    """Raises TransientError or DeploymentError, as `outage_error`, when there is no answer to be had."""
    for length in _LENGTHS:
        body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": PROBE_TEXT}], **length}
        reply = await transport.send(body)
        if not isinstance(reply, Fault):
            return
        if reply.kind in _OUTAGES:
            raise outage_error(reply, reply.retry_after_seconds)
