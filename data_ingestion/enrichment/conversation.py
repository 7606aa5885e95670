"""The questions that one document has open: asked at once, waited for together, dropped together."""

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, wait
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Account:
    """What a document's questions took: `spent` this time, `first_spent` when the answers were made, by whomever."""

    spent: Usage = field(default_factory=Usage)
    first_spent: Usage = field(default_factory=Usage)
    cache_keys: set[str] = field(default_factory=set)

    def add(self, spent: Usage, first_spent: Usage, key: str | None) -> None:
        self.spent += spent
        self.first_spent += first_spent
        if key is not None:
            self.cache_keys.add(key)


class Conversation:
    """Asks for one document, and keeps account. Questions come from one thread, answers from the client's."""

    def __init__(self, client: LlmClient, allowance: Allowance, lifeline: Lifeline) -> None:
        self._client = client
        self._allowance = allowance
        self._lifeline = lifeline
        self._room = threading.Semaphore(OPEN_PER_SLOT * client.max_concurrency)
        self._futures: list[Future[Any]] = []
        self._outage: BaseException | None = None
        self._lock = threading.Lock()
        self._reserved_usd: dict[Future[Any], float] = {}
        self.account = Account()

    def affords(self, tokens_in: int, tokens_out: int) -> bool:
        """There is money left for questions and answers of so many tokens, as of now."""
        return self._allowance.covers(tokens_in, tokens_out)

    def ask(self, request: ChatRequest[AnswerT]) -> Pending[AnswerT]:
        """Put a question; waits while too many are open. Raises what `answers` raises."""
        while not self._room.acquire(timeout=POLL_SECONDS):
            self._lifeline.check("ask-llm")
        if self._outage is not None:
            raise self._outage
        reserved_usd = self._reserve(request)
        if reserved_usd is None:
            self._room.release()
            return Pending(None)
        future = self._client.submit(request)
        self._futures.append(future)
        with self._lock:
            self._reserved_usd[future] = reserved_usd
        future.add_done_callback(self._on_done)
        return Pending(future)

    def answers(self, pending: Sequence[Pending[AnswerT]]) -> list[Answer[AnswerT] | AnswerError]:
        """The answer to each question, or why there is none, in order.

        Raises errors.TransientError when the model can't be reached, errors.CancelledWorkError when the work is lost.
        """
        futures = [asked.future for asked in pending if asked.future is not None]
        self._wait(futures)
        for future in futures:
            self._settle(future)  # its callback may still be on its way: waiters are woken before it
        return [_outcome(asked) for asked in pending]

    def hang_up(self) -> None:
        """Withdraw what is still open."""
        for future in self._futures:
            future.cancel()

    def _reserve(self, request: ChatRequest[Any]) -> float | None:
        if not self._allowance.is_limited:
            return 0.0
        tokens_in = count_tokens(request.system) + count_tokens(request.user)
        return self._allowance.reserve(tokens_in, request.max_output_tokens)

    def _on_done(self, future: "Future[Answer[Any]]") -> None:
        self._settle(future)
        self._room.release()

    def _settle(self, future: "Future[Answer[Any]]") -> None:
        """Account for a question that is over, once."""
        with self._lock:
            reserved_usd = self._reserved_usd.pop(future, None)
        if reserved_usd is None:
            return
        spent = first_spent = Usage()
        key = None
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            answer = future.result()
            spent, first_spent, key = answer.usage, answer.first_usage, cache_key(answer.key)
        elif isinstance(error, AnswerError):
            spent = first_spent = error.usage
        elif not isinstance(error, CancelledError):
            self._outage = error
        self._allowance.settle(reserved_usd, spent)
        with self._lock:
            self.account.add(spent, first_spent, key)

    def _wait(self, futures: "Sequence[Future[Any]]") -> None:
        waiting = set(futures)
        while waiting:
            waiting = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION).not_done
            self._lifeline.check("use-llm-answers")
            if self._outage is not None:
                raise self._outage


def _outcome(asked: Pending[AnswerT]) -> Answer[AnswerT] | AnswerError:
    if asked.future is None:
        return AnswerError(OVER_BUDGET, Usage())
    try:
        return asked.future.result()
    except AnswerError as error:
        return error
    except CancelledError:
        raise CancelledWorkError("the worker stops asking the model") from None
