"""Keys of the API over HTTP: every tool and resource keeps to a key's folder, whatever a document is called."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import httpx2
import pytest
import uvicorn
from anyio.from_thread import BlockingPortal
from limits import parse
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from composition.parts import Parts
from config import load_settings
from ledger import DocumentState, key_checks
from mcp_server.command import make_tools
from mcp_server.gate import Gate
from mcp_server.http import PATH, application
from mcp_server.server import make_server
from tests.conftest import new_stack
from tests.integration.mcp_server.conftest import Agent
from tests.integration.mcp_server.test_http import CALL
from tests.integration.mcp_server.test_tools import refused, structured
from tests.integration.web.api.conftest import TEXT, Library, stock
from tests.support.aws_engine import AwsEngine
from tests.support.panel import put_document

TOKEN = "a-token-of-the-tests-0123456789-abcdef"
PREFIX = "source-pdfs/team/"
QUESTION = "What word opens the vault at midnight? saffron floodgate"
#: Words of the documents outside, their names, and their folder's.
OUTSIDE_WORDS = ("saffron", "midnight", "b.pdf", "c.pdf", "team2")
#: Names of a document outside, and what has been tried to be taken for one.
OUTSIDE_NAMES = (
    "team2/b.pdf", "source-pdfs/team2/b.pdf", "/team2/b.pdf", "team/../team2/b.pdf", "source-pdfs/team/../team2/b.pdf",
    "team/..%2Fteam2/b.pdf", "source-pdfs%2Fteam2%2Fb.pdf", "team2\\b.pdf", "team2\u2215b.pdf", "TEAM2/B.PDF",
    " team2/b.pdf ", "team2/b.pdf\x00", "s3://bucket/source-pdfs/team2/b.pdf",
)  # fmt: skip


@pytest.fixture(scope="module")
def parts(aws: AwsEngine) -> Iterator[Parts]:
    with new_stack(aws) as env:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in env.items():
                environment.setenv(name, value)
            settings = load_settings(env_file="no-such-file")
        made = Parts(settings, a_person_waits=True)
        aws.point(made)
        yield made
        made.close()


@pytest.fixture(scope="module")
def library(parts: Parts) -> Library:
    return stock(parts)


@pytest.fixture(scope="module")
def checks(parts: Parts) -> key_checks.KeyChecks:
    return key_checks.KeyChecks(parts.api_keys)


@pytest.fixture(scope="module")
def address(parts: Parts, library: Library, checks: key_checks.KeyChecks) -> Iterator[str]:
    """The server as `leafmill mcp --http` makes it, in this process."""
    gate = partial(Gate, token=TOKEN, checks=checks, trusted_proxies=1)
    app = application(make_server(make_tools(parts), parts.settings), gate, "127.0.0.1", ())
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}{PATH}"
        server.should_exit = True
        thread.join(30)


@contextmanager
def agent_with(token: str, address: str, portal: BlockingPortal) -> Iterator[Agent]:
    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60)
    with portal.wrap_async_context_manager(Client(streamable_http_client(address, http_client=http))) as client:
        yield Agent(portal, client)


@pytest.fixture(scope="module")
def agent(parts: Parts, address: str, portal: BlockingPortal) -> Iterator[Agent]:
    """With a key of one folder."""
    _, token = parts.api_keys.create(["read"], prefix=PREFIX)
    with agent_with(token, address, portal) as made:
        yield made


def assert_nothing_of_outside(result: Any, library: Library, *asked: str) -> None:
    """`asked` are texts of the caller's own, which a result may repeat."""
    said = json.dumps(result, ensure_ascii=False, default=str)
    for own in asked:
        said = said.replace(json.dumps(own, ensure_ascii=False)[1:-1], "")
    for word in (*OUTSIDE_WORDS, library.outside):
        assert word not in said, said


@pytest.mark.parametrize("tool", ["search", "ask"])
def test_questions_are_answered_from_the_folder(agent: Agent, library: Library, tool: str) -> None:
    name = "query" if tool == "search" else "question"
    found = structured(agent, tool, **{name: QUESTION})
    assert {passage["document"] for passage in found["passages"]} == {library.inside}
    assert_nothing_of_outside(found, library, QUESTION)
    assert_nothing_of_outside(agent.call(tool, **{name: QUESTION}).content, library, QUESTION)


def test_every_store_is_searched_within_the_folder(agent: Agent, library: Library) -> None:
    for store in ("semantic", "pages", "haystack"):
        found = structured(agent, "search", query=QUESTION, store=store, limit=20)
        assert {passage["document"] for passage in found["passages"]} <= {library.inside}


def test_what_is_inside_is_read_by_every_tool(agent: Agent, library: Library) -> None:
    for name in (library.inside, "team/a.pdf", "source-pdfs/team/a.pdf"):
        assert structured(agent, "search", query=TEXT, document=name)["passages"][0]["page"] == 5
        assert structured(agent, "ask", question=TEXT, document=name)["passages"][0]["page"] == 5
        assert "Gate" in structured(agent, "read_page", document=name, page=5)["text"]
        assert structured(agent, "outline", document=name)["document"] == library.inside
        assert structured(agent, "table", document=name)["total"] == 1
        assert structured(agent, "table", document=name, page=5)["rows"][0] == ["North", "11"]
    page = agent.ask_client("read_resource", f"leafmill://documents/{library.inside}/pages/5").contents[0]
    assert "Gate" in page.text


CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("search", {"query": QUESTION}), ("ask", {"question": QUESTION}), ("read_page", {"page": 5}),
    ("read_page", {"page": 5, "image": True, "boxes": True}), ("outline", {"boxes": True}), ("table", {}),
    ("table", {"page": 5, "number": 1}), ("table", {"contains": "Gate"}),
)  # fmt: skip


@pytest.mark.parametrize(("tool", "arguments"), CALLS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_document_outside_is_the_same_as_none(
    agent: Agent, library: Library, tool: str, arguments: dict[str, Any]
) -> None:
    nobody = refused(agent, tool, document="f" * 64, **arguments)
    assert "There is no document" in nobody
    outside = refused(agent, tool, document=library.outside, **arguments)
    assert outside == nobody.replace("f" * 64, library.outside)
    for name in OUTSIDE_NAMES:
        said = refused(agent, tool, document=name, **arguments)
        assert said.startswith("There is no document"), name
        assert "Did you mean source-pdfs/team2" not in said
        assert "saffron" not in said


def test_resources_keep_to_the_folder(agent: Agent, library: Library) -> None:
    listed = agent.ask_client("read_resource", "leafmill://documents").contents[0].text
    assert library.inside in listed
    assert_nothing_of_outside(listed, library)
    for path in ("", "/pages/5", "/pages/5/image"):
        for name in (library.outside, "team2%2Fb.pdf", "team%2F..%2Fteam2%2Fb.pdf", "source-pdfs%2Fteam2%2Fb.pdf"):
            with pytest.raises(Exception, match="There is no document"):
                agent.ask_client("read_resource", f"leafmill://documents/{name}{path}")


def test_the_list_knows_nothing_of_outside(agent: Agent, library: Library) -> None:
    for prefix in ("", "team", "team/", "source-pdfs/", "t", "/"):
        found = structured(agent, "list_documents", prefix=prefix, searchable=False)
        assert (found["total"], [one["document"] for one in found["documents"]]) == (1, [library.inside]), prefix
    for prefix in ("team2", "team2/", "source-pdfs/team2", "team/../team2", "../", "TEAM/", "team%2F"):
        assert structured(agent, "list_documents", prefix=prefix, searchable=False)["total"] == 0, prefix
    for cursor in ("", "source-pdfs/team", "source-pdfs/team2/a.pdf"):
        found = structured(agent, "list_documents", cursor=cursor)
        assert_nothing_of_outside(found, library)


def test_a_deleted_document_is_gone(agent: Agent, parts: Parts) -> None:
    deleted = put_document(parts, "team/gone.pdf", DocumentState.DELETED)
    for name in (deleted, "team/gone.pdf"):
        assert "There is no document" in refused(agent, "outline", document=name)
        assert "There is no document" in refused(agent, "search", query="vault", document=name)


@pytest.mark.parametrize("who", ["token", "key", "admin"])
def test_who_is_not_limited_to_a_folder_sees_everything(
    parts: Parts, address: str, portal: BlockingPortal, library: Library, who: str
) -> None:
    token = TOKEN if who == "token" else parts.api_keys.create(["admin" if who == "admin" else "read"])[1]
    with agent_with(token, address, portal) as agent:
        found = structured(agent, "search", query=QUESTION)
        assert library.outside in {passage["document"] for passage in found["passages"]}
        assert structured(agent, "outline", document="team2/b.pdf")["document"] == library.outside


def posted(address: str, authorization: str, came_from: str = "203.0.113.1") -> httpx.Response:
    headers = {
        b"Accept": b"application/json, text/event-stream",
        b"X-Forwarded-For": f"198.51.100.1, {came_from}".encode(),
        b"Authorization": authorization.encode(),
    }
    return httpx.post(address, json=CALL, headers=headers)


def test_keys_that_may_not_read_are_refused(parts: Parts, address: str) -> None:
    _, uploading = parts.api_keys.create(["upload"])
    _, short = parts.api_keys.create(["read"], valid_for=timedelta(microseconds=1))
    record, revoked = parts.api_keys.create(["read"])
    parts.api_keys.revoke(record.key_id)
    _, good = parts.api_keys.create(["read"])
    for token, status, said in (
        (uploading, 403, "scope read"), (short, 401, "has expired"), (revoked, 401, "was revoked"),
        (good[:-1] + "_", 401, "not accepted"), (good.upper(), 401, "MCP_TOKEN or a key"), ("lm_", 401, "not accepted"),
        ("lm_é", 401, "not accepted"), (f"{good} {TOKEN}", 401, "not accepted"),
    ):  # fmt: skip
        answer = posted(address, f"Bearer {token}")
        assert (answer.status_code, said in answer.text) == (status, True), (token[:6], answer.text)
    assert posted(address, f"Bearer {good}").status_code == 200
    assert posted(address, f"Basic {good}").status_code == 401


def test_a_revoked_key_is_refused_when_it_is_read_again(
    parts: Parts, address: str, checks: key_checks.KeyChecks, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, token = parts.api_keys.create(["read"])
    assert posted(address, f"Bearer {token}").status_code == 200
    parts.api_keys.revoke(record.key_id)
    now = checks.clock
    monkeypatch.setattr(checks, "clock", lambda: now() + key_checks.CACHE_SECONDS)
    assert posted(address, f"Bearer {token}").status_code == 401


def test_who_tries_keys_is_stopped_and_others_are_not(parts: Parts, address: str) -> None:
    wrong = "Bearer lm_abcdefghij_" + "A" * 43
    statuses = [posted(address, wrong, "203.0.113.9").status_code for _ in range(32)]
    assert statuses[:30] == [401] * 30
    assert statuses[30:] == [429] * 2
    _, good = parts.api_keys.create(["read"])
    assert posted(address, f"Bearer {good}", "203.0.113.10").status_code == 200


def test_a_keys_requests_and_questions_are_counted(
    parts: Parts, address: str, portal: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(key_checks.LIMITS, "questions", parse("1/minute"))
    _, token = parts.api_keys.create(["read"], prefix=PREFIX)
    with agent_with(token, address, portal) as agent:
        structured(agent, "ask", question=QUESTION)
        assert "1 such requests a minute" in refused(agent, "ask", question=QUESTION)
        structured(agent, "search", query=QUESTION)
    monkeypatch.setitem(key_checks.LIMITS, "requests", parse("1/minute"))
    assert posted(address, f"Bearer {token}").status_code == 200
    answer = posted(address, f"Bearer {token}")
    assert (answer.status_code, answer.headers["Retry-After"].isdecimal()) == (429, True)


def test_without_the_gate_nothing_is_read(parts: Parts, portal: BlockingPortal, library: Library) -> None:
    """A way to serve HTTP that forgets the gate is no open door."""
    app = application(make_server(make_tools(parts), parts.settings), lambda app: app, "127.0.0.1", ())  # type: ignore[arg-type, return-value]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        open_address = f"http://127.0.0.1:{listening.getsockname()[1]}{PATH}"
        with agent_with(TOKEN, open_address, portal) as agent:
            for tool, arguments in (("list_documents", {}), ("outline", {"document": library.inside})):
                assert agent.call(tool, **arguments).is_error
        server.should_exit = True
        thread.join(30)
