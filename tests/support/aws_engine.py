"""The AWS of a test process: moto, or what TEST_AWS names.

moto         everything, by moto_server (the default)
elasticmq    SQS by ElasticMQ, the rest by moto; of one process only: workers would ask moto for their queue
fakecloud    everything, by fakecloud, where CloudFormation has deployed the template
"""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from composition.parts import Parts
from development_stack.stack import provision_settings
from infra.provision import Endpoint, provision_queues
from infra.template import load_template
from tests.support.deployed_stack import DeployedStack, for_fakecloud
from tests.support.engines import elasticmq, fakecloud
from tests.support.moto_copies import copy_stack

KEYS = ("test", "test")


class AwsEngine(Protocol):
    def make_stack(self, name: str, qdrant_url: str) -> dict[str, str]:
        """Make a stack of this name; returns the settings that point at it."""

    def remove_stack(self, name: str) -> None: ...

    def point(self, parts: Parts) -> None:
        """Have this process's clients go where the settings can't send them."""


class Moto:
    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._first: tuple[str, dict[str, str]] | None = None

    def make_stack(self, name: str, qdrant_url: str) -> dict[str, str]:
        """A copy of one that is made as `leafmill up` makes it, and that no test sees."""
        if self._first is None:
            first = f"t{uuid.uuid4().hex}"[: len(name)]
            self._first = first, provision_settings(self.endpoint_url, qdrant_url=qdrant_url, stack_name=first)
        first, env = self._first
        copy_stack(self.endpoint_url, first, name)
        return {**{key: value.replace(first, name) for key, value in env.items()}, "QDRANT_URL": qdrant_url}

    def remove_stack(self, name: str) -> None:
        """It ends with the process, and what it holds is small."""

    def point(self, parts: Parts) -> None:
        pass


class ElasticMq(Moto):
    def __init__(self, moto_url: str, endpoint_url: str) -> None:
        super().__init__(moto_url)
        self._sqs = Endpoint(endpoint_url, "us-east-1", *KEYS)

    def make_stack(self, name: str, qdrant_url: str) -> dict[str, str]:
        made = provision_queues(self._sqs, name)
        return {
            **super().make_stack(name, qdrant_url),
            "SQS_QUEUE_URL": made["Queue"]["Ref"],
            "SQS_DLQ_URL": made["DeadLetterQueue"]["Ref"],
        }

    def point(self, parts: Parts) -> None:
        parts.aws = replace(parts.aws, sqs=self._sqs.client("sqs"))


class FakeCloud:
    """Every test has a stack of its own, made by CloudFormation from the template, without an image."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint = Endpoint(endpoint_url, "us-east-1", *KEYS)
        self._template = for_fakecloud(load_template())

    def make_stack(self, name: str, qdrant_url: str) -> dict[str, str]:
        stack = DeployedStack(self.endpoint, name)
        stack.create(self._template, {"QdrantUrl": qdrant_url})
        made = stack.outputs()
        # What S3 sends to a queue that it knows of. fakecloud sends none.
        said = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": made["BucketName"]}
        self.endpoint.client("sqs").send_message(QueueUrl=made["QueueUrl"], MessageBody=json.dumps(said))
        return {
            "AWS_ENDPOINT_URL": self.endpoint.url, "AWS_REGION": self.endpoint.region,
            "AWS_ACCESS_KEY_ID": KEYS[0], "AWS_SECRET_ACCESS_KEY": KEYS[1],
            "AWS_S3_BUCKET_NAME": made["BucketName"], "AWS_S3_PDF_PREFIX": "source-pdfs/",
            "SQS_QUEUE_URL": made["QueueUrl"], "SQS_DLQ_URL": made["DeadLetterQueueUrl"],
            "STATUS_TABLE_NAME": made["TableName"], "QDRANT_URL": qdrant_url,
        }  # fmt: skip

    def remove_stack(self, name: str) -> None:
        DeployedStack(self.endpoint, name).delete()

    def point(self, parts: Parts) -> None:
        pass


def engine_name() -> str:
    return os.environ.get("TEST_AWS") or "moto"


@contextmanager
def aws_engine(folder: Path, moto_url: Callable[[], str]) -> Iterator[AwsEngine]:
    """The engine, as long as the block lasts. Skips the test where it was not made."""
    match engine_name():
        case "moto":
            yield Moto(moto_url())
        case "elasticmq":
            with elasticmq(folder) as sqs_url:
                yield ElasticMq(moto_url(), sqs_url)
        case "fakecloud":
            with fakecloud(folder) as endpoint_url:
                yield FakeCloud(endpoint_url)
        case name:
            raise ValueError(f"TEST_AWS={name} is none of moto, elasticmq and fakecloud")
