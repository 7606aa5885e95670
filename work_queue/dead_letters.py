"""What can be done with quarantined messages: list, show, redrive, purge.

SQS can't be browsed: a message is seen by receiving it, which hides it for a while. So everything here receives the
whole queue under one visibility time-out, and makes visible again what it leaves there.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from foundation.aws import aws_errors, error_code
from foundation.errors import FailureCode, TransientError
from foundation.failure_codes import code_today, is_meant_by
from work_queue.messages import Job, ParsedMessage
from work_queue.queue import MAX_BATCH, Message, Outgoing, Queue, StaleReceiptError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

#: Hides what is being looked at. Long enough to look through many, short enough when we die meanwhile.
VISIBILITY_TIMEOUT_SECONDS = 120
#: Receives that find nothing new, in a row, until the queue counts as seen: standard queues answer from a sample.
EMPTY_RECEIVES = 2
MOVE_POLL_SECONDS = 1.0
#: How endpoints say that they know no message moves (moto: 500).
_CANT_MOVE = frozenset({"UnsupportedOperation", "NotImplemented", "InvalidAction"})
#: What the worker put on the message when it gave up; a second life starts without it.
_LABELS = frozenset({"error_code", "reason", "worker", "receive_count", "s3_key", "message_id"})


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A quarantined message. `message_id` is its id in the dead-letter queue, `original_id` the one that logs have."""

    message_id: str
    original_id: str
    s3_keys: tuple[str, ...]
    code: str
    reason: str
    first_seen: str
    worker: str
    receive_count: int
    body: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which dead letters are meant: all that match every part that is given."""

    code: str | None = None  # one that a failure had in version 0.1.0 finds it, too
    s3_key: str | None = None  # a part of the key is enough
    message_id: str | None = None  # the beginning of either id is enough
    message_ids: frozenset[str] | None = None  # any of these in the dead-letter queue, whole

    @property
    def is_empty(self) -> bool:
        return self == Filter()

    def matches(self, letter: DeadLetter) -> bool:
        return (
            (self.code is None or is_meant_by(self.code, letter.code, letter.reason))
            and (self.s3_key is None or any(self.s3_key in key for key in letter.s3_keys))
            and (self.message_ids is None or letter.message_id in self.message_ids)
            and (self.message_id is None or self._is_meant(letter.message_id) or self._is_meant(letter.original_id))
        )

    def names_exactly(self, letter: DeadLetter) -> bool:
        """For what can't be taken back: `store_failed` then means nothing but failures of the store."""
        return self.matches(letter) and self.code in (None, letter.code, code_today(letter.code, letter.reason))

    def _is_meant(self, message_id: str) -> bool:
        return bool(self.message_id) and message_id.startswith(self.message_id or "")


@dataclass(frozen=True, slots=True)
class Moved:
    """How many messages were redriven, and whether SQS did it (`task`) or we did, one by one (`copy`)."""

    count: int
    how: Literal["task", "copy"]


class DeadLetters:
    """The dead-letter queue of `queue`. `parse` is `messages.parse` for our bucket; it finds keys in bodies."""

    def __init__(self, dead_letters: Queue, queue: Queue, parse: Callable[[str], ParsedMessage]) -> None:
        self._dead_letters = dead_letters
        self._queue = queue
        self._parse = parse

    def count(self) -> int:
        """Approximate, as SQS's counts are."""
        return self._dead_letters.backlog().total

    def letters(self, chosen: Filter = Filter(), limit: int | None = None) -> list[DeadLetter]:
        """What is there, and stays there. Raises TransientError."""
        found: list[DeadLetter] = []
        with self._browsed() as messages:
            for message in messages:
                letter = self._letter(message)
                if chosen.matches(letter):
                    found.append(letter)
                if limit and len(found) >= limit:
                    break
        return found

    def show(self, message_id: str) -> DeadLetter | None:
        """One, by either of its ids."""
        return next(iter(self.letters(Filter(message_id=message_id), limit=1)), None)

    def redrive(self, chosen: Filter = Filter()) -> Moved:
        """Put those that match back into the queue, with their bodies unchanged and their past removed.

        Messages that ask for the same are sent back as one: each attempt that failed has left one behind. Dying between
        sending and deleting leaves a message in both queues; its document is then found to be done.
        """
        return Moved(sum(self._take_out(chosen, send_back=True)), "copy")

    def purge(self, chosen: Filter = Filter()) -> int:
        """Delete those that match exactly, for good. Returns how many."""
        return sum(self._take_out(chosen, send_back=False))

    def _take_out(self, chosen: Filter, *, send_back: bool) -> Iterator[int]:
        sent: set[tuple[Job, ...]] = set()
        with self._browsed() as messages:
            for message in messages:
                letter = self._letter(message)
                if not (chosen.matches(letter) if send_back else chosen.names_exactly(letter)):
                    continue
                asked = tuple(replace(job, run_id=None) for job in self._parse(message.body).jobs)
                is_repeated = send_back and bool(asked) and asked in sent
                sent.add(asked)
                if send_back and not is_repeated:
                    kept = {name: value for name, value in message.attributes.items() if name not in _LABELS}
                    self._queue.send(Outgoing(message.body, kept))
                try:
                    self._dead_letters.delete(message.receipt_handle)
                except StaleReceiptError:
                    continue  # somebody else has taken it out meanwhile
                yield 0 if is_repeated else 1

    @contextmanager
    def _browsed(self) -> Iterator[Iterator[Message]]:
        """Every message once; afterwards all that were not deleted are visible again."""
        received: list[Message] = []
        try:
            yield self._receive_all(received)
        finally:
            for message in received:
                try:
                    self._dead_letters.change_visibility(message.receipt_handle, 0)
                except (StaleReceiptError, TransientError):
                    continue  # deleted, or visible again in a while anyway

    def _receive_all(self, received: list[Message]) -> Iterator[Message]:
        seen: set[str] = set()
        empty = 0
        while empty < EMPTY_RECEIVES:
            batch = self._dead_letters.receive(
                max_messages=MAX_BATCH, wait_seconds=1, visibility_timeout_seconds=VISIBILITY_TIMEOUT_SECONDS
            )
            received += batch
            new = [message for message in batch if message.message_id not in seen]
            seen.update(message.message_id for message in new)
            empty = 0 if new else empty + 1
            yield from new

    def _letter(self, message: Message) -> DeadLetter:
        parsed = self._parse(message.body)
        told = message.attributes
        keys = tuple(dict.fromkeys(job.s3_key for job in parsed.jobs)) or (
            (told["s3_key"],) if "s3_key" in told else ()
        )
        return DeadLetter(
            message_id=message.message_id,
            original_id=told.get("message_id", message.message_id),
            s3_keys=keys,
            code=told.get("error_code", "redrive_policy"),
            reason=told.get("reason", "received too often without an outcome, so that SQS moved it here itself"),
            first_seen=told.get("first_seen", ""),
            worker=told.get("worker", ""),
            receive_count=_number(told.get("receive_count", "")),
            body=message.body,
        )


def _number(text: str) -> int:
    """The sender of the message may have given its attributes other meanings."""
    return int(text) if text.isdecimal() else 0


def move_all(client: "SQSClient", *, source_arn: str, destination_arn: str) -> Moved | None:
    """Let SQS itself move the whole dead-letter queue back, however large; None when the endpoint can't.

    The destination is always named: SQS knows no source queue of messages that were sent to the dead-letter queue
    rather than moved there by the redrive policy. Raises TransientError when the move fails half-way.
    """
    try:
        client.start_message_move_task(SourceArn=source_arn, DestinationArn=destination_arn)
    except ClientError as error:
        if (
            error_code(error).rpartition(".")[2] in _CANT_MOVE
            or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
        ):
            return None
        with aws_errors("redriving"):
            raise
    while True:
        with aws_errors("following the redrive"):
            # One move a queue at a time, and the newest comes first.
            tasks = client.list_message_move_tasks(SourceArn=source_arn, MaxResults=1)["Results"]
        task = tasks[0] if tasks else {"Status": "RUNNING"}
        moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        if task["Status"] == "COMPLETED":
            return Moved(moved, "task")
        if task["Status"] not in ("RUNNING", "CANCELLING"):
            reason = task.get("FailureReason", task["Status"])
            raise TransientError(
                FailureCode.INTERNAL, f"redriving stopped after {moved} messages: {reason}", dependency="aws"
            )
        time.sleep(MOVE_POLL_SECONDS)
