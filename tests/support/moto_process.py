"""The moto_server of the tests: copies stacks, and waits a tenth as long for messages.

Making a stack takes 15 calls and 70 ms of CPU, and hundreds of tests ask for one. A copy takes one call and 2 ms: the
bucket, queues and table that were made first, as they were then, under a new name.

A worker that runs until its queue is empty asks twice for a second each, and the suite runs hundreds of workers. How
long a worker asks SQS to wait is a setting, which the service is free to cut short.

    python -m tests.support.moto_process PORT     takes the options of the development server
"""

import functools
import io
import pickle
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import unix_time_millis
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from moto.sqs.models import Queue, SQSBackend, sqs_backends

from development_stack import moto_process
from development_stack.moto_process import KeptMotoHandler
from tests.support.moto_copies import COPIES

SHARE_OF_WAIT = 0.1


class CopyingRequestHandler(KeptMotoHandler):
    """Answers `PUT /test-stacks/OLD/NEW` itself."""

    def _answer(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        if not environ["PATH_INFO"].startswith(COPIES):
            return super()._answer(environ)
        old, new = environ["PATH_INFO"].removeprefix(COPIES).split("/")
        _register(_pickled(old).replace(old.encode(), new.encode()))
        return "200 OK", [("Content-Type", "text/plain")], b"copied"


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        return (threading.Condition, ()) if isinstance(value, threading.Condition) else NotImplemented


def _registries() -> Iterator[dict[str, Any]]:
    """What holds moto's buckets, queues and tables, by their names."""
    yield s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets
    yield sqs_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].queues
    yield dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].tables


@functools.cache
def _pickled(stack: str) -> bytes:
    written = io.BytesIO()
    _Pickler(written).dump(
        [{name: one for name, one in registry.items() if stack in name} for registry in _registries()]
    )
    return written.getvalue()


def _register(stack: bytes) -> None:
    buckets, queues, tables = parts = pickle.loads(stack)
    assert (len(buckets), len(queues), len(tables)) == (1, 2, 1)
    for queue in queues.values():
        for message in queue._messages:
            message.id, message.sent_timestamp = str(uuid.uuid4()), int(unix_time_millis())
    for name in buckets:
        s3_backends.bucket_accounts[name] = ("aws", DEFAULT_ACCOUNT_ID)
    for registry, made in zip(_registries(), parts, strict=True):
        registry.update(made)


def wait_shorter() -> None:
    """From now on, in this process."""
    receive, wait = SQSBackend.receive_message, Queue.wait_for_messages

    def receive_message(backend: Any, name: str, count: int, seconds: float, *rest: Any, **named: Any) -> Any:
        return receive(backend, name, count, seconds * SHARE_OF_WAIT, *rest, **named)  # type: ignore[arg-type]

    def wait_for_messages(queue: Any, seconds: float) -> None:
        wait(queue, seconds * SHARE_OF_WAIT)  # type: ignore[arg-type]

    SQSBackend.receive_message = receive_message  # type: ignore[assignment,method-assign]
    Queue.wait_for_messages = wait_for_messages  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    wait_shorter()
    moto_process.KeptMotoHandler = CopyingRequestHandler  # type: ignore[misc]
    moto_process.main()
