"""The questions that one document has: put without waiting, sent a few at a time, awaited and dropped together."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, Future, wait
from dataclasses import dataclass, field
from typing import Any

from data_ingestion.lease import Lease
from foundation.errors import CancelledWorkError
from foundation.tokens import count_tokens
from model_api.answer_cache import cache_key
from model_api.client import LlmClient
from model_api.prices import Allowance
from model_api.request import Answer, AnswerError, AnswerT, ChatRequest
from model_api.usage import Usage

#: How soon a cancelled document notices while it waits.
POLL_SECONDS = 0.25
#: Questions that one document may have with the client, for each call that the worker may have in flight: enough to
#: keep all busy, few enough that another document's come soon.
OPEN_PER_SLOT = 2
OVER_BUDGET = "it would cost more than MAX_COST_PER_DOCUMENT_USD allows"


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


@dataclass(frozen=True, slots=True)
class _Question:
    make: Callable[[], ChatRequest[Any]]
    answer: "Future[Answer[Any]]"


class Conversation:
    """Asks for one document, and keeps account. Questions come from one thread, answers from the client's."""

    def __init__(self, client: LlmClient, allowance: Allowance, lease: Lease) -> None:
        self._client = client
        self._allowance = allowance
        self._lease = lease
        self._max_open = OPEN_PER_SLOT * client.max_concurrency
        self._lock = threading.Lock()
        self._waiting: deque[_Question] = deque()
        self._open = 0
        self._calls: set[Future[Any]] = set()
        self._failure: BaseException | None = None
        self.account = Account()

    def affords(self, tokens_in: int, tokens_out: int) -> bool:
        """There is money left for questions and answers of so many tokens, as of now."""
        return self._allowance.covers(tokens_in, tokens_out)

    def ask(self, make: Callable[[], ChatRequest[AnswerT]]) -> "Future[Answer[AnswerT]]":
        """Put a question, which is made and sent when its turn comes, by any thread: many questions with their texts
        are not to be held until then. Raises what `answers` raises for all."""
        if self._failure is not None:
            raise self._failure
        question = _Question(make, Future())
        with self._lock:
            self._waiting.append(question)
        self._send_next()
        return question.answer

    def answers(self, asked: "Sequence[Future[Answer[AnswerT]]]") -> list[Answer[AnswerT] | AnswerError]:
        """The answer to each question, or why there is none, in order.

        Raises errors.TransientError when the model can't be reached, errors.CancelledWorkError when the work is lost.
        """
        waiting = set(asked)
        while True:
            waiting = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_EXCEPTION).not_done
            self._lease.check("use-llm-answers")
            if self._failure is not None:
                raise self._failure
            if not waiting:
                return [outcome_of(answer) for answer in asked]

    def hang_up(self) -> None:
        """Withdraw what is still open."""
        self._fail(CancelledWorkError("the worker stops asking the model"))
        with self._lock:
            calls = list(self._calls)
        for call in calls:
            call.cancel()

    def _send_next(self) -> None:
        """Give the client as many questions as it may have of one document."""
        while True:
            with self._lock:
                if not self._waiting or self._open >= self._max_open:
                    return
                question = self._waiting.popleft()
                self._open += 1
            self._send(question)

    def _send(self, question: _Question) -> None:
        try:
            request = question.make()
        except Exception as error:  # noqa: BLE001 (whoever waits for the answer gets it)
            self._close()
            question.answer.set_exception(error)
            self._fail(error)
            return
        # Money is reserved as late as this: what is put but not sent must not keep others from being asked.
        reserved_usd = self._reserve(request)
        if reserved_usd is None:
            self._close()
            question.answer.set_exception(AnswerError(OVER_BUDGET, Usage()))
            return
        try:
            call = self._client.submit(request)
        except CancelledWorkError as error:
            self._allowance.settle(reserved_usd, Usage())
            self._close()
            question.answer.set_exception(error)
            self._fail(error)
            return
        with self._lock:
            self._calls.add(call)
        call.add_done_callback(lambda call: self._on_done(call, question, reserved_usd))

    def _reserve(self, request: ChatRequest[Any]) -> float | None:
        if not self._allowance.is_limited:
            return 0.0
        tokens_in = count_tokens(request.system) + count_tokens(request.user)
        return self._allowance.reserve(tokens_in, self._client.output_tokens(request))

    def _on_done(self, call: "Future[Answer[Any]]", question: _Question, reserved_usd: float) -> None:
        """Account for a question that is over, before anybody sees its answer, and send the next."""
        error = CancelledError() if call.cancelled() else call.exception()
        spent = first_spent = Usage()
        key = None
        if error is None:
            answer = call.result()
            spent, first_spent, key = answer.usage, answer.first_usage, cache_key(answer.key)
        elif isinstance(error, AnswerError):
            spent = first_spent = error.usage
        self._allowance.settle(reserved_usd, spent)
        with self._lock:
            self._calls.discard(call)
            self.account.add(spent, first_spent, key)
        self._close()
        if error is None:
            question.answer.set_result(call.result())
        else:
            if not isinstance(error, AnswerError | CancelledError):
                self._fail(error)
            question.answer.set_exception(error)
        self._send_next()

    def _close(self) -> None:
        with self._lock:
            self._open -= 1

    def _fail(self, error: BaseException) -> None:
        """Nothing more is sent: what waits gets this error, and so does who asks later."""
        with self._lock:
            self._failure = self._failure or error
            dropped = list(self._waiting)
            self._waiting.clear()
        for question in dropped:
            question.answer.set_exception(error)


def outcome_of(answer: "Future[Answer[AnswerT]]") -> Answer[AnswerT] | AnswerError:
    """Of an answer that is there: it, or why there is none. Raises what stopped all of them."""
    try:
        return answer.result()
    except AnswerError as error:
        return error
    except CancelledError:
        raise CancelledWorkError("the worker stops asking the model") from None
