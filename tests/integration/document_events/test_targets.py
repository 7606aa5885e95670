"""What EventBridge and SNS answer when they take some events only, or none: boto3 over HTTP, their own words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from composition.aws import EVENT_MAX_ATTEMPTS, make_event_client
from config import Settings
from document_events.targets import EventBus, Target, Topic
from foundation.errors import TransientError

MESSAGES: list[dict[str, Any]] = [
    {"id": f"id-{number}", "type": "document.failed", "time": "2026-11-28T14:00:00.000Z", "data": {"document_id": "d"}}
    for number in range(3)
]
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/mine"
TOPIC = "arn:aws:sns:us-east-1:123456789012:mine"
SOME_TAKEN_BY_A_BUS = json.dumps({
    "FailedEntryCount": 1,
    "Entries": [{"EventId": "1"}, {"ErrorCode": "ThrottlingException", "ErrorMessage": "slower"}, {"EventId": "3"}],
})  # fmt: skip
SOME_TAKEN_BY_A_TOPIC = """<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>
<Successful><member><Id>id-0</Id><MessageId>1</MessageId></member><member><Id>id-2</Id><MessageId>3</MessageId></member>
</Successful><Failed><member><Id>id-1</Id><Code>Throttled</Code><SenderFault>false</SenderFault></member></Failed>
</PublishBatchResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishBatchResponse>"""
THROTTLED_BY_A_BUS = json.dumps({"__type": "ThrottlingException", "message": "slower"})
THROTTLED_BY_A_TOPIC = """<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>
<Code>Throttling</Code><Message>slower</Message></Error><RequestId>r</RequestId></ErrorResponse>"""


class Service:
    """Answers every request so, and counts them."""

    def __init__(self, server: HTTPServer) -> None:
        self.answer, self.status, self.requests = "", 200, 0
        self.url = server.url_for("")
        server.expect_request("/").respond_with_handler(self._respond)

    def _respond(self, request: Request) -> Response:
        self.requests += 1
        return Response(self.answer, status=self.status)

    def target(self, kind: str) -> Target:
        settings = Settings.model_validate({
            "aws_s3_bucket_name": "b", "sqs_queue_url": "q", "sqs_dlq_url": "d", "status_table_name": "t",
            "qdrant_url": "http://q:6333", "aws_endpoint_url": self.url, "aws_access_key_id": "test",
            "aws_secret_access_key": "test", "enrichment": "extractive", "embedding_provider": "static",
        })  # fmt: skip
        if kind == "bus":
            return EventBus(make_event_client(settings, "events", "us-east-1"), BUS)
        return Topic(make_event_client(settings, "sns", "us-east-1"), TOPIC)


@pytest.fixture
def service() -> Iterator[Service]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield Service(server)


@pytest.mark.parametrize(
    ("kind", "answer", "reason"),
    [("bus", SOME_TAKEN_BY_A_BUS, "ThrottlingException"), ("topic", SOME_TAKEN_BY_A_TOPIC, "Throttled")],
)
def test_those_that_were_not_taken_are_named(service: Service, kind: str, answer: str, reason: str) -> None:
    """The call itself succeeds: a sender that looks at its status alone loses them."""
    service.answer = answer
    assert service.target(kind).send(MESSAGES) == {"id-1": reason}
    assert service.requests == 1


@pytest.mark.parametrize(("kind", "answer"), [("bus", THROTTLED_BY_A_BUS), ("topic", THROTTLED_BY_A_TOPIC)])
@pytest.mark.parametrize("status", [400, 503])
def test_a_refusal_of_all_is_an_error_after_bounded_tries(
    service: Service, kind: str, answer: str, status: int
) -> None:
    service.answer, service.status = answer, status
    with pytest.raises(TransientError):
        service.target(kind).send(MESSAGES)
    assert service.requests == EVENT_MAX_ATTEMPTS


@pytest.mark.parametrize("kind", ["bus", "topic"])
def test_a_service_that_is_not_there_is_an_error(service: Service, kind: str) -> None:
    service.url = "http://127.0.0.1:9"
    with pytest.raises(TransientError):
        service.target(kind).send(MESSAGES)
