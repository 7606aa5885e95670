"""Misspelt settings are named with the one that was meant; other programs' names are left alone."""

import os
from pathlib import Path

import pytest

from config import Settings, load_settings
from foundation.errors import SettingsError
from foundation.setting_names import misspelt

KNOWN = [name.upper() for name in Settings.model_fields]
COMPLETE = {
    "AWS_S3_BUCKET_NAME": "bucket",
    "SQS_QUEUE_URL": "http://localhost/queue",
    "SQS_DLQ_URL": "http://localhost/dlq",
    "STATUS_TABLE_NAME": "table",
    "QDRANT_URL": "http://localhost:6333",
    "EMBEDDING_PROVIDER": "lexical",
    "ENRICHMENT": "extractive",
}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("WORKER_CONCURENCY", "WORKER_CONCURRENCY"),
        ("QDRNAT_URL", "QDRANT_URL"),
        ("qdrant_ulr", "QDRANT_URL"),
        ("OPENAI_APIKEY", "OPENAI_API_KEY"),
        ("AWS_S3_BUCKET", "AWS_S3_BUCKET_NAME"),
        ("AWS_BUCKET_NAME", "AWS_S3_BUCKET_NAME"),
        ("SQS_DLQ_URLS", "SQS_DLQ_URL"),
    ],
)
def test_a_misspelt_setting_is_found_with_the_one_that_was_meant(given: str, meant: str) -> None:
    assert misspelt([given], KNOWN) == {given.upper(): meant}


@pytest.mark.parametrize(
    "given",
    [
        ["AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_SECURITY_TOKEN", "AWS_EXECUTION_ENV"],
        ["ECS_CONTAINER_METADATA_URI", "QDRANT_PORT_6333_TCP", "QDRANT_SERVICE_HOST", "LOGLEVEL"],
        ["PATH", "HOME", "LANG", "TIKTOKEN_CACHE_DIR", "COMPOSE_PROJECT_NAME", "SECRET_KEY_BASE"],
        ["LOG_LEVELS", "LOG_LEVEL"],  # the right one is given too: the other is somebody else's
        KNOWN,
    ],
)
def test_names_of_other_programs_are_left_alone(given: list[str]) -> None:
    assert misspelt(given, KNOWN) == {}


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "my.env"
    path.write_text("".join(f"{name}={value}\n" for name, value in COMPLETE.items()))
    monkeypatch.setenv("ENV_FILE", str(path))
    return path


def test_a_misspelt_setting_is_refused_wherever_it_stands(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_settings()
    monkeypatch.setenv("WORKER_CONCURENCY", "7")
    with env_file.open("a") as file:
        file.write("TARGET_STORE=pages\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    assert f"TARGET_STORE in {env_file} is not a setting: did you mean TARGET_STORES?" in message
    assert "WORKER_CONCURENCY is not a setting: did you mean WORKER_CONCURRENCY?" in message
    assert "\n" not in message


def test_what_is_missing_and_what_is_misspelt_is_said_at_once(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.write_text(env_file.read_text().replace("AWS_S3_BUCKET_NAME", "AWS_S3_BUCKET"))
    with pytest.raises(SettingsError, match=r"AWS_S3_BUCKET_NAME is missing; AWS_S3_BUCKET in .* did you mean"):
        load_settings()


@pytest.mark.parametrize("named", ["/nope/my.env", "."])
def test_an_env_file_that_is_not_there_is_refused(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_FILE", named)
    with pytest.raises(SettingsError, match=r"ENV_FILE names .*, and there is no such file"):
        load_settings()


def test_no_file_at_all_can_be_named(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ENV_FILE", os.devnull)
    assert load_settings().status_table_name == "table"
