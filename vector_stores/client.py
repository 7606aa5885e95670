"""The connection to Qdrant: a server, or a folder that Qdrant's own client keeps without one.

Every call goes through `read` or `write`, which know what differs: the embedded store is not thread-safe (reads
included) and commits point by point, a server may be away for a moment. qdrant-client costs 1.6 s of CPU to import, so
nothing here imports it before `connect` is called.
"""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity

from foundation.errors import FailureCode, PermanentError, SettingsError, TransientError

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

T = TypeVar("T")

REQUEST_TIMEOUT_SECONDS = 60
#: A restarting server is away for seconds; longer outages are the queue's to wait out.
_ATTEMPTS = 4
_MAX_WAIT_SECONDS = 4.0
#: Answers that say the request itself is wrong, so that sending it again cannot help.
_REFUSALS = frozenset({400, 413, 422})


def connect(*, url: str | None, api_key: str | None, folder: Path | None) -> "QdrantConnection":
    """Open the server at `url`, or the store in `folder`.

    Raises SettingsError when the folder can't be made, and TransientError when it is in use: one process at a time may
    open it. A server is first spoken to with the first call.
    """
    from qdrant_client import QdrantClient

    if folder is not None:
        return QdrantConnection(_open_folder(str(folder)), embedded=True)
    client = QdrantClient(url=url, api_key=api_key, timeout=REQUEST_TIMEOUT_SECONDS, check_compatibility=False)
    return QdrantConnection(client, embedded=False)


def _open_folder(path: str) -> "QdrantClient":
    from qdrant_client import QdrantClient

    try:
        return QdrantClient(path=path, force_disable_check_same_thread=True)
    except OSError as error:
        raise SettingsError(f"QDRANT_LOCAL_PATH {path} cannot be used: {error.strerror}") from error
    except RuntimeError as error:
        if "already accessed" not in str(error):
            raise
        raise TransientError(
            FailureCode.STORE_FAILED,
            f"the embedded Qdrant folder {path} is in use by another process: stop that one, or run a Qdrant server"
            " and set QDRANT_URL",
            dependency="qdrant",
        ) from None


class QdrantConnection:
    """Calls to one Qdrant. Thread-safe. `embedded`: the store lives in this process and its folder."""

    def __init__(self, client: "QdrantClient", *, embedded: bool) -> None:
        self._client = client
        self.embedded = embedded
        self._lock = threading.RLock()
        # Also at the interpreter's exit: the embedded client can't close itself once modules are being torn down.
        self._close = weakref.finalize(self, client.close)

    def read(self, call: "Callable[[QdrantClient], T]") -> T:
        """What `call` answers. Raises errors.TransientError or PermanentError (`store_failed`)."""
        return self._run(call)

    def write(self, collection: str, call: "Callable[[QdrantClient], T]") -> T:
        """What `call` answers; what it writes to `collection` survives a kill as a whole or not at all, if embedded.

        A server applies a batch in order, and finishes after a restart what it has acknowledged. `call` may run
        several times, so that it must be idempotent.
        """
        if not self.embedded:
            return self._run(call)

        def in_one_transaction(client: "QdrantClient") -> T:
            with _transaction(client, collection):
                return call(client)

        return self._run(in_one_transaction)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Several calls of which no other thread sees a part, if embedded. A server's readers see each call."""
        with self._lock if self.embedded else nullcontext():
            yield

    def close(self) -> None:
        """Let the folder go, so that another process may open it."""
        with self._lock:
            self._close()

    def _run(self, call: "Callable[[QdrantClient], T]") -> T:
        if self.embedded:
            with self._lock, _typed_errors():
                return call(self._client)
        for attempt in _retries():
            with attempt, _typed_errors():
                return call(self._client)
        raise AssertionError("tenacity ends with a result or an error")


def _retries() -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        wait=tenacity.wait_random_exponential(multiplier=0.2, max=_MAX_WAIT_SECONDS),
        reraise=True,
    )


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
        if error.status_code in _REFUSALS:
            raise PermanentError(FailureCode.STORE_FAILED, message) from error
        raise TransientError(FailureCode.STORE_FAILED, message, dependency="qdrant") from error
    except ResponseHandlingException as error:
        message = f"Qdrant cannot be reached: {type(error.source).__name__}"
        raise TransientError(FailureCode.STORE_FAILED, message, dependency="qdrant") from error
    except (sqlite3.Error, OSError) as error:
        message = f"the embedded Qdrant folder cannot be used: {error}"
        raise TransientError(FailureCode.STORE_FAILED, message, dependency="qdrant") from error


def _reason(content: bytes) -> str:
    return content[:300].decode("utf-8", "replace")


class _BatchingConnection(sqlite3.Connection):
    """A connection whose `with` blocks don't commit while it is `held`: the client opens one around every point."""

    held = False

    def __exit__(self, kind: Any, value: Any, trace: Any) -> Any:
        # Not even a rollback on an error: it would take back points that the client has applied in memory.
        return False if self.held else super().__exit__(kind, value, trace)


@contextmanager
def _transaction(client: "QdrantClient", collection: str) -> Iterator[None]:
    """One SQLite transaction around everything that the embedded client writes to a collection.

    1,000 points commit in one fsync instead of 1,000, and a kill can't leave half a batch. The client has no switch for
    this, so its connection is replaced by one that knows. When the block fails, what it did is committed nevertheless:
    the client has applied it in memory already.
    """
    connection = _batching_connection(client, collection)
    if connection is None or connection.held:
        yield
        return
    connection.held = True
    try:
        yield
    finally:
        connection.held = False
        connection.commit()


def _batching_connection(client: "QdrantClient", collection: str) -> _BatchingConnection | None:
    """None in memory and for a collection that isn't there."""
    local: Any = client._client
    name = local.aliases.get(collection, collection)
    persistence = local.collections[name].storage if name in local.collections else None
    if persistence is None:
        return None
    if not isinstance(persistence.storage, _BatchingConnection):
        replaced = persistence.storage
        persistence.storage = sqlite3.connect(
            str(persistence.location), check_same_thread=False, factory=_BatchingConnection
        )
        replaced.close()
    connection: _BatchingConnection = persistence.storage
    return connection
