"""Writes an object only over the version that was read."""

import uuid
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from foundation.aws import aws_errors, is_missing, is_precondition_failed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: The object's metadata that names one write: the SDK sends a write again whose answer was lost, and S3 refuses the
#: second because of the first.
_WRITE = "write-id"


def replace_json(s3: "S3Client", bucket: str, key: str, body: bytes, etag: str | None) -> bool:
    """Write `body` if the object still has `etag`, or if None, if there is none. False when somebody else wrote first.

    Raises TransientError.
    """
    condition: dict[str, Any] = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    write_id = uuid.uuid4().hex
    with aws_errors(f"writing {key}"):
        try:
            s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType="application/json",
                Metadata={_WRITE: write_id},
                **condition,
            )
        except ClientError as error:
            if is_precondition_failed(error) or is_missing(error):
                return _last_write(s3, bucket, key) == write_id
            raise
    return True


def _last_write(s3: "S3Client", bucket: str, key: str) -> str | None:
    try:
        return s3.head_object(Bucket=bucket, Key=key)["Metadata"].get(_WRITE)
    except ClientError as error:
        if is_missing(error):
            return None
        raise
