"""The MCP server over HTTP: who may ask (`gate.py`), and by which name (Host and Origin).

A web page that a user visits can send requests to this machine, by a name that it makes point here (DNS rebinding). It
knows no token and no key, and the SDK refuses names and origins that aren't ours.
"""

import signal
import socket
import sys
from collections.abc import Callable, Sequence

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp

from mcp_server.gate import Gate
from mcp_server.server import Server

PATH = "/mcp"
#: A call's arguments are a question and a few numbers.
MAX_BODY_BYTES = 256 << 10
#: Calls at once; more get 503.
MAX_CONNECTIONS = 64
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
_EVERY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 (compared with, not bound to)


def application(server: Server, gate: Callable[[ASGIApp], Gate], host: str, allowed_hosts: Sequence[str]) -> ASGIApp:
    """The ASGI application behind its gate. Each request stands for itself: no session can be stolen."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MAX_BODY_BYTES,
        transport_security=allowed(host, allowed_hosts),
        host=host,
    )
    return gate(app)


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
