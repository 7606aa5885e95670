"""The producer: puts bulk messages into the queue, ten at a time, in constant memory."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from foundation.errors import FailureCode, TransientError
from foundation.store_names import StoreName
from ledger.records import CacheBehavior
from work_queue.queue import MAX_BATCH, MAX_MESSAGE_BYTES, Outgoing, Queue

#: A message that SQS refuses is sent again this often, with growing pauses.
MAX_SENDS = 5
BASE_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A document to process although nothing happened to it. `target_stores` None: the worker's default."""

    s3_key: str
    target_stores: tuple[StoreName, ...] | None = None
    cache_behavior: CacheBehavior = "use"
    run_id: str | None = None

    def body(self) -> str:
        """As `messages.parse` reads it. Escaped, because SQS refuses some characters that keys may have."""
        fields: dict[str, object] = {"s3_key": self.s3_key, "cache_behavior": self.cache_behavior}
        if self.target_stores is not None:
            fields["target_stores"] = list(self.target_stores)
        if self.run_id:
            fields["run_id"] = self.run_id
        return json.dumps(fields)


def enqueue(queue: Queue, request: BulkRequest) -> str:
    """Send one message. Returns its id; raises TransientError."""
    return queue.send(Outgoing(request.body()))


def enqueue_many(
    queue: Queue, requests: Iterable[BulkRequest], *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[int]:
    """Send a message for every request, and yield how many are sent so far after every batch.

    Takes from `requests` only what the next batch needs. Raises TransientError when a message is refused for good:
    everything that was counted before is sent.
    """
    sent = 0
    for batch in _batches(Outgoing(request.body()) for request in requests):
        _send(queue, batch, sleep)
        sent += len(batch)
        yield sent


def _batches(messages: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """Cut into batches that SQS takes: ten messages, 256 KiB in all."""
    batch: list[Outgoing] = []
    size_bytes = 0
    for message in messages:
        if batch and (len(batch) == MAX_BATCH or size_bytes + message.size_bytes > MAX_MESSAGE_BYTES):
            yield batch
            batch, size_bytes = [], 0
        batch.append(message)
        size_bytes += message.size_bytes
    if batch:
        yield batch


def _send(queue: Queue, batch: Sequence[Outgoing], sleep: Callable[[float], None]) -> None:
    """SQS may take a part of a batch and refuse the rest: only the rest is sent again."""
    left = list(batch)
    for attempt in range(MAX_SENDS):
        if attempt:
            sleep(BASE_PAUSE_SECONDS * 2.0 ** (attempt - 1))
        refused = queue.send_batch(left)
        if not refused:
            return
        left = [left[index] for index in sorted(refused)]
    reasons = ", ".join(sorted(set(refused.values())))
    raise TransientError(
        FailureCode.INTERNAL, f"{len(left)} messages refused by the queue: {reasons}", dependency="aws"
    )
