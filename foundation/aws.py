"""boto3 clients made from Settings: one session, bounded pools, adaptive retries, and errors typed for the pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from config import Settings
from foundation.errors import FailureCode, TransientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

#: A long poll holds a connection for 20 s; nothing should wait much longer for an answer.
READ_TIMEOUT_SECONDS = 60
CONNECT_TIMEOUT_SECONDS = 5
MAX_ATTEMPTS = 5
_STATUSES = frozenset(str(status.value) for status in HTTPStatus)


@dataclass(frozen=True, slots=True)
class AwsClients:
    """Low-level clients; they are thread-safe."""

    s3: "S3Client"
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"


def make_clients(settings: Settings) -> AwsClients:
    """Clients for S3, SQS and DynamoDB. Without keys in Settings boto3's own chain applies, the task role included."""
    session = boto3.session.Session(
        region_name=settings.aws_region,
        aws_access_key_id=_reveal(settings.aws_access_key_id),
        aws_secret_access_key=_reveal(settings.aws_secret_access_key),
        aws_session_token=_reveal(settings.aws_session_token),
    )
    config = Config(
        retries={"mode": "standard", "max_attempts": MAX_ATTEMPTS},
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        max_pool_connections=64,
        # A path-style address works with any endpoint, also one that is a bare IP and port.
        s3={"addressing_style": "path"} if settings.aws_endpoint_url else None,
    )
    options: dict[str, Any] = {"config": config, "endpoint_url": settings.aws_endpoint_url}
    return AwsClients(
        # Presigned addresses need to be told to use version 4; everything else uses it anyway.
        s3=session.client("s3", **{**options, "config": config.merge(Config(signature_version="s3v4"))}),
        sqs=session.client("sqs", **options),
        dynamodb=session.client("dynamodb", **options),
    )


def error_code(error: ClientError) -> str:
    """The service's own name for what went wrong, e.g. `NoSuchKey`; HTTP statuses come as digits."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _named(error: ClientError) -> str:
    """For a person. A HEAD request is answered by a status without a word."""
    code = error_code(error)
    return f"{code} {HTTPStatus(int(code)).phrase}" if code in _STATUSES else code


def is_missing(error: ClientError) -> bool:
    return error_code(error) in {"404", "NoSuchKey", "NotFound", "NoSuchVersion"}


def is_precondition_failed(error: ClientError) -> bool:
    """Somebody else wrote first: If-Match, If-None-Match or a condition expression did not hold."""
    return error_code(error) in {
        "412",
        "PreconditionFailed",
        "409",
        "ConditionalRequestConflict",
        "ConditionalCheckFailedException",
    }


@contextmanager
def aws_errors(what: str) -> Iterator[None]:
    """Turn what boto3 raises inside into TransientError(dependency="aws"): the world is at fault, not the document."""
    try:
        yield
    except ClientError as error:
        raise TransientError(FailureCode.INTERNAL, f"{what}: {_named(error)}", dependency="aws") from error
    except BotoCoreError as error:
        raise TransientError(FailureCode.INTERNAL, f"{what}: {type(error).__name__}", dependency="aws") from error


def _reveal(secret: Any) -> str | None:
    return secret.get_secret_value() if secret else None
