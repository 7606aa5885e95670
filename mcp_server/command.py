"""`leafmill mcp`: serves the documents to agents, over standard input and output or over HTTP."""

import sys
from functools import partial
from typing import Annotated

import typer

from command_line.output import EXIT_USAGE, err, fail, one_line_errors
from composition.parts import Parts
from config import Settings, load_settings
from mcp_server.library import Library
from mcp_server.tools import Tools

DEFAULT_BIND = "127.0.0.1:8900"


def mcp(
    http: Annotated[
        bool,
        typer.Option("--http", help="Serve streamable HTTP instead of standard streams."),
    ] = False,
    bind: Annotated[str, typer.Option("--bind", help="Address and port, with --http.")] = DEFAULT_BIND,
    no_ask: Annotated[
        bool, typer.Option("--no-ask", help="Leave out the tool that asks a model, and so costs money.")
    ] = False,
) -> None:
    """Serve the documents to agents by the Model Context Protocol.

    Agents search, ask and read; they change nothing. Without --http it is started by the agent's program.
    """
    with one_line_errors():
        settings = load_settings()
        host, port = _address(bind)
        token = _token(settings) if http else ""
        parts = Parts(settings, a_person_waits=True)
        try:
            from mcp_server.server import make_server

            server = make_server(make_tools(parts), settings, with_ask=not no_ask)
            if http:
                from ledger.key_checks import KeyChecks
                from mcp_server.gate import Gate
                from mcp_server.http import application, serve

                checks, proxies = KeyChecks(parts.api_keys), settings.mcp_trusted_proxies
                gate = partial(Gate, token=token, checks=checks, trusted_proxies=proxies)
                serve(application(server, gate, host, settings.mcp_allowed_hosts), host, port)
            else:
                if sys.stdin.isatty():
                    err.print("This speaks to an agent's program, which starts it. Ctrl-C ends it; see docs/agents.md.")
                server.run("stdio")
        except OSError as error:
            fail(f"--bind {bind}: {error.strerror or error}", EXIT_USAGE)
        finally:
            parts.close()


def make_tools(parts: Parts) -> Tools:
    """Nothing is connected to until a tool needs it."""
    return Tools(
        Library(parts.artifacts, parts.aws, parts.documents, lambda: parts.stores["pages"]),
        searcher=parts.searcher,
        app_config=parts.app_config_file.current,
        answers=lambda: parts.answers,
        public_url=parts.settings.public_url,
    )


def _address(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        fail(f"--bind is an address and a port, as {DEFAULT_BIND}", EXIT_USAGE)
    return host.strip("[]"), int(port)


def _token(settings: Settings) -> str:
    """Empty: only keys of the API are let in."""
    from mcp_server.gate import MIN_TOKEN_CHARACTERS

    if settings.mcp_token is None:
        return ""
    token = settings.mcp_token.get_secret_value()
    if len(token) < MIN_TOKEN_CHARACTERS:
        fail(f"MCP_TOKEN needs {MIN_TOKEN_CHARACTERS} characters or more: `openssl rand -hex 16`", EXIT_USAGE)
    return token
