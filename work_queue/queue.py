"""The port to SQS, and boto3 behind it.

Errors are typed by what the holder of a message must do: `StaleReceiptError` means that the message is definitely no
longer ours, errors.TransientError that nobody knows and it is worth asking again.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from foundation.aws import aws_errors, error_code

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

#: SQS gives a message to one receiver for at most this long, however often it is extended.
MAX_RECEIVE_SECONDS = 43_200
MAX_BATCH = 10
#: AWS takes 1 MiB since August 2025; compatible endpoints often still stop here.
MAX_MESSAGE_BYTES = 262_144
MAX_ATTRIBUTES = 10
#: How long SQS keeps messages of a queue that nobody set up otherwise. ElasticMQ keeps them all and tells nothing.
DEFAULT_RETENTION_SECONDS = 345_600

#: The answers of ChangeMessageVisibility and DeleteMessage that mean "not yours any more".
DEFINITE_LOSSES = frozenset({"MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"})


class StaleReceiptError(Exception):
    """SQS no longer knows this receipt: the message is visible, with another worker, or gone."""


@dataclass(frozen=True, slots=True)
class Message:
    """A received message. `receive_count` includes this receive; `sent_at` is epoch seconds by SQS's clock."""

    message_id: str
    receipt_handle: str = field(repr=False)
    body: str = field(repr=False)
    receive_count: int = 1
    sent_at: float = 0.0
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send; `attributes` are string attributes, at most ten."""

    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """What SQS counts: the body and every attribute's name, type and value."""
        named = sum(len(name.encode()) + len(value.encode()) + len("String") for name, value in self.attributes.items())
        return len(self.body.encode()) + named


@dataclass(frozen=True, slots=True)
class Backlog:
    """Approximate counts. SQS needs up to a minute to get them right."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        return self.visible + self.in_flight + self.delayed


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """How the queue is set up. `max_receive_count` None: it has no dead-letter queue of its own."""

    arn: str
    retention_seconds: int
    max_receive_count: int | None = None


class Queue(Protocol):
    """One queue. Thread-safe. Every method may raise errors.TransientError(dependency="aws")."""

    def receive(self, *, max_messages: int, wait_seconds: int, visibility_timeout_seconds: int) -> list[Message]:
        """At most ten messages; waits for the first one at most `wait_seconds` (0 to 20)."""

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        """Hide the message for `seconds` from now (0: give it back). Raises StaleReceiptError."""

    def delete(self, receipt_handle: str) -> None:
        """Delete the message. Raises StaleReceiptError where SQS notices; a stale receipt may also pass silently."""

    def send(self, message: Outgoing, *, delay_seconds: int = 0) -> str:
        """Returns the message id."""

    def send_batch(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        """Send at most ten, 256 KiB in all. Returns those that were refused: index → reason."""

    def backlog(self) -> Backlog: ...

    def facts(self) -> QueueFacts: ...


class SqsQueue:
    """A queue at AWS or any compatible endpoint."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self.url = url

    def receive(self, *, max_messages: int, wait_seconds: int, visibility_timeout_seconds: int) -> list[Message]:
        with aws_errors("receiving from the queue"):
            answer = self._client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=max_messages,
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=visibility_timeout_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                MessageAttributeNames=["All"],
            )
        return [_message(received) for received in answer.get("Messages", [])]

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        with aws_errors("extending a message"), _losses():
            self._client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )

    def delete(self, receipt_handle: str) -> None:
        with aws_errors("deleting a message"), _losses():
            self._client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt_handle)

    def send(self, message: Outgoing, *, delay_seconds: int = 0) -> str:
        with aws_errors("sending a message"):
            answer = self._client.send_message(
                QueueUrl=self.url,
                MessageBody=message.body,
                MessageAttributes=_attributes(message),
                DelaySeconds=delay_seconds,
            )
        return answer["MessageId"]

    def send_batch(self, messages: Sequence[Outgoing]) -> dict[int, str]:
        entries: list[Any] = [
            {"Id": str(index), "MessageBody": message.body, "MessageAttributes": _attributes(message)}
            for index, message in enumerate(messages)
        ]
        with aws_errors("sending messages"):
            answer = self._client.send_message_batch(QueueUrl=self.url, Entries=entries)
        return {
            int(failed["Id"]): f"{failed['Code']} {failed.get('Message', '')}" for failed in answer.get("Failed", [])
        }

    def backlog(self) -> Backlog:
        found = self._read_attributes(
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
        return Backlog(*(int(number) for number in found))

    def facts(self) -> QueueFacts:
        arn, retention, redrive = self._read_attributes("QueueArn", "MessageRetentionPeriod", "RedrivePolicy")
        return QueueFacts(arn, int(retention or DEFAULT_RETENTION_SECONDS), _max_receive_count(redrive))

    def _read_attributes(self, *names: str) -> list[str]:
        with aws_errors("reading the queue's attributes"):
            wanted: Any = list(names)
            answer = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=wanted)
        found: Mapping[str, str] = answer.get("Attributes", {})  # type: ignore[assignment]
        return [found.get(name, "") for name in names]


def whole_seconds(seconds: float) -> int:
    """SQS takes whole seconds: up, so that a lease never ends before its holder thinks it does."""
    return max(0, min(MAX_RECEIVE_SECONDS, math.ceil(seconds)))


def _max_receive_count(redrive_policy: str) -> int | None:
    return int(json.loads(redrive_policy)["maxReceiveCount"]) if redrive_policy else None


@contextmanager
def _losses() -> Iterator[None]:
    """Turn the definite losses into StaleReceiptError; older protocols put a namespace before the code."""
    try:
        yield
    except ClientError as error:
        code = error_code(error).rpartition(".")[2]
        if code in DEFINITE_LOSSES:
            raise StaleReceiptError(code) from None
        raise


def _message(received: Mapping[str, Any]) -> Message:
    system = received.get("Attributes", {})
    return Message(
        message_id=received["MessageId"],
        receipt_handle=received["ReceiptHandle"],
        body=received["Body"],
        receive_count=int(system.get("ApproximateReceiveCount", 1)),
        sent_at=int(system.get("SentTimestamp", 0)) / 1_000,
        attributes={
            name: value["StringValue"]
            for name, value in received.get("MessageAttributes", {}).items()
            if "StringValue" in value
        },
    )


def _attributes(message: Outgoing) -> dict[str, Any]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()}
