"""What other programs get: a bus and a topic, each with a queue behind it that shows what arrived."""

import json
import uuid
from dataclasses import dataclass
from typing import Any, Literal

from composition.aws import make_event_client
from composition.parts import Parts

Kind = Literal["eventbridge", "sns", "fifo"]


@dataclass
class Receiver:
    """`arn` is what EVENTS_TARGET_ARN has to be."""

    arn: str
    _parts: Parts
    _queue_url: str

    def received(self) -> list[dict[str, Any]]:
        """What arrived since the last call, as CloudEvents, in the order of the queue."""
        sqs, found = self._parts.aws.sqs, []
        while messages := sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                found.append(body["detail"] if "detail" in body else json.loads(body["Message"]))
                sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def envelopes(self) -> list[dict[str, Any]]:
        """As `received`, with what the service put around it."""
        messages = self._parts.aws.sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10)["Messages"]
        return [json.loads(message["Body"]) for message in messages]


def make_receiver(parts: Parts, kind: Kind = "eventbridge") -> Receiver:
    """A bus whose rule takes every event of ours, or a topic with a subscription."""
    name = f"events-{uuid.uuid4().hex[:10]}"
    suffix, attributes = (".fifo", {"FifoQueue": "true"}) if kind == "fifo" else ("", {})
    sqs = parts.aws.sqs
    queue_url = sqs.create_queue(QueueName=name + suffix, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    region = parts.settings.aws_region
    if kind == "eventbridge":
        events = make_event_client(parts.settings, "events", region)
        arn = events.create_event_bus(Name=name)["EventBusArn"]
        events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": ["leafmill"]}))
        events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": queue_arn}])
    else:
        sns = make_event_client(parts.settings, "sns", region)
        fifo = {"FifoTopic": "true", "ContentBasedDeduplication": "false"} if kind == "fifo" else {}
        arn = sns.create_topic(Name=name + suffix, Attributes=fifo)["TopicArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    return Receiver(arn, parts, queue_url)
