"""What is said to a person of a service that can't be reached."""

import pytest

from composition.outages import describe_outage
from config import Settings
from foundation.errors import FailureCode, TransientError

GIVEN = {
    "aws_s3_bucket_name": "b",
    "sqs_queue_url": "http://q",
    "sqs_dlq_url": "http://d",
    "status_table_name": "t",
    "qdrant_url": "http://127.0.0.1:9",
    "enrichment": "extractive",
    "embedding_provider": "static",
    "llm_base_url": "http://10.0.0.1:8080/v1",
}
LOCAL = {"aws_endpoint_url": "http://127.0.0.1:4566"}


@pytest.mark.parametrize(
    ("dependency", "message", "changes", "said"),
    [
        (
            "aws",
            "reading the ledger: EndpointConnectionError",
            LOCAL,
            "reading the ledger: no connection (AWS_ENDPOINT_URL=http://127.0.0.1:4566;"
            " has that local stack ended? `leafmill up` starts one)",
        ),
        (
            "aws",
            "reading the ledger: ReadTimeoutError",
            {"aws_region": "eu-west-1"},
            "reading the ledger: no answer in time (AWS_REGION=eu-west-1; is AWS up?)",
        ),
        (
            "qdrant",
            "Qdrant cannot be reached: ConnectError",
            {},
            "Qdrant cannot be reached: no connection (QDRANT_URL=http://127.0.0.1:9; is Qdrant up?)",
        ),
        (
            "llm",
            "APIConnectionError",
            {},
            "no connection to the model's server (LLM_BASE_URL=http://10.0.0.1:8080/v1; is the model's server up?)",
        ),
        ("disk", "no room", {}, "no room"),
    ],
)
def test_an_outage_is_said_in_words(dependency: str, message: str, changes: dict[str, str], said: str) -> None:
    settings = Settings(_env_file=None, **{**GIVEN, **changes})  # type: ignore[call-arg,arg-type]
    error = TransientError(FailureCode.INTERNAL, message, dependency=dependency)
    assert describe_outage(error, settings) == said
