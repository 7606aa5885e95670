"""Who shares a question, who pays for it, and what becomes of it when somebody leaves; without a wire."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest

from data_ingestion.enrichment.schema import SectionAnswer
from foundation.errors import CancelledWorkError, TransientError
from model_api.client import CallLimits, LlmClient
from model_api.faults import Fault, FaultKind, RetryPolicy
from model_api.request import AnswerError, ChatRequest


class MemoryCache(dict[str, dict[str, Any]]):
    """Stored answers; `stored` is set when there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.stored = threading.Event()

    def put(self, request_key: str, answer: dict[str, Any]) -> None:
        self[request_key] = answer
        self.stored.set()


class FakeTransport:
    """Answers when `let_go` is set; `faults` come first."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.let_go = threading.Event()
        self.arrived = threading.Semaphore(0)

    async def send(self, body: dict[str, Any]) -> Any | Fault:
        self.sent.append(body)
        self.arrived.release()
        while not self.let_go.is_set():
            await asyncio.sleep(0.001)
        if self.faults:
            return self.faults.pop(0)
        message = {"content": json.dumps({"summary": "s"})}
        usage = {"prompt_tokens": 10, "completion_tokens": 2}
        return {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}

    async def close(self) -> None:
        return None


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def cache() -> MemoryCache:
    return MemoryCache()


@pytest.fixture
def client(transport: FakeTransport, cache: MemoryCache) -> Iterator[LlmClient]:
    made = LlmClient(lambda: transport, cache, CallLimits(1, RetryPolicy(first_wait_seconds=0.001)))
    yield made
    made.close()


def question(text: str = "text") -> ChatRequest[SectionAnswer]:
    return ChatRequest("m", "system", text, SectionAnswer, 0.0, 800)


def test_a_shared_question_is_paid_for_by_one(client: LlmClient, transport: FakeTransport) -> None:
    first, second = client.submit(question()), client.submit(question())
    transport.let_go.set()

    answers = [first.result(10), second.result(10)]

    assert len(transport.sent) == 1
    assert sorted((a.usage.calls, a.usage.cached_calls, a.usage.tokens_in) for a in answers) == [(0, 1, 0), (1, 0, 10)]
    assert {a.first_usage.tokens_in for a in answers} == {10}


def test_one_who_leaves_does_not_take_the_others_answer_along(client: LlmClient, transport: FakeTransport) -> None:
    first, second = client.submit(question()), client.submit(question())
    assert transport.arrived.acquire(timeout=10)

    first.cancel()
    transport.let_go.set()

    assert second.result(10).value.summary == "s"


def test_a_question_that_waits_for_its_turn_is_withdrawn(client: LlmClient, transport: FakeTransport) -> None:
    running, waiting = client.submit(question("one")), client.submit(question("two"))
    assert transport.arrived.acquire(timeout=10)

    waiting.cancel()
    transport.let_go.set()
    running.result(10)
    client.submit(question("three")).result(10)

    assert [body["messages"][1]["content"] for body in transport.sent] == ["one", "three"]


def test_what_was_withdrawn_can_be_asked_again(client: LlmClient, transport: FakeTransport) -> None:
    running, waiting = client.submit(question("one")), client.submit(question("two"))
    assert transport.arrived.acquire(timeout=10)

    waiting.cancel()
    again = client.submit(question("two"))
    transport.let_go.set()

    assert again.result(10).value.summary == "s"
    assert running.result(10).value.summary == "s"


def test_a_call_on_the_wire_is_let_finish_and_its_answer_stored(
    client: LlmClient, transport: FakeTransport, cache: MemoryCache
) -> None:
    asked = client.submit(question())
    assert transport.arrived.acquire(timeout=10)

    asked.cancel()
    transport.let_go.set()

    assert cache.stored.wait(10)
    answer = client.submit(question()).result(10)
    assert (answer.usage.calls, answer.usage.cached_calls) == (0, 1)
    assert len(transport.sent) == 1


def test_what_failed_attempts_took_is_part_of_the_cost(client: LlmClient, transport: FakeTransport) -> None:
    transport.let_go.set()
    transport.faults = [Fault(FaultKind.SERVER, "r"), Fault(FaultKind.TIMED_OUT, "r")]

    assert client.submit(question()).result(10).usage.calls == 3


def test_a_text_that_is_too_long_is_told_so_that_it_can_be_cut(client: LlmClient, transport: FakeTransport) -> None:
    transport.let_go.set()
    transport.faults = [Fault(FaultKind.TOO_LONG, "the text is too long")]

    with pytest.raises(AnswerError, match="too long") as raised:
        client.submit(question()).result(10)

    assert raised.value.too_long


def test_an_outage_names_what_is_down_and_for_how_long(client: LlmClient, transport: FakeTransport) -> None:
    transport.let_go.set()
    transport.faults = [Fault(FaultKind.THROTTLED, "r", 600.0)]

    with pytest.raises(TransientError) as raised:
        client.submit(question()).result(10)

    assert (raised.value.dependency, raised.value.retry_after_seconds) == ("llm", 600.0)


def test_closing_withdraws_everything_and_takes_nothing_more(client: LlmClient, transport: FakeTransport) -> None:
    running = client.submit(question())
    assert transport.arrived.acquire(timeout=10)

    client.close()

    with pytest.raises(CancelledError):
        running.result(10)
    with pytest.raises(CancelledWorkError):
        client.submit(question())
