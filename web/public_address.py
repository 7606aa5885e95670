"""One address for the panel: a visitor who comes by another name is sent to it.

Cookies and links belong to a host. A load balancer answers by its own name and by its address as well, and passes on
whatever a client calls it.
"""

from urllib.parse import urlsplit

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue

#: Load balancers ask it by an address.
HEALTH_PATH = "/health"


def install(app: Flask, public_url: str) -> None:
    """Send every request that names another host than `public_url` (scheme and host) there, but for health checks."""
    host = urlsplit(public_url).netloc

    @app.before_request
    def send_on() -> ResponseReturnValue | None:
        if request.host == host or request.path == HEALTH_PATH:
            return None
        return redirect(public_url + request.full_path.rstrip("?"), code=308)
