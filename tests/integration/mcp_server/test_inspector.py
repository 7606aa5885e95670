"""The MCP inspector's command line, from npm: another client than the SDK's."""

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.integration.mcp_server.conftest import Stocked
from tests.integration.mcp_server.test_tools import HANDBOOK, TOOLS

pytestmark = pytest.mark.slow
PACKAGE = "@modelcontextprotocol/inspector"
SECONDS = 280


@pytest.fixture(scope="module")
def npx() -> str:
    found = shutil.which("npx")
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail("no npx")
        pytest.skip("no npx")
    return found


def inspect(npx: str, stocked: Stocked, *arguments: str) -> Any:
    variables = [part for name, value in stocked.agent_env.items() for part in ("-e", f"{name}={value}")]
    server = [sys.executable, "-m", "command_line", "mcp"]
    done = subprocess.run(
        [npx, "--yes", PACKAGE, "--cli", *variables, *server, *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout)


def test_the_inspector_lists_the_tools(npx: str, stocked: Stocked) -> None:
    listed = inspect(npx, stocked, "--method", "tools/list")
    assert tuple(tool["name"] for tool in listed["tools"]) == TOOLS
    assert all(tool["annotations"]["readOnlyHint"] for tool in listed["tools"])


def test_the_inspector_calls_a_tool_and_reads_a_resource(npx: str, stocked: Stocked) -> None:
    method = ("--method", "tools/call", "--tool-name", "read_page")
    page = inspect(npx, stocked, *method, "--tool-arg", f"document={HANDBOOK}", "--tool-arg", "page=5")
    assert "eleven minutes" in page["content"][0]["text"]
    assert page["structuredContent"]["page_count"] == 6
    listed = inspect(npx, stocked, "--method", "resources/templates/list")
    assert len(listed["resourceTemplates"]) == 3
