"""Probes: what counts as an answer, against loopback servers and moto."""

import shutil
from urllib.parse import urlsplit

import pytest
from botocore.stub import Stubber
from pytest_httpserver import HTTPServer
from structlog.testing import capture_logs

from composition.parts import Parts
from composition.vector_stores import connect
from config import Settings
from foundation.errors import SettingsError, TransientError
from worker import dependency_probes as probes

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers here answer on a machine that may be busy."""
    monkeypatch.setattr(probes, "TIMEOUT_SECONDS", 60.0)


def pointed(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update=changes)


@pytest.fixture
def served(settings: Settings, httpserver: HTTPServer) -> Settings:
    return pointed(settings, qdrant_url=httpserver.url_for("/"))


def test_qdrant_answers(served: Settings, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/collections").respond_with_json({"result": {"collections": []}})
    probes.ask_qdrant(served)


@pytest.mark.parametrize(("version", "warnings"), [("1.16.3", 1), ("1.17.0", 0)])
def test_a_server_that_is_too_old_is_warned_of(
    served: Settings, httpserver: HTTPServer, version: str, warnings: int
) -> None:
    httpserver.expect_request("/collections").respond_with_json({"result": {"collections": []}})
    httpserver.expect_request("/").respond_with_json({"title": "qdrant", "version": version})
    with capture_logs() as logs:
        probes.ask_qdrant(served)
    assert len([line for line in logs if line["event"] == "qdrant too old"]) == warnings


def test_a_refused_key_is_a_wrong_setting(served: Settings, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/collections").respond_with_json({}, status=403)
    with pytest.raises(SettingsError, match="QDRANT_API_KEY"):
        probes.ask_qdrant(served)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_is_down_or_has_had_enough_is_named(served: Settings, httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/collections").respond_with_json({}, status=status)
    with pytest.raises(TransientError, match=f"qdrant does not answer: HTTP {status}") as caught:
        probes.ask_qdrant(served)
    assert caught.value.dependency == "qdrant"


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("http://qdrant", 6333), ("https://me:pass@qdrant/", 6333), ("http://qdrant/under/path", 6333),
        ("https://qdrant:443", 443), ("http://[::1]", 6333), ("http://qdrant:7000", 7000),
    ],
)  # fmt: skip
def test_probe_and_client_speak_to_the_same_port(settings: Settings, address: str, port: int) -> None:
    given = pointed(settings, qdrant_url=address)
    assert urlsplit(given.qdrant_address).port == port
    remote = connect(given)._client._client
    assert remote._port == port  # type: ignore[attr-defined]


def test_a_disk_without_room_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    probes.ask_disk()
    free = 5 << 20
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1 << 30, 1 << 30, free))
    with pytest.raises(TransientError, match="5 MB are free") as caught:
        probes.ask_disk()
    assert caught.value.dependency == "disk"


def test_table_and_bucket_answer_when_they_are_there(parts: Parts) -> None:
    parts.table.ask()
    parts.artifacts.ask()


def test_a_bucket_that_may_not_be_looked_at_is_there(parts: Parts) -> None:
    with Stubber(parts.aws.s3) as stub:
        stub.add_client_error("head_bucket", "403", http_status_code=403)
        parts.artifacts.ask()
        stub.add_client_error("head_bucket", "404", http_status_code=404)
        with pytest.raises(TransientError, match="asking the bucket"):
            parts.artifacts.ask()


def test_nobody_there(settings: Settings) -> None:
    with pytest.raises(TransientError, match=r"qdrant does not answer: .*refused"):
        probes.ask_qdrant(pointed(settings, qdrant_url=NOBODY))


def test_the_age_of_a_task_counts_from_the_pull_of_its_image(settings: Settings, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v4/task").respond_with_json({"PullStartedAt": "2024-01-01T00:00:00.123456789Z"})
    age_seconds = probes.task_age_seconds(pointed(settings, ecs_container_metadata_uri_v4=httpserver.url_for("/v4")))
    assert age_seconds
    assert age_seconds > 365 * 86_400


@pytest.mark.parametrize("uri", [None, NOBODY])
def test_without_metadata_a_task_has_no_age(settings: Settings, uri: str | None) -> None:
    assert probes.task_age_seconds(pointed(settings, ecs_container_metadata_uri_v4=uri)) is None
