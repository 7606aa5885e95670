"""`leafmill mcp` starts only as it may, and costs nothing where it isn't asked for."""

import re

import pytest
from typer.testing import CliRunner

from command_line.application import app
from mcp_server.http import allowed
from tests.unit.test_imports import REPOSITORY, ROW_OF

SETTINGS = {
    "AWS_S3_BUCKET_NAME": "b", "SQS_QUEUE_URL": "http://q", "SQS_DLQ_URL": "http://d", "STATUS_TABLE_NAME": "t",
    "QDRANT_URL": "http://qdrant", "EMBEDDING_PROVIDER": "static", "ENRICHMENT": "extractive", "ENV_FILE": "/dev/null",
}  # fmt: skip
TOKEN = "a-token-of-the-tests-0123456789-abcdef"


@pytest.mark.parametrize(
    ("options", "token", "said"),
    [
        (["--http"], "x", "MCP_TOKEN needs 32 characters or more"),
        (["--http"], TOKEN[:31], "MCP_TOKEN needs 32 characters or more"),
        (["--http", "--bind", "nowhere"], TOKEN, "--bind is an address and a port"),
        (["--http", "--bind", "127.0.0.1:99999"], TOKEN, "--bind is an address and a port"),
        (["--http", "--bind", "192.0.2.1:8900"], TOKEN, "--bind 192.0.2.1:8900"),
    ],
)
def test_it_does_not_start_without_what_it_needs(options: list[str], token: str | None, said: str) -> None:
    done = CliRunner().invoke(app, ["mcp", *options], env={**SETTINGS, "MCP_TOKEN": token})
    assert done.exit_code == 2
    assert said in done.stderr
    assert TOKEN[:31] not in done.stderr


def test_no_other_part_of_the_product_imports_the_sdk_or_its_server() -> None:
    """That nothing below it imports mcp_server is held by `tests/unit/test_imports.py`."""
    found = {
        path.parts[0]
        for path in (path.relative_to(REPOSITORY) for path in REPOSITORY.glob("*/**/*.py"))
        if path.parts[0] in ROW_OF
        and re.search(
            r"^\s*(?:from|import) (?:mcp|mcp_types|uvicorn|starlette)\b", (REPOSITORY / path).read_text(), re.M
        )
    }
    assert found == {"mcp_server"}


@pytest.mark.parametrize(
    ("host", "names", "allows", "refuses"),
    [
        ("127.0.0.1", (), "localhost:*", "agents.example.org"),
        ("0.0.0.0", (), "127.0.0.1:*", "0.0.0.0:*"),
        ("10.0.0.7", (), "10.0.0.7:*", "10.0.0.8:*"),
        ("::1", (), "[::1]:*", "::1:*"),
        ("0.0.0.0", ("agents.example.org",), "agents.example.org", "example.org"),
    ],
)
def test_the_names_that_are_answered(host: str, names: tuple[str, ...], allows: str, refuses: str) -> None:
    made = allowed(host, names)
    assert made.enable_dns_rebinding_protection
    assert allows in made.allowed_hosts
    assert f"https://{allows}" in made.allowed_origins
    assert refuses not in made.allowed_hosts
