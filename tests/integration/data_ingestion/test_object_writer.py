"""The writer of objects against moto, and against services that refuse, fail or aren't there."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from composition.aws import make_clients
from foundation import object_writer
from foundation.object_writer import ObjectWriter
from tests.support.buckets import s3_at, writer_to
from tests.unit.composition.test_aws import settings

BUCKET = "written"
KEYS = [
    "page-images/a/1.jpg", "a b/ü漢😀.json", "100%/%20", "a#b?c&d=e+f", "a[1]{x}^~|`\\<>\"'*", "a/.b", "..a", "a/ b /c",
    "a//b", "a/./b", "a/../b", "/a", "a/",
]  # fmt: skip
#: What obstore adds, and boto3 doesn't.
BY_OBSTORE = "x-amz-checksum-sha256"


def session(key: str | None = "test") -> boto3.Session:
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key=key, region_name="us-east-1")


def writer_at(address: str, of: boto3.Session | None = None, attempts: int = 1) -> ObjectWriter:
    of = of or session()
    config = Config(retries={"mode": "standard", "total_max_attempts": attempts}, s3={"addressing_style": "path"})
    return ObjectWriter(of, of.client("s3", endpoint_url=address, config=config), BUCKET)


class Service:
    """Notes who wrote, and answers as `answers` says, then with success."""

    def __init__(self, server: HTTPServer) -> None:
        self.address = server.url_for("")
        self.answers: list[int] = []
        self.writers: list[str] = []
        self.access_keys: list[str] = []
        server.expect_request(f"/{BUCKET}/a.json", method="PUT").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        self.writers.append("obstore" if BY_OBSTORE in request.headers else "boto3")
        self.access_keys.append(request.headers["Authorization"].partition("Credential=")[2].partition("/")[0])
        status = self.answers.pop(0) if self.answers else 200
        code = "AccessDenied" if status == 403 else "SlowDown"
        if status == 200:
            return Response(headers={"ETag": '"1"'})
        return Response(f"<Error><Code>{code}</Code></Error>", status)


@pytest.fixture
def service() -> Iterator[Service]:
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield Service(server)


@pytest.mark.parametrize("key", KEYS)
def test_an_object_is_what_boto3_would_have_written(moto_endpoint: str, key: str) -> None:
    s3 = s3_at(moto_endpoint)
    s3.create_bucket(Bucket=BUCKET)
    try:
        writer_to(s3, BUCKET).put(key, b"first", "text/plain")
        writer_to(s3, BUCKET).put(key, "ä".encode(), "text/markdown; charset=utf-8")
        assert [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == [key]
        found = s3.get_object(Bucket=BUCKET, Key=key)
        assert found["Body"].read().decode() == "ä"
        assert found["ContentType"] == "text/markdown; charset=utf-8"
    finally:
        s3.delete_object(Bucket=BUCKET, Key=key)


def test_obstore_writes_signed_with_a_checksum_and_under_our_name(httpserver: HTTPServer) -> None:
    seen: list[dict[str, str]] = []

    def answer(request: Request) -> Response:
        seen.append(dict(request.headers))
        return Response(headers={"ETag": '"1"'})

    httpserver.expect_request("/papers/pdf-metadata/a.json", method="PUT").respond_with_handler(answer)
    clients = make_clients(settings(aws_endpoint_url=httpserver.url_for("").rstrip("/")))

    clients.writer.put("pdf-metadata/a.json", b"{}", "application/json")

    [headers] = seen
    assert headers["User-Agent"].startswith("leafmill/")
    assert headers["Content-Type"] == "application/json"
    assert "Signature=" in headers["Authorization"]
    assert headers["X-Amz-Checksum-Sha256"] == "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"aws_region": "eu-central-1"}, "https://papers.s3.eu-central-1.amazonaws.com"),
        ({"aws_region": "cn-north-1"}, "https://papers.s3.cn-north-1.amazonaws.com.cn"),
        ({"aws_s3_bucket_name": "my.papers"}, "https://s3.amazonaws.com/my.papers"),
        ({"aws_endpoint_url": "http://127.0.0.1:5000"}, "http://127.0.0.1:5000/papers"),
    ],
    ids=["a region", "China", "a name that no certificate covers", "a local stack"],
)
def test_it_writes_where_boto3_would(changes: dict[str, str], address: str) -> None:
    assert make_clients(settings(**changes)).writer._store.config["endpoint_url_s3"] == address  # type: ignore[typeddict-item]


def test_a_service_that_takes_no_checksum_gets_none(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_REQUEST_CHECKSUM_CALCULATION=when_required, as makers of other S3 services advise."""
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    seen: list[list[str]] = []

    def answer(request: Request) -> Response:
        seen.append([name.lower() for name, _ in request.headers if "checksum" in name.lower()])
        return Response(headers={"ETag": '"1"'})

    httpserver.expect_request(f"/{BUCKET}/a.json", method="PUT").respond_with_handler(answer)
    writer_at(httpserver.url_for("")).put("a.json", b"{}", "application/json")
    assert seen == [[]]


def test_obstores_own_variables_change_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("AWS_SKIP_SIGNATURE", "AWS_UNSIGNED_PAYLOAD"):
        monkeypatch.setenv(name, "true")
    for name, value in {"AWS_BUCKET": "b", "AWS_ACCESS_KEY_ID": "b", "AWS_CHECKSUM_ALGORITHM": "crc64nvme"}.items():
        monkeypatch.setenv(name, value)

    writer_at(service.address).put("a.json", b"{}", "application/json")

    assert (service.writers, service.access_keys) == (["obstore"], ["test"])


def test_what_fails_is_written_by_boto3_with_its_retries_and_so_is_what_comes_next(
    service: Service,
) -> None:
    writer = writer_at(service.address, attempts=3)
    service.answers = [503, 503]

    writer.put("a.json", b"{}", "application/json")
    writer.put("a.json", b"{}", "application/json")

    assert service.writers == ["obstore", "boto3", "boto3", "boto3"]
    writer._rests_until = time.monotonic()
    writer.put("a.json", b"{}", "application/json")
    assert service.writers[4:] == ["obstore"]


def test_boto3_says_why_a_write_is_refused(service: Service) -> None:
    service.answers = [403, 403]
    with pytest.raises(ClientError, match="AccessDenied"):
        writer_at(service.address).put("a.json", b"{}", "application/json")


def test_boto3_says_that_nobody_answers() -> None:
    with pytest.raises(EndpointConnectionError):
        writer_at("http://127.0.0.1:9").put("a.json", b"{}", "application/json")


def test_boto3_says_that_there_are_no_credentials(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NoCredentialsError):
        writer_at(service.address, session(None)).put("a.json", b"{}", "application/json")


def test_credentials_of_a_role_are_renewed_as_boto3_renews_them(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 renews those that end within ten minutes when it is asked, obstore asks in the last five of its own."""
    monkeypatch.setattr(object_writer, "_CREDENTIALS_FOR", timedelta(minutes=5, seconds=1))
    numbers = iter(range(1, 100))

    def renew() -> dict[str, Any]:
        key = f"key-{next(numbers)}"
        ends = (datetime.now(UTC) + timedelta(minutes=9)).isoformat()
        return {"access_key": key, "secret_key": key, "token": key, "expiry_time": ends}

    role = botocore.session.get_session()
    role._credentials = RefreshableCredentials.create_from_metadata(renew(), renew, "a-role")  # type: ignore[attr-defined]
    writer = writer_at(service.address, boto3.Session(botocore_session=role, region_name="us-east-1"))

    writer.put("a.json", b"{}", "application/json")
    time.sleep(1.5)
    writer.put("a.json", b"{}", "application/json")

    assert service.writers == ["obstore", "obstore"]
    first, second = service.access_keys
    assert first != second
