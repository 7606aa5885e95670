"""What AWS answers and moto never does, told to botocore by a stub: lost receipts, throttling, message moves."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from foundation.errors import TransientError
from work_queue import dead_letters
from work_queue.dead_letters import Moved, move_all
from work_queue.queue import DEFAULT_RETENTION_SECONDS, Outgoing, QueueFacts, SqsQueue, StaleReceiptError

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/q"


@pytest.fixture
def sqs() -> Any:
    return boto3.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def stub(sqs: Any) -> Iterator[Stubber]:
    with Stubber(sqs) as stub:
        yield stub


@pytest.mark.parametrize(
    "code",
    [
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
    ],
)
def test_definite_losses(sqs: Any, stub: Stubber, code: str) -> None:
    stub.add_client_error("change_message_visibility", code)
    with pytest.raises(StaleReceiptError, match=code.rpartition(".")[2]):
        SqsQueue(sqs, URL).change_visibility("r", 10)


@pytest.mark.parametrize("code", ["RequestThrottled", "InternalError", "ServiceUnavailable", "AccessDenied"])
def test_what_says_nothing_about_the_message_is_no_loss(sqs: Any, stub: Stubber, code: str) -> None:
    stub.add_client_error("change_message_visibility", code)
    with pytest.raises(TransientError, match=f"extending a message: .*{code}"):
        SqsQueue(sqs, URL).change_visibility("r", 10)


def test_a_queue_that_tells_no_retention_has_the_usual_one(sqs: Any, stub: Stubber) -> None:
    """ElasticMQ's."""
    stub.add_response("get_queue_attributes", {"Attributes": {"QueueArn": "a"}})
    assert SqsQueue(sqs, URL).facts() == QueueFacts("a", DEFAULT_RETENTION_SECONDS, None)


def test_a_refused_part_of_a_batch_is_told_by_its_index(sqs: Any, stub: Stubber) -> None:
    sent = {"Id": "0", "MessageId": "m", "MD5OfMessageBody": "d"}
    failed = {"Id": "1", "SenderFault": False, "Code": "InternalError", "Message": "try again"}
    stub.add_response("send_message_batch", {"Successful": [sent], "Failed": [failed]})
    assert SqsQueue(sqs, URL).send_batch([Outgoing("a"), Outgoing("b")]) == {1: "InternalError try again"}


def test_sqs_moves_all_dead_letters_itself(sqs: Any, stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "MOVE_POLL_SECONDS", 0)
    running = {"TaskHandle": "t", "Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 3}
    completed = {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 7}  # AWS tells the handle while it runs
    stub.add_response("start_message_move_task", {"TaskHandle": "t"}, {"SourceArn": "s", "DestinationArn": "d"})
    stub.add_response("list_message_move_tasks", {"Results": [running]})
    stub.add_response("list_message_move_tasks", {"Results": [completed]})
    assert move_all(sqs, source_arn="s", destination_arn="d") == Moved(7, "task")


def test_a_move_that_fails_half_way_is_an_error(sqs: Any, stub: Stubber) -> None:
    failed = {"Status": "FAILED", "ApproximateNumberOfMessagesMoved": 2, "FailureReason": "AccessDenied"}
    stub.add_response("start_message_move_task", {"TaskHandle": "t"})
    stub.add_response("list_message_move_tasks", {"Results": [failed]})
    with pytest.raises(TransientError, match="stopped after 2 messages: AccessDenied"):
        move_all(sqs, source_arn="s", destination_arn="d")


def test_a_queue_that_may_not_be_moved_is_an_error_and_not_a_missing_feature(sqs: Any, stub: Stubber) -> None:
    stub.add_client_error("start_message_move_task", "AccessDenied", http_status_code=403)
    with pytest.raises(TransientError, match=r"redriving: .*AccessDenied"):
        move_all(sqs, source_arn="s", destination_arn="d")
