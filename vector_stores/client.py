"""The connection to Qdrant: calls that are tried again while a server is away for a moment, and errors that are ours.

qdrant-client costs 1.6 s of CPU to import, so nothing here imports it before `connect` is called.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity

from foundation.errors import DeploymentError, FailureCode, PermanentError, RefusedKeyError, TransientError
from vector_stores.layout import SERVER_DEFAULTS, Layout

if TYPE_CHECKING:
    import httpx
    from qdrant_client import QdrantClient, models

T = TypeVar("T")

REQUEST_TIMEOUT_SECONDS = 60
#: A restarting server is away for seconds; longer outages are the queue's to wait out.
ATTEMPTS = 4
_MAX_WAIT_SECONDS = 4.0
#: Points that are read at a time.
_SCROLL_POINTS = 1_000
#: Qdrant sends a compressed answer in pieces. On a connection that is kept, the second often waits until the first is
#: acknowledged, which systems put off for 40 ms.
_UNCOMPRESSED = {"Accept-Encoding": "identity"}
#: Answers that say the request itself is wrong, so that sending it again cannot help.
_REFUSALS = frozenset({400, 413, 422})
#: A key that is refused or may only read, a store that is locked for writing: a person has to act.
_CLOSED = frozenset({401, 403})
#: How a server says that its disk is full, with status 500.
_NO_ROOM = ("no space left", "disk full", "out of disk")
#: How it says, with status 400, that the collection takes other vectors than this model's: true of every document.
_OTHER_VECTORS = ("vector dimension error", "not existing vector name")


def connect(
    *,
    url: str,
    api_key: str | None = None,
    layout: Layout = SERVER_DEFAULTS,
    timeout_seconds: int = REQUEST_TIMEOUT_SECONDS,
    attempts: int = ATTEMPTS,
) -> "QdrantConnection":
    """A connection to the server at `url`, which is first spoken to with the first call.

    Collections that it makes get `layout`.
    """
    import httpx
    from qdrant_client import QdrantClient

    client = QdrantClient(
        url=url,
        api_key=api_key,
        timeout=timeout_seconds,
        check_compatibility=False,
        headers=dict(_UNCOMPRESSED),
        # Its own default makes a new connection for each call to a server on this machine.
        limits=httpx.Limits(max_connections=None),
        event_hooks={"response": [_let_go]},
    )
    return QdrantConnection(client, layout, attempts)


class QdrantConnection:
    """Calls to one Qdrant server. Thread-safe."""

    def __init__(self, client: "QdrantClient", layout: Layout = SERVER_DEFAULTS, attempts: int = ATTEMPTS) -> None:
        self._client = client
        self._attempts = attempts
        self.layout = layout

    def run(self, call: "Callable[[QdrantClient], T]") -> T:
        """What `call` answers. It may run several times, so that it must be idempotent.

        Raises errors.TransientError, DeploymentError or PermanentError (`store_failed`).
        """
        for attempt in _retries(self._attempts):
            with attempt, _typed_errors():
                return call(self._client)
        raise AssertionError("tenacity ends with a result or an error")

    def find(self, call: "Callable[[QdrantClient], T]") -> T | None:
        """As `run`; None when there is no such collection, which saves asking for it first."""
        from qdrant_client.http.exceptions import UnexpectedResponse

        def found(client: "QdrantClient") -> T | None:
            try:
                return call(client)
            except UnexpectedResponse as error:
                if error.status_code == HTTPStatus.NOT_FOUND:
                    return None
                raise

        return self.run(found)

    def scroll(self, collection: str, wanted: "models.Filter | None", fields: list[str]) -> "Iterator[models.Record]":
        """Every point that the filter lets through, in the order of the ids, with these fields of its payload, without
        vectors."""
        offset: Any = None
        while True:
            points, offset = self.run(
                lambda client, offset=offset: client.scroll(  # type: ignore[misc]
                    collection, wanted, limit=_SCROLL_POINTS, offset=offset, with_payload=fields
                )
            )
            yield from points
            if offset is None:
                return

    def close(self) -> None:
        """End the connections to the server."""
        self._client.close()


def _let_go(response: "httpx.Response") -> None:
    """Read an answer, and cut its way back to the request.

    httpx leaves a circle of references there. Until Python looks for circles, each request stays in memory, and the
    points of a document with it.
    """
    import httpx

    response.read()
    response.stream = httpx.ByteStream(b"")


def _retries(attempts: int) -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_worth_retrying),
        stop=tenacity.stop_after_attempt(attempts),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=_MAX_WAIT_SECONDS),
        reraise=True,
    )


def _is_worth_retrying(error: BaseException) -> bool:
    return isinstance(error, TransientError) and not isinstance(error, DeploymentError)


@contextmanager
def _typed_errors() -> Iterator[None]:
    """Qdrant's many errors as ours. Wrong use of the client (ValueError, TypeError) stays what it is."""
    from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

    try:
        yield
    except ResourceExhaustedResponse as error:
        raise TransientError(
            FailureCode.STORE_FAILED,
            "Qdrant asks to slow down",
            dependency="qdrant",
            retry_after_seconds=float(error.retry_after_s),
        ) from error
    except UnexpectedResponse as error:
        message = f"Qdrant answered {error.status_code}: {_reason(error.content)}"
        if error.status_code in _CLOSED:
            raise RefusedKeyError(FailureCode.STORE_FAILED, message, dependency="qdrant") from error
        if any(words in message.lower() for words in _NO_ROOM + _OTHER_VECTORS):
            raise DeploymentError(FailureCode.STORE_FAILED, message, dependency="qdrant") from error
        if error.status_code in _REFUSALS:
            raise PermanentError(FailureCode.STORE_FAILED, message) from error
        raise TransientError(FailureCode.STORE_FAILED, message, dependency="qdrant") from error
    except ResponseHandlingException as error:
        message = f"Qdrant cannot be reached: {type(error.source).__name__}"
        raise TransientError(FailureCode.STORE_FAILED, message, dependency="qdrant") from error


def _reason(content: bytes) -> str:
    return content[:300].decode("utf-8", "replace")
