"""The questions that one document has open: asked at once, waited for together, dropped together."""

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, wait
from dataclasses import dataclass
from typing import Any, Generic

from data_ingestion.enrichment.budget import Allowance
from data_ingestion.enrichment.calls.cache import cache_key
from data_ingestion.enrichment.calls.client import LlmClient
from data_ingestion.enrichment.calls.request import Answer, AnswerError, AnswerT, ChatRequest
from data_ingestion.enrichment.model import Usage
from data_ingestion.lifeline import Lifeline
from errors import CancelledWorkError
from tokens import count_tokens

#: How soon a cancelled document notices while it waits.
POLL_SECONDS = 0.25
#: Questions that one document may have open, for each call that the worker may have in flight: enough to keep all
#: busy, few enough that another document's come soon and that memory stays flat.
OPEN_PER_SLOT = 2
OVER_BUDGET = "it would cost more than MAX_COST_PER_DOCUMENT_USD allows"


@dataclass(frozen=True, slots=True)
class Pending(Generic[AnswerT]):
    """A question that was asked; `future` is None when there was no money for it."""

    future: "Future[Answer[AnswerT]] | None"
    reserved_usd: float = 0.0


class Conversation:
    """Asks for one document, and counts what that costs. Belongs to one thread."""

    def __init__(self, client: LlmClient, allowance: Allowance, lifeline: Lifeline) -> None:
        self._client = client
        self._allowance = allowance
        self._lifeline = lifeline
        self._room = threading.Semaphore(OPEN_PER_SLOT * client.max_concurrency)
        self._futures: list[Future[Any]] = []
        self._outage: BaseException | None = None
        self.usage = Usage()
        #: What the answers took when they were made, by whomever.
        self.first_usage = Usage()
        self.cache_keys: set[str] = set()

    def affords(self, tokens_in: int, tokens_out: int) -> bool:
        """There is money left for questions and answers of so many tokens, as of now."""
        return self._allowance.covers(tokens_in, tokens_out)

    def ask(self, request: ChatRequest[AnswerT]) -> Pending[AnswerT]:
        """Put a question; waits while too many are open. Raises what `answers` raises."""
        reserved_usd = self._reserve(request)
        if reserved_usd is None:
            return Pending(None)
        while not self._room.acquire(timeout=POLL_SECONDS):
            self._lifeline.check("ask-llm")
        if self._outage is not None:
            raise self._outage
        future = self._client.submit(request)
        self._futures.append(future)
        future.add_done_callback(self._on_done)
        return Pending(future, reserved_usd)

    def answers(self, pending: Sequence[Pending[AnswerT]]) -> list[Answer[AnswerT] | AnswerError]:
        """The answer to each question, or why there is none, in order.

        Raises errors.TransientError when the model can't be reached, errors.CancelledWorkError when the work is lost.
        """
        self._wait([asked.future for asked in pending if asked.future is not None])
        return [self._outcome(asked) for asked in pending]

    def hang_up(self) -> None:
        """Withdraw what is still open."""
        for future in self._futures:
            future.cancel()

    def _reserve(self, request: ChatRequest[Any]) -> float | None:
        if not self._allowance.is_limited:
            return 0.0
        tokens_in = count_tokens(request.system) + count_tokens(request.user)
        return self._allowance.reserve(tokens_in, request.max_output_tokens)

    def _on_done(self, future: "Future[Any]") -> None:
        self._room.release()
        if not future.cancelled() and (error := future.exception()) and not isinstance(error, AnswerError):
            self._outage = error

    def _wait(self, futures: "Sequence[Future[Any]]") -> None:
        waiting = set(futures)
        while waiting:
            waiting = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION).not_done
            self._lifeline.check("use-llm-answers")
            if self._outage is not None:
                raise self._outage

    def _outcome(self, asked: Pending[AnswerT]) -> Answer[AnswerT] | AnswerError:
        if asked.future is None:
            return AnswerError(OVER_BUDGET, Usage())
        try:
            answer = asked.future.result()
        except AnswerError as error:
            self._count(error.usage, error.usage, asked)
            return error
        except CancelledError:
            raise CancelledWorkError("the worker stops asking the model") from None
        self._count(answer.usage, answer.first_usage, asked)
        self.cache_keys.add(cache_key(answer.key))
        return answer

    def _count(self, usage: Usage, first_usage: Usage, asked: Pending[Any]) -> None:
        self.usage += usage
        self.first_usage += first_usage
        self._allowance.settle(asked.reserved_usd, usage)
