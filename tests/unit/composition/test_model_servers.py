"""Which server gets which question, and whose key."""

from typing import Any

import pytest

from composition.model_servers import embedding_server, llm_server
from composition.outages import address_of
from config import Settings
from foundation.errors import SettingsError
from model_api.model_server import OPENAI_URL

NEEDED = {
    "aws_s3_bucket_name": "b",
    "sqs_queue_url": "q",
    "sqs_dlq_url": "d",
    "status_table_name": "t",
    "qdrant_url": "http://qdrant",
}
TEI = "http://tei.internal/v1"


def settings(**given: str) -> Settings:
    values: dict[str, Any] = {**NEEDED, **given}
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("given", "address", "key", "names"),
    [
        ({"openai_api_key": "k"}, OPENAI_URL, "k", ("OPENAI_BASE_URL", "OPENAI_API_KEY")),
        (
            {"openai_api_key": "k", "openai_base_url": "http://m/v1"}, "http://m/v1", "k",
            ("OPENAI_BASE_URL", "OPENAI_API_KEY"),
        ),
        (
            {"openai_api_key": "k", "embedding_base_url": TEI}, TEI, None,
            ("EMBEDDING_BASE_URL", "EMBEDDING_API_KEY"),
        ),
        (
            {"openai_api_key": "k", "embedding_base_url": TEI, "embedding_api_key": "own"}, TEI, "own",
            ("EMBEDDING_BASE_URL", "EMBEDDING_API_KEY"),
        ),
        (
            {"openai_api_key": "k", "embedding_api_key": "own"}, OPENAI_URL, "own",
            ("OPENAI_BASE_URL", "EMBEDDING_API_KEY"),
        ),
    ],
)  # fmt: skip
def test_vectors_may_come_from_a_server_of_their_own_that_never_sees_anothers_key(
    given: dict[str, str], address: str, key: str | None, names: tuple[str, str]
) -> None:
    found = settings(**given)
    server = embedding_server(found)

    assert (server.address, server.api_key, (server.url_setting, server.key_setting)) == (address, key, names)
    assert address_of("embeddings", found) == f"{names[0]}={address}"
    assert llm_server(found).api_key == "k"


def test_descriptions_may_come_from_a_server_of_their_own() -> None:
    found = settings(openai_api_key="k", llm_base_url="http://ollama:11434/v1", llm_reasoning_effort="low")

    assert (llm_server(found).address, llm_server(found).api_key) == ("http://ollama:11434/v1", None)
    assert embedding_server(found).api_key == "k"
    assert address_of("llm", found) == "LLM_BASE_URL=http://ollama:11434/v1"


def test_an_address_for_each_needs_no_common_key() -> None:
    found = settings(llm_base_url="http://ollama:11434/v1", embedding_base_url=TEI)

    assert found.embedding_provider == "openai", "as with OPENAI_BASE_URL"


def test_who_has_no_server_is_named() -> None:
    with pytest.raises(SettingsError, match="is needed by EMBEDDING_PROVIDER=openai;"):
        settings(llm_base_url="http://ollama:11434/v1", embedding_provider="openai")
