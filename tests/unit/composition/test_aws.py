"""Which addresses the clients use and hand to browsers, and how they send."""

import base64
import hashlib
import io
import zlib
from collections.abc import Callable
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


def sent(
    changes: dict[str, str], body: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> list[tuple[dict[str, str], bytes]]:
    """Headers and bodies of a PutObject whose first try S3 answers with 503."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    tries: list[tuple[dict[str, str], bytes]] = []

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        read = getattr(request.body, "read", None)
        headers = {name: value if isinstance(value, str) else value.decode() for name, value in request.headers.items()}
        tries.append((headers, read() if read else request.body))
        return AWSResponse(
            request.url, 503 if len(tries) == 1 else 200, {}, urllib3.HTTPResponse(io.BytesIO(), preload_content=False)
        )

    s3 = make_clients(settings(**changes)).s3
    s3.meta.events.register("before-send.s3", answer)
    s3.put_object(Bucket="papers", Key="a.jpg", Body=body())
    return tries


def test_bytes_are_sent_at_once_signed_and_with_their_checksum_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks first whether they are wanted: that is a round trip for each object."""
    tries = sent({"aws_endpoint_url": "http://127.0.0.1:5000"}, lambda: BODY, monkeypatch)

    assert [body for _, body in tries] == [BODY, BODY]
    for headers, _ in tries:
        assert "Expect" not in headers
        assert headers["Content-Length"] == str(len(BODY))
        assert headers["X-Amz-Content-SHA256"] == hashlib.sha256(BODY).hexdigest()
        assert headers["x-amz-checksum-crc32"] == base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
        assert "Signature=" in headers["Authorization"]
        assert headers["User-Agent"].startswith("leafmill/")


def test_over_tls_the_checksum_follows_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = sent({"aws_region": "eu-central-1"}, lambda: BODY, monkeypatch)

    checksum = base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big"))
    assert len(tries) == 2
    for headers, body in tries:
        assert "Expect" not in headers
        assert headers["X-Amz-Trailer"] == "x-amz-checksum-crc32"
        assert BODY in body
        assert body.endswith(b"x-amz-checksum-crc32:" + checksum + b"\r\n\r\n")


def test_a_file_is_sent_when_s3_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF may have hundreds of megabytes: neither memory nor the network is to be given them for nothing."""
    (tmp_path / "a.pdf").write_bytes(BODY)

    with (tmp_path / "a.pdf").open("rb") as file:
        tries = sent({"aws_endpoint_url": "http://127.0.0.1:5000"}, lambda: file, monkeypatch)

    assert [(headers["Expect"], body) for headers, body in tries] == [("100-continue", BODY)] * 2
