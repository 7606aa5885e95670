"""boto3 clients from Settings: one session, bounded pools, standard retries."""

from typing import Any, Literal

import boto3
import botocore
from botocore.config import Config
from pydantic import SecretStr

from config import Settings
from foundation.aws import AwsClients
from foundation.object_writer import ObjectWriter
from foundation.version import program_version

#: A long poll holds a connection for 20 s; nothing should wait much longer for an answer. All attempts together end
#: before the health check takes the poll loop for dead (work_queue.liveness.MAX_SILENCE_SECONDS).
READ_TIMEOUT_SECONDS = 28
CONNECT_TIMEOUT_SECONDS = 5
MAX_ATTEMPTS = 5
#: Of sending events: all attempts together end before a process that closes stops waiting for them.
EVENT_TIMEOUT_SECONDS = 4
EVENT_MAX_ATTEMPTS = 2
#: What a request is about, by the parameter that names it.
_RESOURCES = {"Bucket": "bucket", "QueueUrl": "queue", "TableName": "table"}


def make_clients(settings: Settings) -> AwsClients:
    """Clients for S3, SQS and DynamoDB. Without keys in Settings boto3's own chain applies, the task role included."""
    session = _session(settings)
    config = Config(
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        max_pool_connections=64,
        # What AWS's logs call us. Botocore's own is put together twice for each call, a tenth of the call's CPU.
        user_agent=f"leafmill/{program_version()} Boto3/{boto3.__version__} Botocore/{botocore.__version__}",
        # A path-style address works with any endpoint, also one that is a bare IP and port.
        # AWS itself wants the bucket's name in its region: botocore's default for presigned forms is the global
        # address. It redirects until the bucket's name is known everywhere, and a browser's form can't follow that.
        s3={"addressing_style": "path" if settings.aws_endpoint_url else "virtual"},
    )
    options: dict[str, Any] = {"config": config, "endpoint_url": settings.aws_endpoint_url}
    # Presigned addresses need to be told to use version 4; everything else uses it anyway.
    s3 = session.client("s3", **{**options, "config": config.merge(Config(signature_version="s3v4"))})
    clients = AwsClients(
        s3=s3,
        writer=ObjectWriter(session, s3, settings.aws_s3_bucket_name),
        sqs=session.client("sqs", **options),
        dynamodb=session.client("dynamodb", **options),
    )
    for client in (clients.s3, clients.sqs, clients.dynamodb):
        _name_resources(client, settings)
    return clients


def make_event_client(settings: Settings, service: Literal["events", "sns"], region: str) -> Any:
    """A client for what events are sent to. Nobody waits for it, and what it can't send is sent later."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": EVENT_MAX_ATTEMPTS},
        connect_timeout=EVENT_TIMEOUT_SECONDS,
        read_timeout=EVENT_TIMEOUT_SECONDS,
    )
    return _session(settings, region).client(service, config=config, endpoint_url=settings.aws_endpoint_url)


def make_scaling_client(settings: Settings) -> Any:
    """A client for Application Auto Scaling; rarely needed, and made for a call that a person waits for."""
    retries: Any = {"mode": "standard", "total_max_attempts": 3}
    config = Config(retries=retries, connect_timeout=CONNECT_TIMEOUT_SECONDS, read_timeout=CONNECT_TIMEOUT_SECONDS)
    return _session(settings).client("application-autoscaling", config=config, endpoint_url=settings.aws_endpoint_url)


def _session(settings: Settings, region: str | None = None) -> boto3.session.Session:
    return boto3.session.Session(
        region_name=region or settings.aws_region,
        aws_access_key_id=_reveal(settings.aws_access_key_id),
        aws_secret_access_key=_reveal(settings.aws_secret_access_key),
        aws_session_token=_reveal(settings.aws_session_token),
    )


def _name_resources(client: Any, settings: Settings) -> None:
    """Have errors say which bucket, queue or table they are about, where it is looked for and which setting names it:
    AWS's own answers don't."""
    names = {
        settings.aws_s3_bucket_name: "AWS_S3_BUCKET_NAME",
        settings.sqs_queue_url: "SQS_QUEUE_URL",
        settings.sqs_dlq_url: "SQS_DLQ_URL",
        settings.status_table_name: "STATUS_TABLE_NAME",
    }
    place = f"at {settings.aws_endpoint_url}" if settings.aws_endpoint_url else f"in {settings.aws_region}"

    def note(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["resource"] = next(((kind, params[name]) for name, kind in _RESOURCES.items() if name in params), None)

    def tell(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if "Error" in parsed and (resource := context.get("resource")):
            kind, value = resource
            setting = f" ({names[value]})" if value in names else ""
            parsed["Error"]["Resource"] = f"{kind} {value} {place}{setting}"

    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parameter-build.{service}", note)
    client.meta.events.register(f"after-call.{service}", tell)


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
