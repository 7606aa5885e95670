"""`/api/v1`: what other programs call, with keys of their own. It never takes the panel's session or token.

One address is all that the panel registers. What answers it is imported with the first request.
"""

from flask import Flask
from flask.typing import ResponseReturnValue

PREFIX = "/api/v1"
ENDPOINT = "api_v1"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def install(app: Flask) -> None:
    """Give `/api/v1` and all below it to the API, with every method, so that each refusal is the API's own."""
    for rule in (PREFIX, f"{PREFIX}/", f"{PREFIX}/<path:rest>"):
        app.add_url_rule(
            rule,
            ENDPOINT,
            _answer,
            methods=_METHODS,
            provide_automatic_options=False,
            merge_slashes=False,
            strict_slashes=True,
        )


def _answer(rest: str = "") -> ResponseReturnValue:
    from web.api.dispatch import answer

    return answer(f"/{rest}")
