"""While a service is away, agents soon learn which one and what to look at, and what doesn't need it works."""

import socket
import time
from collections.abc import Iterator

import pytest
from anyio.from_thread import BlockingPortal
from mcp.client.client import Client

from composition import vector_stores
from composition.parts import Parts
from config import Settings
from mcp_server.command import make_tools
from mcp_server.server import make_server
from tests.integration.mcp_server.conftest import Agent
from tests.integration.mcp_server.test_tools import HANDBOOK, QUESTION, refused, structured

#: A person hears of it within ten seconds; a test waits for less.
TIMEOUT_SECONDS = 1


@pytest.fixture
def hung_url() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def agent_of_hung_qdrant(
    hung_url: str, settings_of_stock: Settings, portal: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Agent]:
    assert vector_stores.PERSON_TIMEOUT_SECONDS < 10
    monkeypatch.setattr(vector_stores, "PERSON_TIMEOUT_SECONDS", TIMEOUT_SECONDS)
    settings = settings_of_stock.model_copy(update={"qdrant_url": hung_url})
    parts = Parts(settings, a_person_waits=True)
    with portal.wrap_async_context_manager(Client(make_server(make_tools(parts), settings))) as client:
        yield Agent(portal, client)
    parts.close()


def test_a_hung_qdrant_is_named_soon_and_pages_are_read_without_it(agent_of_hung_qdrant: Agent, hung_url: str) -> None:
    began = time.monotonic()
    said = refused(agent_of_hung_qdrant, "search", query=QUESTION)
    assert time.monotonic() - began < 10
    assert f"QDRANT_URL={hung_url}" in said
    assert "Traceback" not in said
    assert "\n" not in said
    assert "eleven minutes" in structured(agent_of_hung_qdrant, "read_page", document=HANDBOOK, page=5)["text"]
    assert structured(agent_of_hung_qdrant, "table", document=HANDBOOK, page=4)["rows"]


def test_a_bug_says_nothing_of_itself(
    settings_of_stock: Settings, portal: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = Parts(settings_of_stock, a_person_waits=True)
    tools = make_tools(parts)
    server = make_server(tools, settings_of_stock, with_ask=False)
    monkeypatch.setattr(tools._library, "document", lambda named: 1 / 0)
    with portal.wrap_async_context_manager(Client(server)) as client:
        agent = Agent(portal, client)
        assert refused(agent, "outline", document="a.pdf") == "Error executing tool outline"
        assert "ask" not in {tool.name for tool in agent.ask_client("list_tools").tools}
    parts.close()
