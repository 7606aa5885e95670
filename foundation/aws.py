"""The AWS clients that parts share, and what boto3 raises, typed for the pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from foundation.errors import FailureCode, TransientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_STATUSES = frozenset(str(status.value) for status in HTTPStatus)


@dataclass(frozen=True, slots=True)
class AwsClients:
    """Low-level clients; they are thread-safe."""

    s3: "S3Client"
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"


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
