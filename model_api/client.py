"""Asks a model on behalf of every document of this worker: stored answers first, a bounded number of calls in flight.

All calls live on one event loop in a thread of its own, so that any number of documents share one limit, and so that
a document that is cancelled leaves at once. A call that is already on the wire is let finish, since it is paid for,
and its answer is stored for the next that asks the same.
"""

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

import structlog

from foundation.errors import CancelledWorkError
from foundation.tokens import count_tokens
from model_api.answer_cache import AnswerCache
from model_api.answer_lookups import AnswerLookups, Notes
from model_api.concurrency import AdaptiveLimit, Slots
from model_api.dialect import ReasoningEffort
from model_api.faults import AskAgain, Fault, FaultKind, History, Outage, RetryPolicy, decide
from model_api.known_models import KnownModels
from model_api.outage import ask_one_token, outage_error
from model_api.reply import parse_stored, read_answer, read_tokens, stored_form
from model_api.request import Answer, AnswerError, AnswerT, ChatRequest
from model_api.shared_questions import SharedQuestions, look_at_exception
from model_api.transport import Transport
from model_api.usage import Usage

#: Threads for what blocks beside the calls: S3 and DynamoDB.
IO_THREADS = 16
#: How much more an answer may hold when it was cut off.
LARGER_OUTPUT_FACTOR = 3

P = ParamSpec("P")
T = TypeVar("T")

_log = structlog.get_logger(__name__)


class RateLimit(Protocol):
    """Tokens and requests a minute, shared with other workers. Thread-safe."""

    def reserve(self, model: str, tokens: int) -> float:
        """Take one request and `tokens` and return 0, or take nothing and return the seconds to wait."""

    def settle(self, model: str, reserved_tokens: int, used_tokens: int) -> None:
        """Correct a reservation by what was used."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Calls in flight, for how long a question is tried, and what all workers may use together."""

    max_concurrency: int
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    rate_limit: RateLimit | None = None


class LlmClient:
    """`submit` from any thread. Start-up is lazy: a worker that never asks imports no `openai`."""

    def __init__(
        self,
        make_transport: Callable[[], Transport],
        cache: AnswerCache,
        limits: CallLimits,
        *,
        notes: Notes | None = None,
        reasoning_effort: ReasoningEffort | None = None,
    ) -> None:
        self.max_concurrency = limits.max_concurrency
        self._make_transport = make_transport
        self._cache = cache
        self._rate_limit = limits.rate_limit
        self._retry_policy = limits.retry_policy
        self._limit = AdaptiveLimit(self.max_concurrency)
        self._slots = Slots(self._limit)
        self._lookups = AnswerLookups(
            cache, notes, self._io, slots=self.max_concurrency, ready=lambda: self._slots.waiting
        )  # fmt: skip
        self._slots.on_release = self._lookups.look
        self._known = KnownModels(reasoning_effort)
        self._last_answered = float("-inf")
        self._shared = SharedQuestions()
        self._on_the_wire: set[asyncio.Task[Any]] = set()
        self._io_threads = ThreadPoolExecutor(IO_THREADS, thread_name_prefix="llm-io")
        self._start_lock = threading.Lock()
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._transport: Transport | None = None

    def warm_up(self) -> None:
        """Import and connect in the background, while the caller prepares its questions."""
        loop = self._running_loop()
        asyncio.run_coroutine_threadsafe(self._open_transport(), loop)

    def submit(self, request: ChatRequest[AnswerT]) -> "Future[Answer[AnswerT]]":
        """The answer to come. Its result raises AnswerError, or TransientError when nothing gets answered.

        Cancelling it withdraws the question, unless it is already on the wire or someone else waits for it too.
        """
        loop = self._running_loop()
        return asyncio.run_coroutine_threadsafe(
            self._shared.answer(request.key, partial(self._find_or_ask, request)), loop
        )

    def probe(self, model: str) -> None:
        """Ask for one token. Raises TransientError when documents that need `model` would get no answer now, and
        DeploymentError when a person has to act first."""
        asyncio.run_coroutine_threadsafe(self._probe(model), self._running_loop()).result()

    async def _probe(self, model: str) -> None:
        await ask_one_token(await self._open_transport(), model)

    def output_tokens(self, request: ChatRequest[Any]) -> int:
        """The most tokens that the first answer to this question is allowed, what the model thinks included."""
        return self._known.dialect(request.model).output_tokens(request.max_output_tokens)

    def close(self) -> None:
        """Drop every question, let go of the connections, take no more."""
        with self._start_lock:
            loop, self._loop = self._loop, None
            self._is_closed = True
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._shut_down(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
        self._io_threads.shutdown(wait=False, cancel_futures=True)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._start_lock:
            if self._is_closed:
                raise CancelledWorkError("the worker stops asking the model")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                # A daemon: a worker that has to go does not wait for an answer.
                threading.Thread(target=_run, args=(self._loop,), name="llm-calls", daemon=True).start()
            return self._loop

    async def _shut_down(self) -> None:
        tasks = [*self._shared.tasks, *self._on_the_wire]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._lookups.close()
        if self._transport is not None:
            await self._transport.close()

    async def _open_transport(self) -> Transport:
        if self._transport is None:
            self._transport = self._make_transport()
        return self._transport

    async def _io(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        call = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._io_threads, call)

    async def _find_or_ask(self, request: ChatRequest[AnswerT]) -> Answer[AnswerT]:
        stored, seen = await self._lookups.find(request.key)
        if stored is not None and (found := parse_stored(stored, request.answer_type)) is not None:
            value, first_usage = found
            return Answer(value, request.key, Usage(cached_calls=1), first_usage)
        await self._lookups.about_to_ask(request.key, seen)
        return await self._ask(request)

    async def _ask(self, request: ChatRequest[AnswerT]) -> Answer[AnswerT]:
        """Ask until there is an answer or `decide` has had enough."""
        started = time.monotonic()
        attempts: Counter[FaultKind] = Counter()
        usage = Usage()
        max_output_tokens = request.max_output_tokens
        correction: str | None = None
        changes: dict[str, Any] = {}
        if self._known.would_cut(request):
            raise AnswerError("the model's server would cut the text", usage, too_long=True)
        while True:
            known = self._known.dialect(request.model)
            dialect = replace(known, **changes)
            body = dialect.body(request, max_output_tokens, correction)
            outcome, usage = await self._attempt(request, body, dialect.output_tokens(max_output_tokens), usage)
            if not isinstance(outcome, Fault):
                if dialect.shows_schema and not known.shows_schema:
                    self._known.learn(request.model, shows_schema=True)
                return Answer(outcome, request.key, usage, usage)
            if outcome.kind is FaultKind.REJECTED and self._known.adapt(request.model, known, outcome):
                continue
            if outcome.kind is FaultKind.TOO_LONG and dialect.thinking_tokens:
                changes["thinking_tokens"] = 0  # it may be the room that is too long, and a refusal costs nothing
                continue
            attempts[outcome.kind] += 1
            history = self._history(request, started, attempts[outcome.kind])
            match decide(outcome, history, self._retry_policy):
                case AskAgain(wait_seconds, larger, corrected):
                    _log.info("llm-again", reason=outcome.reason, wait_seconds=round(wait_seconds, 2))
                    max_output_tokens *= LARGER_OUTPUT_FACTOR if larger else 1
                    if corrected:
                        # A server that knows `response_format` keeps to it: this one may never have seen the schema.
                        changes["shows_schema"] = True
                        correction = f"{outcome.reason}. Answer again, as JSON of the schema."
                    else:
                        correction = None
                    await asyncio.sleep(wait_seconds)
                case Outage(retry_after_seconds):
                    raise outage_error(outcome, retry_after_seconds)
                case _:
                    raise AnswerError(outcome.reason, usage, too_long=outcome.kind is FaultKind.TOO_LONG)

    def _history(self, request: ChatRequest[Any], started: float, attempts_of_kind: int) -> History:
        return History(
            attempts_of_kind=attempts_of_kind,
            seconds=time.monotonic() - started,
            others_are_answered=self._last_answered > started,
            spread=int(request.key[:4], 16) / 0x10000,
        )

    async def _attempt(
        self, request: ChatRequest[AnswerT], body: dict[str, Any], max_output_tokens: int, usage: Usage
    ) -> tuple[AnswerT | Fault, Usage]:
        """One call in a slot; `usage` comes back with its cost added."""
        await self._slots.acquire()
        try:
            reserved_tokens = await self._reserve(request, max_output_tokens)
        except BaseException:
            self._slots.release()
            raise
        call = asyncio.create_task(self._call_in_slot(request, body, reserved_tokens, usage))
        self._on_the_wire.add(call)
        call.add_done_callback(self._on_the_wire.discard)
        call.add_done_callback(look_at_exception)
        return await asyncio.shield(call)

    async def _call_in_slot(
        self, request: ChatRequest[AnswerT], body: dict[str, Any], reserved_tokens: int, usage: Usage
    ) -> tuple[AnswerT | Fault, Usage]:
        # The slot is kept until the answer is stored, so that a kill never costs more calls than there are slots.
        try:
            return await self._call(request, body, reserved_tokens, usage)
        finally:
            self._slots.release()

    async def _call(
        self, request: ChatRequest[AnswerT], body: dict[str, Any], reserved_tokens: int, usage: Usage
    ) -> tuple[AnswerT | Fault, Usage]:
        """Send, read, and store before anybody uses it."""
        started = time.monotonic()
        transport = await self._open_transport()
        reply = await transport.send(body)
        if isinstance(reply, Fault):
            if reply.kind is FaultKind.THROTTLED:
                wait = min(reply.retry_after_seconds or 0.0, self._retry_policy.longest_wait_seconds)
                self._limit.throttled(started, time.monotonic(), wait)
            await self._settle(request.model, reserved_tokens, 0)
            return reply, usage + Usage(calls=1)
        self._limit.answered()
        self._last_answered = time.monotonic()
        used = read_tokens(reply)
        usage += Usage(calls=1, tokens_in=used.input, tokens_out=used.output)
        await self._settle(request.model, reserved_tokens, used.input + used.output)
        if (fault := self._known.look_at(request, reply, used)) is not None:
            return fault, usage
        answer = read_answer(reply, request.answer_type)
        if not isinstance(answer, Fault):
            await self._io(self._cache.put, request.key, stored_form(request.model, answer, usage))
        return answer, usage

    async def _reserve(self, request: ChatRequest[Any], max_output_tokens: int) -> int:
        if self._rate_limit is None:
            return 0
        tokens = count_tokens(request.system) + count_tokens(request.user) + max_output_tokens
        while (wait := await self._io(self._rate_limit.reserve, request.model, tokens)) > 0:
            await asyncio.sleep(wait)
        return tokens

    async def _settle(self, model: str, reserved_tokens: int, used_tokens: int) -> None:
        if self._rate_limit is not None:
            await self._io(self._rate_limit.settle, model, reserved_tokens, used_tokens)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    with contextlib.closing(loop):
        loop.run_forever()
