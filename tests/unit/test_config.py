"""Settings and AppConfig: every fault named at once, no value ever shown."""

from pathlib import Path

import pytest

from config import Settings, load_settings
from foundation.app_config import AppConfig, parse_app_config
from foundation.errors import SettingsError
from foundation.store_names import parse_store_names

COMPLETE = {
    "AWS_S3_BUCKET_NAME": "bucket",
    "SQS_QUEUE_URL": "http://localhost/queue",
    "SQS_DLQ_URL": "http://localhost/dlq",
    "STATUS_TABLE_NAME": "table",
    "QDRANT_URL": "http://localhost:6333",
    "EMBEDDING_PROVIDER": "static",
    "ENRICHMENT": "extractive",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("ENV_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


def set_environment(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> None:
    for name, value in {**COMPLETE, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)


def test_complete_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, TARGET_STORES="pages, haystack-qdrant")
    settings = load_settings()
    assert settings.target_stores == ("pages", "haystack")
    assert settings.aws_s3_pdf_prefix == "source-pdfs/"


def test_all_faults_are_named_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(
        monkeypatch,
        SQS_QUEUE_URL=None,
        SQS_DLQ_URL=None,
        QDRANT_URL=None,
        EMBEDDING_PROVIDER="openai",
        WORKER_CONCURRENCY="0",
        AWS_S3_PDF_PREFIX="no-slash",
    )
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    for fault in (
        "SQS_QUEUE_URL is missing",
        "SQS_DLQ_URL is missing",
        "QDRANT_URL and QDRANT_HOST",
        "OPENAI_API_KEY",
        "EMBEDDING_PROVIDER=openai",
        "WORKER_CONCURRENCY",
        "AWS_S3_PDF_PREFIX",
    ):
        assert fault in message
    assert "\n" not in message


def test_without_a_key_the_embeddings_are_a_static_models(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, EMBEDDING_PROVIDER=None)
    assert load_settings().embedding_provider == "static"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert load_settings().embedding_provider == "openai"


def test_the_old_name_of_the_static_model_is_taken_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, EMBEDDING_PROVIDER="lexical")
    with pytest.warns(FutureWarning, match="EMBEDDING_PROVIDER=lexical is now called static"):
        assert load_settings().embedding_provider == "static"


def test_secrets_are_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, OPENAI_API_KEY="sk-secret", APP_PASSWORD="hunter2", WORKER_CONCURRENCY="many")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "sk-secret" not in str(caught.value)
    monkeypatch.setenv("WORKER_CONCURRENCY", "1")
    shown = repr(load_settings()) + str(load_settings().model_dump())
    assert "sk-secret" not in shown
    assert "hunter2" not in shown


def test_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [f"{name}={value}" for name, value in COMPLETE.items()]
    (tmp_path / "stack.env").write_text("\n".join(lines))
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "stack.env"))
    monkeypatch.setenv("STATUS_TABLE_NAME", "other")
    settings = load_settings()
    assert (settings.aws_s3_bucket_name, settings.status_table_name) == ("bucket", "other")


def test_env_example_names_every_setting_and_nothing_else() -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    named = {line.lstrip("# ").split("=")[0] for line in example.splitlines() if "=" in line}
    assert named == {name.upper() for name in Settings.model_fields} | {"TIKTOKEN_CACHE_DIR"}


@pytest.mark.parametrize(
    ("given", "stores"),
    [
        (None, ("pages", "semantic", "haystack")),
        ("all", ("pages", "semantic", "haystack")),
        ("haystack-qdrant,pages", ("pages", "haystack")),
        (["semantic"], ("semantic",)),
    ],
)
def test_store_names(given: str | list[str] | None, stores: tuple[str, ...]) -> None:
    assert parse_store_names(given) == stores


def test_unknown_store_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"unknown store pinecone: choose from pages, semantic, haystack or all"):
        parse_store_names("pages,pinecone")


def test_profiles_are_data_and_dnd_builds_on_generic() -> None:
    generic, dnd = parse_app_config(None), parse_app_config('{"profile": "dnd"}')
    assert generic.categories == ()
    assert "Monsters" in dnd.categories
    assert dnd.category_of_color("#704cd9") == "spell"
    assert dnd.section_prompt == generic.section_prompt


def test_unknown_keys_are_kept_and_overrides_win() -> None:
    config = parse_app_config('{"chunk_tokens": 300, "my_own": {"a": 1}}')
    assert config.chunk_tokens == 300
    assert config.model_dump()["my_own"] == {"a": 1}


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "must be a JSON object"),
        ('{"profile": "nope"}', "choose from dnd, generic"),
        ('{"retrieval_k": 0}', "greater than or equal to 1"),
        ('{"link_colors": {"spell": ["red"]}}', "colours are written #rrggbb, not red"),
        ('{"chunk_tokens": 100, "chunk_overlap_tokens": 60}', "at most half of chunk_tokens"),
        ('{"image_format": "bmp"}', "'jpeg', 'webp' or 'png'"),
    ],
)
def test_bad_app_config_is_refused_with_the_bound(stored: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        parse_app_config(stored)


def test_app_config_can_be_written_and_read_back() -> None:
    config = parse_app_config('{"profile": "dnd"}')
    assert parse_app_config(config.model_dump_json()) == AppConfig.model_validate(config.model_dump())
