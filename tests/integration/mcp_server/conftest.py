"""Documents that the real worker ingested, and `leafmill mcp` as a process of its own that the SDK's client asks."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import CallToolResult
from pytest_httpserver import HTTPServer

from config import Settings, load_settings
from tests.conftest import new_stack
from tests.support import hostile_pdf
from tests.support.aws_engine import AwsEngine
from tests.support.machine import Machine

PUBLIC_URL = "https://panel.example.org"
ROWS, ROWS_A_PAGE = 50, 25


@dataclass(frozen=True)
class Stocked:
    """A stack with three documents. `visited` is the server whose address stands in the hostile one."""

    env: dict[str, str]
    visited: HTTPServer

    @property
    def agent_env(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TIKTOKEN_CACHE_DIR") if name in os.environ}
        return {**inherited, **self.env, "PUBLIC_URL": PUBLIC_URL, "ENV_FILE": os.devnull}


class Agent:
    """The SDK's client, for tests that don't wait by themselves."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal = portal
        self.client = client

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        async def call() -> CallToolResult:
            return await self.client.call_tool(tool, arguments)

        return self._portal.call(call)

    def ask_client(self, name: str, *arguments: Any) -> Any:
        """What a method of the client gives."""
        return self._portal.call(getattr(self.client, name), *arguments)


@pytest.fixture(scope="session")
def stocked(aws: AwsEngine, samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    folder = tmp_path_factory.mktemp("documents")
    visited = HTTPServer(port=0)
    visited.start()
    hostile_pdf.write(folder / "ledger.pdf", visited.url_for("").rstrip("/"))
    hostile_pdf.write_long_table(folder / "fees.pdf", ROWS, ROWS_A_PAGE)
    with new_stack(aws) as env:
        machine = Machine(env)
        machine.manage("upload", str(samples / "harbour-handbook.pdf"), *map(str, folder.glob("*.pdf")))
        machine.work()
        yield Stocked(env, visited)
    visited.stop()


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="session")
def agent(stocked: Stocked, portal: BlockingPortal) -> Iterator[Agent]:
    """`leafmill mcp` over standard input and output."""
    arguments = ["-m", "command_line", "mcp"]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=stocked.agent_env)
    with portal.wrap_async_context_manager(Client(server)) as client:
        yield Agent(portal, client)


@pytest.fixture
def settings_of_stock(stocked: Stocked, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in stocked.env.items():
        monkeypatch.setenv(name, value)
    return load_settings(env_file="no-such-file")
