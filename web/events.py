"""Server-sent events: a live view is a thread that looks at the shared snapshot once a second and sends what changed.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from flask import Response, request, stream_with_context

from foundation.errors import TransientError
from web.problems import ProblemError, away

LOOK_SECONDS = 1.0
#: Proxies drop connections that say nothing.
HEARTBEAT_SECONDS = 15.0
#: The browser comes back by itself; this lets threads and sessions end.
MAX_VIEW_SECONDS = 600.0
#: What the browser waits before it comes back.
RETRY_MILLISECONDS = 2_000

log = structlog.get_logger("web")


@dataclass(frozen=True, slots=True)
class Event:
    """`name` is what the browser listens for."""

    name: str
    data: Any


class Viewers:
    """How many live views (or answers) there are, each of which holds a thread of the server. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self._places = threading.BoundedSemaphore(limit)
        self.closing = threading.Event()

    def take(self) -> bool:
        """Take a place for an answer that isn't streamed, to be given back; False when all are taken."""
        return self._places.acquire(blocking=False)

    def give_back(self) -> None:
        self._places.release()

    def stream(self, events: Iterator[Event | None]) -> Response:
        """An answer that sends `events` as they come (None: nothing new). Raises ProblemError(503) when all are taken.

        The iterator is closed when the viewer leaves.
        """
        if not self._places.acquire(blocking=False):
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, "too_many_viewers", "Too many live views. Reload in a while."
            )
        try:
            response = Response(stream_with_context(_encode(events)), mimetype="text/event-stream")
        except BaseException:
            self._places.release()
            raise
        # Not in the generator: one that never started would not release.
        response.call_on_close(self._places.release)
        response.headers["X-Accel-Buffering"] = "no"
        return response

    def ticks(self) -> Iterator[None]:
        """Once a second, until the viewer leaves or it is time for the browser to come back."""
        ends_at = time.monotonic() + MAX_VIEW_SECONDS
        while time.monotonic() < ends_at and not _has_left(request.environ.get("gunicorn.socket")):
            yield
            if self.closing.wait(LOOK_SECONDS):
                return


def _has_left(peer: socket.socket | None) -> bool:
    """Whether the browser closed its side. Writing would tell too, but only at the second heartbeat after it left.

    Other servers than gunicorn don't show their socket: there, writing has to do.
    """
    if peer is None:
        return False
    try:
        return peer.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False  # connected, and silent
    except (OSError, ValueError) as error:
        return isinstance(error, OSError)  # ValueError: a TLS socket can't peek


def _encode(events: Iterator[Event | None]) -> Iterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    quiet_since = time.monotonic()
    try:
        for event in events:
            if event is not None:
                yield encode(event)
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > HEARTBEAT_SECONDS:
                yield ": still here\n\n"
                quiet_since = time.monotonic()
    except TransientError as error:
        log.warning("live view ended", reason=str(error))
        yield encode(Event("error", {"message": away(error)}))
    except Exception:
        log.exception("live view failed")
        yield encode(Event("error", {"message": "Something is wrong here. The log has the details."}))
    finally:
        with suppress(AttributeError):
            events.close()  # type: ignore[attr-defined]


def encode(event: Event) -> str:
    return f"event: {event.name}\ndata: {json.dumps(event.data, default=str)}\n\n"
