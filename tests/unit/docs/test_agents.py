"""docs/agents.md lists the tools, their parameters and what they give as the server does."""

import re
from pathlib import Path

import anyio

from mcp_server import server
from mcp_server.tools import Tools

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "agents.md").read_text(encoding="utf-8")


def test_every_tool_is_listed_as_it_describes_itself() -> None:
    tools = anyio.run(server.make_server(Tools.__new__(Tools), None).list_tools)  # type: ignore[arg-type]
    described = [
        (tool.name, " ".join(f"`{name}`" for name in tool.input_schema["properties"]), first_line(tool.description))
        for tool in tools
    ]
    assert re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE) == described


def first_line(description: str | None) -> str:
    return (description or "").strip().splitlines()[0]


def test_every_resource_is_listed() -> None:
    for uri in (server.DOCUMENTS_URI, server.DOCUMENT_URI):
        assert f"`{uri}`" in PAGE
    for uri in (server.PAGE_URI, server.IMAGE_URI):
        assert f"`{uri.replace(server.DOCUMENT_URI, '…')}`" in PAGE
