"""`leafmill mcp --http`: by the token only, by our own names only, with the SDK's client."""

import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import httpx2
import pytest
from anyio.from_thread import BlockingPortal
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.integration.mcp_server.conftest import Agent, Stocked
from tests.integration.mcp_server.test_tools import QUESTION, TOOLS

TOKEN = "a-token-of-the-tests-0123456789-abcdef"
END_SECONDS = 60
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
HEADERS = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {TOKEN}"}


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "command_line", "mcp", *options]


@pytest.fixture(scope="module")
def address(stocked: Stocked) -> Iterator[str]:
    env = {**stocked.agent_env, "MCP_TOKEN": TOKEN, "MCP_ALLOWED_HOSTS": "agents.example.org"}
    with subprocess.Popen(
        command("--http", "--bind", "127.0.0.1:0"), env=env, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith("serving MCP at "), said + process.stderr.read()
        yield said.removeprefix("serving MCP at ").strip()
        process.terminate()
        assert process.wait(END_SECONDS) == 0
        assert QUESTION not in process.stderr.read(), "a question is nobody's to log"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_sdks_client_asks_by_http(address: str, portal: BlockingPortal, mode: str) -> None:
    """By the protocol of 2026, and with the handshake of the years before."""
    http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=END_SECONDS)
    transport = streamable_http_client(address, http_client=http)
    with portal.wrap_async_context_manager(Client(transport, mode=mode)) as client:
        agent = Agent(portal, client)
        assert tuple(tool.name for tool in agent.ask_client("list_tools").tools) == TOOLS
        found = agent.call("search", query=QUESTION).structured_content
        assert found
        assert found["passages"][0]["page"] == 5


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, HTTPStatus.UNAUTHORIZED),
        ({"Authorization": TOKEN}, HTTPStatus.UNAUTHORIZED),
        ({"Authorization": f"Bearer {TOKEN}x"}, HTTPStatus.UNAUTHORIZED),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, HTTPStatus.UNAUTHORIZED),
        ({"Host": "evil.example.org"}, HTTPStatus.MISDIRECTED_REQUEST),
        ({"Origin": "https://evil.example.org"}, HTTPStatus.FORBIDDEN),
        ({"Host": "evil.example.org", "Authorization": ""}, HTTPStatus.UNAUTHORIZED),
    ],
    ids=lambda value: " ".join(map(str, value.items())) if isinstance(value, dict) else "",
)
def test_nobody_else_is_answered(address: str, headers: dict[str, str], status: HTTPStatus) -> None:
    answer = httpx.post(address, json=CALL, headers={**HEADERS, **headers})
    assert answer.status_code == status
    assert "search" not in answer.text
    if status is HTTPStatus.UNAUTHORIZED:
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("headers", [{}, {"Host": "agents.example.org"}, {"Origin": "https://agents.example.org"}])
def test_our_own_names_are(address: str, headers: dict[str, str]) -> None:
    # Without a handshake, as the protocol of 2025 wants it: that the request got through to the SDK is enough.
    assert httpx.post(address, json=CALL, headers={**HEADERS, **headers}).status_code == HTTPStatus.OK


def test_a_large_request_is_refused(address: str) -> None:
    body = {**CALL, "params": {"_": "x" * 300_000}}
    assert httpx.post(address, json=body, headers=HEADERS).status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_the_health_check_needs_no_token_and_says_nothing(address: str) -> None:
    answer = httpx.get(address.replace("/mcp", "/health"))
    assert (answer.status_code, answer.text) == (HTTPStatus.OK, "ok\n")
