"""Which addresses the clients use and hand to browsers, and how they send."""

import io
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from composition.aws import CONNECT_TIMEOUT_SECONDS, MAX_ATTEMPTS, READ_TIMEOUT_SECONDS, make_clients
from config import Settings
from web.uploads import Uploads
from work_queue.liveness import MAX_SILENCE_SECONDS


def settings(**values: object) -> Settings:
    needed = {
        "aws_s3_bucket_name": "papers", "sqs_queue_url": "q", "sqs_dlq_url": "d", "status_table_name": "t",
        "qdrant_url": "http://q:6333", "embedding_provider": "static", "enrichment": "extractive",
        "aws_access_key_id": "k", "aws_secret_access_key": "s",
    }  # fmt: skip
    return Settings(_env_file=None, **{**needed, **values})  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"aws_region": "eu-central-1"}, "https://papers.s3.eu-central-1.amazonaws.com"),
        ({"aws_region": "us-east-1"}, "https://papers.s3.amazonaws.com"),
        ({"aws_endpoint_url": "http://127.0.0.1:5000"}, "http://127.0.0.1:5000"),
    ],
    ids=["another region", "the first region", "a local stack"],
)
def test_browsers_post_to_the_buckets_own_region(changes: dict[str, str], address: str) -> None:
    """The global address answers for a bucket elsewhere with a redirection, which a browser's form can't follow."""
    given = settings(**changes)
    assert Uploads(make_clients(given).s3, given.aws_s3_bucket_name, 1 << 20, "direct").origin == address


def test_a_silent_service_does_not_make_a_worker_look_dead() -> None:
    """All attempts of one call end before the health check gives the poll loop up; and none cuts a long poll off."""
    given = settings()

    clients = make_clients(given)
    for client in (clients.s3, clients.sqs, clients.dynamodb):  # botocore's `max_attempts` counts those after the first
        assert client.meta.config.retries["total_max_attempts"] == MAX_ATTEMPTS  # type: ignore[index]
    assert MAX_ATTEMPTS * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS) < MAX_SILENCE_SECONDS
    assert given.wait_time_seconds + 5 < READ_TIMEOUT_SECONDS


BODY = b"An image" * 10_000


def test_a_file_is_sent_when_s3_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF may have hundreds of megabytes: neither memory nor the network is to be given them for nothing."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    (tmp_path / "a.pdf").write_bytes(BODY)
    tries: list[tuple[str, bytes]] = []

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """The first try gets 503."""
        expected = request.headers["Expect"]
        tries.append((expected if isinstance(expected, str) else expected.decode(), request.body.read()))
        nothing = urllib3.HTTPResponse(io.BytesIO(), preload_content=False)
        return AWSResponse(request.url, 503 if len(tries) == 1 else 200, {}, nothing)

    s3 = make_clients(settings(aws_endpoint_url="http://127.0.0.1:5000")).s3
    s3.meta.events.register("before-send.s3", answer)

    with (tmp_path / "a.pdf").open("rb") as file:
        s3.put_object(Bucket="papers", Key="a.jpg", Body=file)

    assert tries == [("100-continue", BODY)] * 2
