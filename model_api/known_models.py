"""What a worker has learnt of each model and its server, from refusals and from answers. Kept as long as it runs."""

from dataclasses import replace
from typing import Any

import structlog

from model_api.dialect import THINKING_TOKENS, Dialect, ReasoningEffort, adapt, first_dialect
from model_api.faults import Fault, FaultKind
from model_api.reply import TokensUsed, fewest_tokens, has_thought, is_prompt_cut
from model_api.request import ChatRequest

_log = structlog.get_logger(__name__)


class KnownModels:
    """By model's name. Changed on one event loop only, and read from any thread."""

    def __init__(self, reasoning_effort: ReasoningEffort | None = None) -> None:
        self._reasoning_effort = reasoning_effort
        self._dialects: dict[str, Dialect] = {}
        self._cut_at: dict[str, int] = {}

    def dialect(self, model: str) -> Dialect:
        """How to ask it now."""
        return self._dialects.get(model) or first_dialect(model, self._reasoning_effort)

    def learn(self, model: str, **changes: Any) -> None:
        """Ask it so from now on; `changes` are fields of Dialect."""
        _log.info("llm-dialect", model=model, **changes)
        self._dialects[model] = replace(self.dialect(model), **changes)

    def adapt(self, model: str, used: Dialect, fault: Fault) -> bool:
        """Learn from a rejection how this server wants its questions; True when there is something new to try."""
        if self.dialect(model) != used:
            return True  # another call has learnt it meanwhile
        adapted = adapt(used, fault.reason, fault.parameter)
        if adapted is None:
            return False
        _log.info("llm-dialect", model=model, reason=fault.reason)
        self._dialects[model] = adapted
        return True

    def would_cut(self, request: ChatRequest[Any]) -> bool:
        """Whether its server has been seen to read less of a prompt than this one surely has."""
        cut_at = self._cut_at.get(request.model)
        return cut_at is not None and fewest_tokens(request.user) > cut_at

    def look_at(self, request: ChatRequest[Any], reply: Any, used: TokensUsed) -> Fault | None:
        """Learn from a reply whether the model thinks. A fault when the server has cut the prompt: the answer is about
        a part of the text, and nothing says so."""
        if has_thought(reply) and not self.dialect(request.model).thinking_tokens:
            self.learn(request.model, thinking_tokens=THINKING_TOKENS)
        fewest = fewest_tokens(request.user)
        if not is_prompt_cut(used, fewest):
            return None
        _log.warning("llm-prompt-cut", model=request.model, tokens_read=used.input, tokens_sent_at_least=fewest)
        self._cut_at[request.model] = used.input
        return Fault(FaultKind.TOO_LONG, f"the model's server cut the text to {used.input} tokens")
