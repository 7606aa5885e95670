"""A bucket at an endpoint, without the settings of a deployment."""

from typing import TYPE_CHECKING

import boto3

from foundation.object_writer import ObjectWriter

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


def s3_at(endpoint_url: str) -> "S3Client":
    return _SESSION.client("s3", endpoint_url=endpoint_url)


def writer_to(s3: "S3Client", bucket: str) -> ObjectWriter:
    return ObjectWriter(_SESSION, s3, bucket)
