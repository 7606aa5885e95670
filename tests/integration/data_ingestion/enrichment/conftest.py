"""A bucket, a loopback model, and a worker that describes documents with them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_httpserver import HTTPServer

from data_ingestion.artifacts import Artifacts
from tests.support.buckets import s3_at, writer_to
from tests.support.chat_server import ChatServer
from tests.support.describer import BUCKET, Describer, cached_keys

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def bucket(moto_endpoint: str) -> "S3Client":
    s3 = s3_at(moto_endpoint)
    s3.create_bucket(Bucket=BUCKET)
    Artifacts(s3, writer_to(s3, BUCKET), BUCKET, "").delete_answers(cached_keys(s3))
    return s3


@pytest.fixture(scope="module")
def loopback() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as httpserver:
        yield httpserver


@pytest.fixture
def chat(loopback: HTTPServer) -> ChatServer:
    loopback.clear()
    return ChatServer.on(loopback)


@pytest.fixture
def worker(bucket: "S3Client", chat: ChatServer) -> Iterator[Describer]:
    made = Describer(bucket, chat.base_url, [])
    yield made
    for client in made.clients:
        client.close()
