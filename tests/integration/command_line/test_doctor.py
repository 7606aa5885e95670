"""`doctor` against real services: a stack that is whole, and one with a part missing at a time."""

import json
import os
from typing import Any

import pytest

from command_line.doctor.command import doctor
from composition.parts import Parts
from config import Settings
from ledger import ClaimRequest, Claims, DocumentResult, DocumentState
from tests.support.commands import invoke
from tests.support.event_receivers import Kind, make_receiver


@pytest.fixture(autouse=True)
def _no_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_FILE", os.devnull)


def examined() -> tuple[int, dict[str, dict[str, Any]]]:
    done = invoke(doctor, "--json")
    # Where logs are not set up, as here, structlog prints to standard output.
    findings = json.loads(done.stdout[done.stdout.index("{") :])["findings"]
    return done.exit_code, {finding["subject"]: finding for finding in findings}


def test_a_whole_stack_is_well() -> None:
    code, found = examined()
    assert code == 0, found
    for subject in ("settings", "bucket", "events", "queue", "redrive policy", "dead-letter queue", "table", "disk"):
        assert found[subject]["verdict"] == "ok", found[subject]


@pytest.mark.parametrize(
    ("setting", "value", "subject"),
    [
        ("AWS_S3_BUCKET_NAME", "no-such-bucket", "bucket"),
        ("STATUS_TABLE_NAME", "no-such-table", "table"),
        ("SQS_QUEUE_URL", "{endpoint}/123456789012/no-such-queue", "queue"),
        ("SQS_DLQ_URL", "{endpoint}/123456789012/no-such-queue", "dead-letter queue"),
    ],
)
def test_what_is_missing_is_named_with_setting_value_address_and_next_step(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, subject: str
) -> None:
    value = value.format(endpoint=settings.aws_endpoint_url)
    monkeypatch.setenv(setting, value)
    code, found = examined()
    assert code == 1
    finding = found[subject]
    assert (finding["verdict"], finding["setting"], finding["value"]) == ("wrong", setting, value)
    assert finding["address"] == settings.aws_endpoint_url
    assert setting in finding["next_step"]
    assert value in finding["message"]


def test_parts_that_do_not_fit_together_are_found(parts: Parts) -> None:
    settings = parts.settings
    parts.aws.sqs.set_queue_attributes(
        QueueUrl=settings.sqs_queue_url, Attributes={"RedrivePolicy": "", "VisibilityTimeout": "7"}
    )
    parts.aws.s3.put_bucket_notification_configuration(Bucket=settings.aws_s3_bucket_name, NotificationConfiguration={})
    parts.aws.sqs.send_message(QueueUrl=settings.sqs_dlq_url, MessageBody="{broken")
    code, found = examined()
    assert code == 1
    assert found["redrive policy"]["verdict"] == "wrong"
    assert found["events"]["verdict"] == "wrong"
    assert (found["queue"]["verdict"], found["queue"]["setting"]) == ("warning", "VISIBILITY_TIMEOUT_SECONDS")
    assert found["dead-letter queue"]["verdict"] == "warning"
    assert "dlq list" in found["dead-letter queue"]["next_step"]


@pytest.mark.parametrize(
    ("changes", "subject", "setting"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "aws", "AWS_ENDPOINT_URL"),
        ({"QDRANT_URL": "http://127.0.0.1:9"}, "qdrant", "QDRANT_URL"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "ENRICHMENT": "llm"}, "model server", "OPENAI_BASE_URL"),
    ],
)
def test_what_does_not_answer_is_named_with_its_address(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], subject: str, setting: str
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    code, found = examined()
    assert code == 3
    finding = found[subject]
    assert (finding["verdict"], finding["setting"]) == ("unreachable", setting)
    assert "http://127.0.0.1:9" in finding["address"]
    assert finding["next_step"]


@pytest.mark.parametrize("kind", ["eventbridge", "sns"])
def test_the_target_of_events_is_asked_for_while_events_are_on(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    assert "event target" not in examined()[1]
    arn = make_receiver(parts, kind).arn
    monkeypatch.setenv("EVENTS_TARGET_ARN", arn)
    claims = Claims(parts.table, "w", lambda: 1_750_000_000.0, lambda event: None)
    request = ClaimRequest("a", "source-pdfs/a.pdf", "e", ("pages",), "use")
    claims.end(claims.take(request, None, 60), DocumentState.SUCCEEDED, DocumentResult())
    code, found = examined()
    assert (code, found["event target"]["verdict"]) == (0, "ok")
    assert (found["unsent events"]["verdict"], "minutes" in found["unsent events"]["message"]) == ("warning", True)
    monkeypatch.setenv("EVENTS_TARGET_ARN", f"{arn}-gone")
    code, found = examined()
    assert (code, found["event target"]["verdict"]) == (1, "wrong")
    assert f"{arn}-gone" in found["event target"]["message"]
