"""Scale-in protection against a loopback agent that answers as ECS documents it."""

import json
import threading
import time
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from work_queue import protection
from work_queue.in_memory_sqs import ManualClock
from work_queue.protection import EXPIRES_IN_MINUTES, PATH, Answer, TaskProtection, Verdict, judge

ARN = "arn:aws:ecs:us-west-2:111122223333:task/1234567890abcdef0"
THROTTLED = {"requestID": "r", "error": {"Arn": ARN, "Code": "ThrottlingException", "Message": "Rate exceeded"}}
FORBIDDEN = {"requestID": "r", "error": {"Arn": ARN, "Code": "AccessDeniedException", "Message": "not authorized"}}
TIMED_OUT = {"error": {"Arn": ARN, "Code": "RequestCanceled", "Message": "Timed out calling Amazon ECS"}}
BLOCKED = {"failure": {"Arn": ARN, "Detail": None, "Reason": "DEPLOYMENT_BLOCKED"}}
STANDALONE = {"failure": {"Arn": ARN, "Detail": None, "Reason": "TASK_NOT_VALID"}}


class Agent:
    """Keeps the state of one task. `faults` are answered first: a JSON body, a status, or both."""

    def __init__(self, server: HTTPServer) -> None:
        self.asked: list[dict[str, Any]] = []
        self.faults: list[Response] = []
        self.is_protected = False
        server.expect_request(f"/api/{PATH.lstrip('/')}", method="PUT").respond_with_handler(self._answer)
        self.uri = server.url_for("/api")

    def _answer(self, request: Request) -> Response:
        assert request.content_type == "application/json"
        body = json.loads(request.get_data())
        assert isinstance(body["ProtectionEnabled"], bool)
        assert 1 <= body.get("ExpiresInMinutes", 1) <= 2_880
        self.asked.append(body)
        if self.faults:
            return self.faults.pop(0)
        self.is_protected = body["ProtectionEnabled"]
        expires = "2026-10-06T02:29:16Z" if self.is_protected else None
        return reply(
            {"protection": {"ExpirationDate": expires, "ProtectionEnabled": self.is_protected, "TaskArn": ARN}}
        )


#: How long the agent's own call to ECS may take.
AGENT_SECONDS = 4.0
TIMEOUT_SECONDS = protection.TIMEOUT_SECONDS


def reply(body: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent here answers on a machine that may be busy."""
    monkeypatch.setattr(protection, "TIMEOUT_SECONDS", 60.0)


@pytest.fixture
def agent(httpserver: HTTPServer) -> Agent:
    return Agent(httpserver)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def task(agent: Agent, clock: ManualClock) -> TaskProtection:
    return TaskProtection(agent.uri, clock)


def test_protection_is_taken_before_receiving_and_asked_for_once(agent: Agent, task: TaskProtection) -> None:
    assert task.acquire()
    assert task.acquire()
    assert agent.is_protected
    assert agent.asked == [{"ProtectionEnabled": True, "ExpiresInMinutes": EXPIRES_IN_MINUTES}]


def test_it_is_renewed_long_before_it_expires(agent: Agent, task: TaskProtection, clock: ManualClock) -> None:
    task.acquire()
    clock.advance(EXPIRES_IN_MINUTES * 60 / 3)
    task.renew_if_due()
    task.renew_if_due()
    assert len(agent.asked) == 2


def test_it_is_dropped_when_idle_and_taken_again(agent: Agent, task: TaskProtection) -> None:
    task.acquire()
    task.release()
    assert not agent.is_protected
    task.release()
    assert len(agent.asked) == 2
    assert task.acquire()
    assert agent.is_protected


def test_a_task_that_a_deployment_replaces_receives_nothing(
    agent: Agent, task: TaskProtection, clock: ManualClock
) -> None:
    agent.faults = [reply(BLOCKED), reply(BLOCKED)]
    assert not task.acquire()
    assert not task.acquire()
    assert len(agent.asked) == 1, "it is not asked again at once"
    clock.advance(5)
    assert not task.acquire()
    clock.advance(5)
    assert task.acquire(), "the deployment was rolled back"


@pytest.mark.parametrize(
    "fault",
    [reply(THROTTLED, 400), reply(TIMED_OUT, 504), Response("oops", 500), Response("[]"), Response("not JSON")],
    ids=["throttled", "timed out", "broken", "no object", "no JSON"],
)
def test_a_blip_delays_receiving_and_the_next_answer_counts(
    agent: Agent, task: TaskProtection, clock: ManualClock, fault: Response
) -> None:
    agent.faults = [fault]
    assert not task.acquire()
    clock.advance(5)
    assert task.acquire()
    assert agent.is_protected


def test_an_agent_that_never_answers_does_not_stop_the_worker(clock: ManualClock) -> None:
    task = TaskProtection("http://127.0.0.1:9", clock)  # nobody listens on the discard port
    waited = 0
    while not task.acquire():
        clock.advance(5)
        waited += 5
    assert waited == 30
    task.release()


def test_an_agent_that_waits_as_long_as_it_may_for_ecs_is_heard(
    agent: Agent, httpserver: HTTPServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protection, "TIMEOUT_SECONDS", TIMEOUT_SECONDS)

    def wait(request: Request) -> Response:
        time.sleep(AGENT_SECONDS)
        return reply({"protection": {"ProtectionEnabled": True}})

    httpserver.expect_request(f"/slow{PATH}", method="PUT").respond_with_handler(wait)
    assert TaskProtection(httpserver.url_for("/slow"), clock).acquire()


def test_an_agent_that_hangs_costs_a_short_time_out(
    agent: Agent, httpserver: HTTPServer, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protection, "TIMEOUT_SECONDS", 0.05)
    release = threading.Event()

    def hang(request: Request) -> Response:
        release.wait(10)
        return reply({})

    httpserver.expect_request(f"/hang{PATH}", method="PUT").respond_with_handler(hang)
    assert not TaskProtection(httpserver.url_for("/hang"), clock).acquire()
    release.set()


@pytest.mark.parametrize("fault", [FORBIDDEN, STANDALONE], ids=["no permission", "not a service's task"])
def test_where_protection_is_impossible_the_worker_works_unprotected(
    agent: Agent, task: TaskProtection, clock: ManualClock, fault: dict[str, Any]
) -> None:
    agent.faults = [reply(fault), reply(fault)]
    assert task.acquire()
    clock.advance(10)
    assert task.acquire()
    assert len(agent.asked) == 1
    clock.advance(60)
    task.acquire()
    assert len(agent.asked) == 2, "it may have been repaired"


def test_what_was_granted_holds_through_a_failed_renewal(
    agent: Agent, task: TaskProtection, clock: ManualClock
) -> None:
    task.acquire()
    clock.advance(EXPIRES_IN_MINUTES * 60 / 2)
    agent.faults = [reply(THROTTLED, 400)]
    task.renew_if_due()
    assert task.acquire()
    clock.advance(5)
    task.renew_if_due()
    assert len(agent.asked) == 3


def test_outside_of_ecs_nothing_is_asked() -> None:
    task = TaskProtection(None)
    assert (task.acquire(), task.is_enabled) == (True, False)
    task.renew_if_due()
    task.release()


@pytest.mark.parametrize(
    ("answer", "wanted", "judged"),
    [
        ({"protection": {"ProtectionEnabled": True}}, True, Answer(Verdict.GRANTED)),
        ({"protection": {"ProtectionEnabled": False}}, False, Answer(Verdict.GRANTED)),
        ({"protection": {"ProtectionEnabled": False}}, True, Answer(Verdict.UNCLEAR, "the agent did something else")),
        (BLOCKED, True, Answer(Verdict.DENIED, "DEPLOYMENT_BLOCKED")),
        (STANDALONE, True, Answer(Verdict.IMPOSSIBLE, "TASK_NOT_VALID")),
        (FORBIDDEN, True, Answer(Verdict.IMPOSSIBLE, "AccessDeniedException")),
        (THROTTLED, True, Answer(Verdict.UNCLEAR, "ThrottlingException")),
        ({}, True, Answer(Verdict.UNCLEAR, "no known answer")),
    ],
)
def test_answers(answer: dict[str, Any], wanted: bool, judged: Answer) -> None:
    assert judge(answer, wanted=wanted) == judged
