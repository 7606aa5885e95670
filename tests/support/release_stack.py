"""A stack of a test's own that holds what an earlier version left, under the settings that it had."""

import os
import sys
import uuid
from pathlib import Path
from typing import Any

import boto3
from qdrant_client import QdrantClient

from development_stack.stack import provision_settings
from tests.support.release_data import DataSet, load


def stack_with(data_set: DataSet, endpoint_url: str, qdrant_url: str, openai_base_url: str) -> dict[str, str]:
    """The environment of such a stack, with all its points in the Qdrant at `qdrant_url`; the bucket is emptied first.

    0.1.0 kept its points in a folder that the worker opened itself. Today's settings name a server.
    """
    name = f"t{uuid.uuid4().hex[:10]}"
    made = provision_settings(endpoint_url, qdrant_url=qdrant_url, stack_name=name, bucket_name=data_set.bucket)
    env = data_set.settings(
        endpoint_url=endpoint_url,
        queue_url=made["SQS_QUEUE_URL"],
        dead_letters_url=made["SQS_DLQ_URL"],
        table=made["STATUS_TABLE_NAME"],
        qdrant_path="unused",
        qdrant_url=qdrant_url,
        openai_base_url=openai_base_url,
    )
    env["QDRANT_URL"] = qdrant_url
    qdrant = QdrantClient(url=qdrant_url)
    try:
        load(
            data_set, s3=_client("s3", env), sqs=_client("sqs", env), dynamodb=_client("dynamodb", env),
            qdrant=qdrant, settings=env,
        )  # fmt: skip
    finally:
        qdrant.close()
    path = os.environ["PATH"] if data_set.can_ocr else str(Path(sys.executable).parent)
    return {**env, "WAIT_TIME_SECONDS": "1", "PATH": path}


def _client(service: Any, env: dict[str, str]) -> Any:
    return boto3.client(
        service,
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )
