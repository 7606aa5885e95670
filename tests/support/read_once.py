"""What clients read anew for each of them is read once for a process: botocore's service models, and certificates.

The models cost 0.2 s of CPU for the clients of a test, certificates 40 ms for each client of Qdrant. Nobody changes
them afterwards, and no server of the tests speaks TLS.
"""

import functools
import ssl

import boto3
import botocore.loaders
import botocore.session

SERVICES = ("s3", "sqs", "dynamodb")


@functools.cache
def share() -> None:
    """From now on, in this process and those that it forks."""
    botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)  # type: ignore[attr-defined]
    ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]


def read() -> None:
    """For processes that will be forked from this one. The keys keep boto3 from looking for others."""
    for service in SERVICES:
        boto3.client(service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")  # type: ignore[call-overload]
