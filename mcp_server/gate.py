"""Who is let in over HTTP: the token MCP_TOKEN, which sees every document, and keys of the API with the scope read."""

import hmac

from anyio import to_thread
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from foundation.errors import TransientError
from ledger.api_keys import TOKEN_START
from ledger.key_checks import KeyChecks, KeyRefusedError, TooManyWrongKeysError
from mcp_server.caller import EVERYTHING, Caller

HEALTH_PATH = "/health"
#: As long as SECRET_KEY: `openssl rand -hex 16` makes one.
MIN_TOKEN_CHARACTERS = 32
#: Where a request's scope holds its Caller.
CALLER = "leafmill.caller"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_HOW = "Send MCP_TOKEN or a key of the API as `Authorization: Bearer …`."


class Gate:
    """Lets requests of known callers through, and says who they are; the health check needs nobody.

    `token` may be empty: then only keys are let in. `trusted_proxies` are those whose X-Forwarded-For is believed.
    """

    def __init__(self, app: ASGIApp, token: str, checks: KeyChecks, trusted_proxies: int = 0) -> None:
        self._app = app
        self._token = token.encode()
        self._checks = checks
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        if scope["path"] == HEALTH_PATH:
            await PlainTextResponse("ok\n")(scope, receive, send)
            return
        found = await self._identify(scope)
        if isinstance(found, Response):
            await found(scope, receive, send)
        else:
            await self._app({**scope, CALLER: found}, receive, send)

    async def _identify(self, scope: Scope) -> Caller | Response:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        scheme, _, secret = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        if scheme != b"Bearer":
            return _refused(401, _HOW, _CHALLENGE)
        # Takes as long for every wrong token of the same length.
        if self._token and hmac.compare_digest(secret, self._token):
            return EVERYTHING
        text = secret.decode("latin-1")
        if not text.startswith(TOKEN_START):
            return _refused(401, _HOW, _CHALLENGE)
        address = client_address(scope, self._trusted_proxies)
        return await to_thread.run_sync(self._of_key, text, address)

    def _of_key(self, text: str, address: str) -> Caller | Response:
        """May read the ledger."""
        checks = self._checks
        try:
            key = checks.identify(text, address)
        except KeyRefusedError as error:
            return _refused(401, str(error), _CHALLENGE)
        except TooManyWrongKeysError as error:
            return _refused(429, str(error), {"Retry-After": str(error.seconds)})
        except TransientError:
            return _refused(503, "The ledger, which knows the keys, does not answer.", {"Retry-After": "5"})
        if not key.allows("read"):
            return _refused(403, "This needs a key with the scope read.")
        quota = checks.take("requests", key.key_id)
        if not quota.is_admitted:
            return _refused(429, quota.refusal, {"Retry-After": str(quota.seconds)})

        def refusal_to_ask() -> str:
            quota = checks.take("questions", key.key_id)
            return "" if quota.is_admitted else quota.refusal

        return Caller(key.prefix, refusal_to_ask)


def client_address(scope: Scope, trusted_proxies: int) -> str:
    """Where a request comes from: what the outermost trusted proxy saw. Pure."""
    hops = [
        hop.strip()
        for name, value in scope["headers"]
        if name == b"x-forwarded-for"
        for hop in value.decode("latin-1").split(",")
    ]
    if 0 < trusted_proxies <= len(hops):
        return str(hops[-trusted_proxies])
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _refused(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(sentence + "\n", status, headers)
