"""Where events go: an EventBridge bus or an SNS topic. Each takes up to ten at once and says which it did not take."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from foundation.aws import aws_errors

#: What PutEvents and PublishBatch take.
MAX_BATCH = 10
#: `source` of every event on a bus, for rules.
BUS_SOURCE = "leafmill"

Message = Mapping[str, Any]


class Target(Protocol):
    """Takes events, at most MAX_BATCH at once."""

    def send(self, messages: Sequence[Message]) -> dict[str, str]:
        """The ids of those that were not taken, with the service's reason. Raises errors.TransientError when it took
        none, or didn't answer."""


class EventBus:
    """An EventBridge bus. The detail is the CloudEvent, the detail type its type."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def send(self, messages: Sequence[Message]) -> dict[str, str]:
        with aws_errors("sending events"):
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._arn,
                        "Source": BUS_SOURCE,
                        "DetailType": message["type"],
                        "Detail": _text(message),
                        "Time": datetime.fromisoformat(message["time"]),
                    }
                    for message in messages
                ]
            )
        # In the order of the request.
        pairs = zip(messages, answer["Entries"], strict=True)
        return {message["id"]: entry["ErrorCode"] for message, entry in pairs if entry.get("ErrorCode")}


class Topic:
    """An SNS topic. The message is the CloudEvent, its type an attribute for filter policies.

    In a FIFO topic (`….fifo`) a document is a group, and the event's id what SNS recognises a repetition by.
    """

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def send(self, messages: Sequence[Message]) -> dict[str, str]:
        with aws_errors("sending events"):
            answer = self._client.publish_batch(
                TopicArn=self._arn, PublishBatchRequestEntries=[self._entry(message) for message in messages]
            )
        return {failed["Id"]: failed["Code"] for failed in answer.get("Failed", [])}

    def _entry(self, message: Message) -> Any:
        entry = {
            "Id": message["id"],
            "Message": _text(message),
            "MessageAttributes": {"type": {"DataType": "String", "StringValue": message["type"]}},
        }
        if self._arn.endswith(".fifo"):
            entry |= {"MessageGroupId": message["data"]["document_id"], "MessageDeduplicationId": message["id"]}
        return entry


def _text(message: Message) -> str:
    """In ASCII: SNS refuses characters that XML doesn't have, and a key may have any."""
    return json.dumps(message, separators=(",", ":"))
