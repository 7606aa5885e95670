"""The client that checks answers ends with the parts that it was made from."""

import pytest

from composition.parts import Parts
from config import Settings
from foundation.errors import CancelledWorkError
from model_api.client import LlmClient


def settings(**changes: str) -> Settings:
    places = {
        "aws_s3_bucket_name": "b", "sqs_queue_url": "q", "sqs_dlq_url": "d", "status_table_name": "t",
        "qdrant_url": "http://qdrant", "embedding_provider": "static", "enrichment": "extractive",
    }  # fmt: skip
    return Settings(_env_file=None, **{**places, **changes})  # type: ignore[arg-type, call-arg]


def test_the_client_of_the_check_is_closed_with_the_parts() -> None:
    parts = Parts(settings(llm_base_url="http://127.0.0.1:9/v1"))
    check = parts.answers._model_check
    assert check
    assert isinstance(check.client, LlmClient)
    loop = check.client._running_loop()
    parts.close()
    with pytest.raises(CancelledWorkError):
        check.client._running_loop()
    assert check.client._loop is None
    assert not loop.is_closed() or not loop.is_running()


def test_without_a_model_there_is_nothing_to_close() -> None:
    parts = Parts(settings())
    assert parts.answers._model_check is None
    parts.close()
