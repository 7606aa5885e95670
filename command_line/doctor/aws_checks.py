"""Bucket, queue, dead-letter queue and table: are they there, and do they fit together as the template has them?"""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from command_line.doctor.findings import Check, Finding, Verdict
from command_line.output import counted
from config import Settings
from data_ingestion.artifacts import Artifacts
from foundation.app_config import APP_CONFIG_KEY, AppConfig
from foundation.aws import AwsClients, aws_errors
from foundation.errors import SetupError
from ledger import Table
from work_queue.queue import SqsQueue

CONNECT_SECONDS = 3.0
INDEXES = ("states", "by_run")
_MADE_BY = "`make deploy` makes it on AWS, `python scripts/local_stack.py provision` on an emulator"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class AwsParts:
    """What the checks ask, by the clients that the worker uses too."""

    settings: Settings
    clients: AwsClients
    artifacts: Artifacts
    queue: SqsQueue
    dead_letter_queue: SqsQueue
    table: Table
    app_config: Callable[[], AppConfig]


def aws_checks(parts: AwsParts) -> Iterator[Check]:
    """One of the endpoint, if there is one; when it answers, one of each part. Asking them takes a request or two."""
    settings = parts.settings
    endpoint = settings.aws_endpoint_url
    address = endpoint or settings.aws_region
    if endpoint and (reason := _why_deaf(endpoint)):
        finding = Finding(
            "aws", Verdict.UNREACHABLE, f"nothing answers at {endpoint}: {reason}",
            "AWS_ENDPOINT_URL", endpoint, endpoint,
            "start what should answer there (`leafmill up` for a local stack), or correct AWS_ENDPOINT_URL",
        )  # fmt: skip
        yield Check("aws", lambda: [finding])
        return
    makers = (
        ("bucket", _bucket, "AWS_S3_BUCKET_NAME", settings.aws_s3_bucket_name),
        ("app config", _app_config, "AWS_S3_BUCKET_NAME", settings.aws_s3_bucket_name),
        ("queue", _queue, "SQS_QUEUE_URL", settings.sqs_queue_url),
        ("dead-letter queue", _dead_letter_queue, "SQS_DLQ_URL", settings.sqs_dlq_url),
        ("table", _table, "STATUS_TABLE_NAME", settings.status_table_name),
    )
    for subject, ask, setting, value in makers:
        yield Check(subject, lambda ask=ask: ask(parts), setting, value, address, f"correct {setting}; {_MADE_BY}")  # type: ignore[misc]


def _why_deaf(url: str) -> str | None:
    """Why nothing takes connections there; None when something does. boto3 would try for half a minute."""
    address = urlsplit(url)
    try:
        port = address.port or _PORTS.get(address.scheme)
        if not address.hostname or port is None:
            return "that is no http address"
        socket.create_connection((address.hostname, port), CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        return str(error.strerror or error) if isinstance(error, OSError) else str(error)
    return None


def _bucket(parts: AwsParts) -> Iterator[Finding]:
    settings = parts.settings
    parts.artifacts.ask()
    yield Finding(
        "bucket", Verdict.OK, f"is there; sources are under {settings.aws_s3_pdf_prefix}", "AWS_S3_BUCKET_NAME",
        settings.aws_s3_bucket_name, settings.aws_endpoint_url or settings.aws_region,
    )  # fmt: skip
    try:
        queue_arn = parts.queue.facts().arn
        with aws_errors("reading the bucket's notifications"):
            found: Any = parts.clients.s3.get_bucket_notification_configuration(Bucket=settings.aws_s3_bucket_name)
    except SetupError as error:
        yield Finding("events", Verdict.SKIPPED, str(error))
        return
    has_other = bool(found.get("TopicConfigurations")) or "EventBridgeConfiguration" in found
    arns = [configuration["QueueArn"] for configuration in found.get("QueueConfigurations", ())]
    if queue_arn in arns:
        yield Finding("events", Verdict.OK, "the bucket tells the queue of uploads", "SQS_QUEUE_URL")
    elif has_other:
        yield Finding("events", Verdict.OK, "the bucket tells a topic or EventBridge of uploads")
    else:
        yield Finding(
            "events", Verdict.WRONG, "the bucket does not tell the queue of uploads, so that nobody works on them",
            "SQS_QUEUE_URL", settings.sqs_queue_url, settings.aws_endpoint_url or settings.aws_region,
            "give the bucket a notification as infra/template.yaml has it; until then use `leafmill enqueue`",
        )  # fmt: skip


def _app_config(parts: AwsParts) -> Iterator[Finding]:
    config = parts.app_config()
    yield Finding("app config", Verdict.OK, f"{APP_CONFIG_KEY} can be used; its profile is {config.profile}")


def _queue(parts: AwsParts) -> Iterator[Finding]:
    settings = parts.settings
    with aws_errors("reading the queue's attributes"):
        answer = parts.clients.sqs.get_queue_attributes(QueueUrl=settings.sqs_queue_url, AttributeNames=["All"])
    found: dict[str, str] = dict(answer["Attributes"])  # type: ignore[arg-type]
    backlog = f"{found.get('ApproximateNumberOfMessages', '?')} messages wait"
    yield Finding("queue", Verdict.OK, f"is there; {backlog}", "SQS_QUEUE_URL", settings.sqs_queue_url)
    visibility_seconds = found.get("VisibilityTimeout")
    if visibility_seconds != str(settings.visibility_timeout_seconds):
        yield Finding(
            "queue", Verdict.WARNING, f"the queue's own visibility timeout is {visibility_seconds} s",
            "VISIBILITY_TIMEOUT_SECONDS", str(settings.visibility_timeout_seconds), settings.sqs_queue_url,
            "set both alike: a worker extends by the setting, a message that it received is hidden by the queue's",
        )  # fmt: skip
    try:
        yield _redrive(parts, found.get("RedrivePolicy"))
    except SetupError as error:  # the dead-letter queue has a check of its own
        yield Finding("redrive policy", Verdict.SKIPPED, str(error))


def _redrive(parts: AwsParts, policy: str | None) -> Finding:
    settings = parts.settings
    step = "give the queue the redrive policy that infra/template.yaml has"
    if not policy:
        return Finding(
            "redrive policy", Verdict.WRONG,
            "the queue has none: a message that kills workers comes back again and again",
            "SQS_QUEUE_URL", settings.sqs_queue_url, None, step,
        )  # fmt: skip
    target, expected = json.loads(policy)["deadLetterTargetArn"], parts.dead_letter_queue.facts().arn
    if target != expected:
        return Finding(
            "redrive policy", Verdict.WRONG, f"the queue moves messages to {target}, not to the dead-letter queue",
            "SQS_DLQ_URL", settings.sqs_dlq_url, None, f"correct SQS_DLQ_URL, or {step}",
        )  # fmt: skip
    times = json.loads(policy)["maxReceiveCount"]
    return Finding("redrive policy", Verdict.OK, f"after {times} tries a message goes to the dead-letter queue")


def _dead_letter_queue(parts: AwsParts) -> Iterator[Finding]:
    url = parts.settings.sqs_dlq_url
    count = parts.dead_letter_queue.backlog().total
    if url == parts.settings.sqs_queue_url:
        yield Finding(
            "dead-letter queue",
            Verdict.BAD_SETTING,
            "is the queue itself",
            "SQS_DLQ_URL",
            url,
            None,
            "correct SQS_DLQ_URL",
        )
    elif count:
        step = "`leafmill dlq list` says why each was given up"
        yield Finding(
            "dead-letter queue", Verdict.WARNING, f"holds {counted(count, 'message')}", "SQS_DLQ_URL", url, None, step
        )
    else:
        yield Finding("dead-letter queue", Verdict.OK, "is there and empty", "SQS_DLQ_URL", url)


def _table(parts: AwsParts) -> Iterator[Finding]:
    name = parts.settings.status_table_name
    parts.table.ask()
    yield Finding("table", Verdict.OK, "is there", "STATUS_TABLE_NAME", name)
    try:
        described = parts.clients.dynamodb.describe_table(TableName=name)["Table"]
    except ClientError:
        return  # a worker may not ask this, and doesn't need to
    there = {index["IndexName"] for index in described.get("GlobalSecondaryIndexes", ())}
    if missing := [index for index in INDEXES if index not in there]:
        yield Finding(
            "table", Verdict.WRONG, f"has no index {' and '.join(missing)}", "STATUS_TABLE_NAME", name, None,
            "make the table as infra/template.yaml has it",
        )  # fmt: skip
