"""The MCP server over HTTP: who may ask (a token), and by which name (Host and Origin).

A web page that a user visits can send requests to this machine, by a name that it makes point here (DNS rebinding). It
knows no token, and the SDK refuses names and origins that aren't ours.
"""

import hmac
import signal
import socket
import sys
from collections.abc import Sequence

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server.server import Server

PATH = "/mcp"
HEALTH_PATH = "/health"
#: As long as SECRET_KEY: `openssl rand -hex 16` makes one.
MIN_TOKEN_CHARACTERS = 32
#: A call's arguments are a question and a few numbers.
MAX_BODY_BYTES = 256 << 10
#: Calls at once; more are told to come again.
MAX_CONNECTIONS = 64
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_EVERY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 (compared with, not bound to)


class TokenGate:
    """Lets requests with the token through; the health check needs none."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        response: Response | None = None
        if scope["type"] != "http":
            return
        if scope["path"] == HEALTH_PATH:
            response = PlainTextResponse("ok\n")
        elif not self._is_known(scope):
            response = PlainTextResponse(
                "Send the token MCP_TOKEN as `Authorization: Bearer …`.\n", 401, {"WWW-Authenticate": "Bearer"}
            )
        await (response or self._app)(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        """Takes as long for every wrong token of the same length."""
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0], self._expected)


def application(server: Server, token: str, host: str, allowed_hosts: Sequence[str]) -> ASGIApp:
    """The ASGI application. Each request stands for itself: there are no sessions to keep or to steal."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MAX_BODY_BYTES,
        transport_security=allowed(host, allowed_hosts),
        host=host,
    )
    return TokenGate(app, token)


def allowed(host: str, allowed_hosts: Sequence[str]) -> TransportSecuritySettings:
    """The names of this machine, the address that is bound, and what the setting names, with any port."""
    bound = () if host in _EVERY_ADDRESS else (f"[{host}]" if ":" in host else host,)
    names = dict.fromkeys((*_LOCAL_NAMES, *bound, *allowed_hosts))
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[form for name in names for form in (name, f"{name}:*")],
        allowed_origins=[
            f"{scheme}://{form}" for name in names for scheme in ("http", "https") for form in (name, f"{name}:*")
        ],
    )


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Until SIGTERM or Ctrl-C. Port 0 takes any; the address is said on standard error. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()  # who reads the address below may call at once
        shown = f"[{host}]" if ":" in host else host
        sys.stderr.write(f"serving MCP at http://{shown}:{listening.getsockname()[1]}{PATH}\n")
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=MAX_CONNECTIONS,
            ws="none",
        )
        # When it has ended in order, uvicorn raises the signals again that ended it.
        before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            uvicorn.Server(config).run(sockets=[listening])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
