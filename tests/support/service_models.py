"""What botocore has read of its services' models is shared by all of a process's sessions.

Reading them costs 0.2 s of CPU for each test's clients; they are never changed.
"""

import functools

import boto3
import botocore.loaders
import botocore.session

SERVICES = ("s3", "sqs", "dynamodb")


def share_service_models() -> None:
    botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)  # type: ignore[attr-defined]


def read_service_models() -> None:
    """For processes that are forked from this one. The keys keep boto3 from looking for others."""
    share_service_models()
    for service in SERVICES:
        boto3.client(service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")  # type: ignore[call-overload]
