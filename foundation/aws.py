"""The AWS clients that parts share, and what boto3 raises, typed for the pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from foundation.errors import FailureCode, SetupError, TransientError
from foundation.object_writer import ObjectWriter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_STATUSES = frozenset(str(status.value) for status in HTTPStatus)
_NO_SUCH_RESOURCE = ("NoSuchBucket", "ResourceNotFoundException", "NonExistentQueue", "QueueDoesNotExist")
_REFUSALS = (
    *("AccessDenied", "AccessDeniedException", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    *("UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException"),
)


@dataclass(frozen=True, slots=True)
class AwsClients:
    """Low-level clients; they are thread-safe. `writer` writes to the deployment's bucket."""

    s3: "S3Client"
    writer: ObjectWriter
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"


def error_code(error: ClientError) -> str:
    """The service's own name for what went wrong, such as `NoSuchKey`; HTTP statuses come as digits."""
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
    """Turn what boto3 raises inside into TransientError(dependency="aws"): the world is at fault, not the document.

    It is a SetupError where AWS answers that there is no such bucket, queue or table, or that it isn't allowed.
    """
    try:
        yield
    except ClientError as error:
        if reason := _setup_fault(error):
            raise SetupError(FailureCode.INTERNAL, f"{what}: {reason}", dependency="aws") from error
        raise TransientError(FailureCode.INTERNAL, f"{what}: {_named(error)}", dependency="aws") from error
    except NoCredentialsError as error:
        reason = "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role or a profile"
        raise SetupError(FailureCode.INTERNAL, f"{what}: {reason}", dependency="aws") from error
    except BotoCoreError as error:
        raise TransientError(FailureCode.INTERNAL, f"{what}: {type(error).__name__}", dependency="aws") from error


def _setup_fault(error: ClientError) -> str | None:
    """What a person has to mend, if that is why AWS said no."""
    code = error_code(error)
    resource = error.response.get("Error", {}).get("Resource", "")
    if code.endswith(_NO_SUCH_RESOURCE) or (code == "404" and error.operation_name == "HeadBucket"):
        return f"there is no {resource}" if resource else f"{code}: a bucket, queue or table is not there"
    if code in _REFUSALS:
        return f"AWS refuses it ({code}): do the credentials allow {error.operation_name} on {resource or 'it'}?"
    return None
