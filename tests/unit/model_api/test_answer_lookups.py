"""How questions are noted together while they wait, and where an answer is looked for."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from data_ingestion.enrichment.schema import SectionAnswer
from foundation.errors import FailureCode, TransientError
from model_api import answer_lookups
from model_api.answer_lookups import INTERVAL_SECONDS, seconds_until_noting
from model_api.asked_questions import Seen
from model_api.client import CallLimits, LlmClient
from model_api.request import ChatRequest

SLOTS = 8


@pytest.mark.parametrize(
    ("unnoted", "ready", "since_last", "expected"),
    [
        pytest.param(0, 0, 9.0, None, id="nothing waits"),
        pytest.param(1, 0, float("inf"), 0.0, id="the first goes at once"),
        pytest.param(1, 0, 0.03, INTERVAL_SECONDS - 0.03, id="the next a little later, with others"),
        pytest.param(1, 3, 9.0, None, id="slots have enough to go on with"),
        pytest.param(5, 2, 9.0, 0.0, id="few are left that may be asked"),
        pytest.param(100, 50, 0.0, 0.0, id="as many as one call takes"),
    ],
)
def test_when_questions_are_noted(unnoted: int, ready: int, since_last: float, expected: float | None) -> None:
    assert seconds_until_noting(unnoted, ready, SLOTS, 100, since_last) == expected


class Notes:
    """`batches` are the questions that were noted together. Blocks while `let_go` is not set."""

    batch_size = 100

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.again: list[str] = []
        self.asked: set[str] = set()
        self.is_complete = True
        self.failures: list[Exception] = []
        self.let_go = threading.Event()
        self.let_go.set()

    def note(self, request_keys: Sequence[str]) -> Mapping[str, Seen]:
        self.batches.append(list(request_keys))
        assert self.let_go.wait(10)
        if self.failures:
            raise self.failures.pop()
        otherwise = Seen.NEW if self.is_complete else Seen.UNKNOWN
        return {key: Seen.ASKED if key in self.asked else otherwise for key in request_keys}

    def note_again(self, request_key: str) -> None:
        self.again.append(request_key)


class Cache(dict[str, dict[str, Any]]):
    """`looked_for` are the questions whose answers were looked for in S3."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_for: list[str] = []

    def get(self, request_key: str) -> dict[str, Any] | None:  # type: ignore[override]
        self.looked_for.append(request_key)
        return super().get(request_key)

    def put(self, request_key: str, answer: dict[str, Any]) -> None:
        self[request_key] = answer


class Transport:
    """Each call waits for `let_go`."""

    def __init__(self) -> None:
        self.calls = 0
        self.let_go = threading.Semaphore(0)

    async def send(self, body: dict[str, Any]) -> Any:
        self.calls += 1
        while not self.let_go.acquire(blocking=False):
            await asyncio.sleep(0.001)
        message = {"content": json.dumps({"summary": "s"})}
        usage = {"prompt_tokens": 10, "completion_tokens": 2}
        return {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}

    async def close(self) -> None:
        return None


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def cache() -> Cache:
    return Cache()


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def make_client(notes: Notes, cache: Cache, transport: Transport) -> Iterator[Callable[[], LlmClient]]:
    made: list[LlmClient] = []

    def make() -> LlmClient:
        made.append(LlmClient(lambda: transport, cache, CallLimits(SLOTS), notes=notes))
        return made[-1]

    yield make
    for client in made:
        client.close()


def question(text: str) -> ChatRequest[SectionAnswer]:
    return ChatRequest("m", "system", text, SectionAnswer, 0.0, 800)


QUESTIONS = [question(f"page {number}") for number in range(40)]


def test_what_waits_is_noted_together(make_client: Callable[[], LlmClient], notes: Notes, transport: Transport) -> None:
    """The first is on its way alone; the others come while it is noted."""
    client = make_client()
    notes.let_go.clear()
    asked = [client.submit(QUESTIONS[0])]
    wait_until(lambda: notes.batches != [])
    asked += [client.submit(one) for one in QUESTIONS[1:]]
    notes.let_go.set()
    transport.let_go.release(len(QUESTIONS))

    answers = [one.result(10) for one in asked]

    assert len(answers) == transport.calls == 40
    assert notes.batches[0] == [QUESTIONS[0].key]
    assert len(notes.batches) <= 3
    assert sorted(key for batch in notes.batches for key in batch) == sorted(one.key for one in QUESTIONS)


def test_a_new_question_is_not_looked_for(
    make_client: Callable[[], LlmClient], cache: Cache, transport: Transport, notes: Notes
) -> None:
    transport.let_go.release()
    assert make_client().submit(QUESTIONS[0]).result(10).usage.calls == 1
    assert (cache.looked_for, notes.again) == ([], [])


def test_a_question_that_was_asked_is_answered_from_the_cache(
    make_client: Callable[[], LlmClient], cache: Cache, notes: Notes, transport: Transport
) -> None:
    transport.let_go.release()
    make_client().submit(QUESTIONS[0]).result(10)
    notes.asked = {QUESTIONS[0].key}

    answer = make_client().submit(QUESTIONS[0]).result(10)

    assert (answer.usage.calls, answer.usage.cached_calls, transport.calls) == (0, 1, 1)
    assert notes.again == []


def test_a_lost_answer_is_asked_for_again_and_its_question_noted_again(
    make_client: Callable[[], LlmClient], cache: Cache, notes: Notes, transport: Transport
) -> None:
    """Else the note would be gone before the new answer."""
    notes.asked = {QUESTIONS[0].key}
    transport.let_go.release()

    assert make_client().submit(QUESTIONS[0]).result(10).usage.calls == 1

    assert cache.looked_for == notes.again == [QUESTIONS[0].key]


def test_without_complete_notes_every_question_is_looked_for(
    make_client: Callable[[], LlmClient], cache: Cache, notes: Notes, transport: Transport
) -> None:
    notes.is_complete = False
    transport.let_go.release()

    make_client().submit(QUESTIONS[0]).result(10)

    assert cache.looked_for == [QUESTIONS[0].key]
    assert notes.again == [], "it was noted before"


def test_a_table_that_does_not_answer_is_no_reason_to_pay_twice(
    make_client: Callable[[], LlmClient], notes: Notes, transport: Transport
) -> None:
    client = make_client()
    notes.failures = [TransientError(FailureCode.INTERNAL, "throttled", dependency="aws")]
    with pytest.raises(TransientError):
        client.submit(QUESTIONS[0]).result(10)
    assert transport.calls == 0

    transport.let_go.release()
    assert client.submit(QUESTIONS[0]).result(10).usage.calls == 1


def test_withdrawn_questions_do_not_hold_up_others(
    make_client: Callable[[], LlmClient], notes: Notes, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that were ready are withdrawn, and nothing else happens: the one that waits to be noted is asked all the
    same."""
    monkeypatch.setattr(answer_lookups, "INTERVAL_SECONDS", 0.0)
    client = make_client()
    asked = [client.submit(one) for one in QUESTIONS[:-1]]
    wait_until(lambda: transport.calls == SLOTS)
    last = client.submit(QUESTIONS[-1])

    for one in asked:
        one.cancel()
    transport.let_go.release(len(QUESTIONS))

    assert last.result(10).value.summary == "s"


def wait_until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(10_000):
        if is_so():
            return
        pause.wait(0.001)
    raise AssertionError("it did not come to that")
