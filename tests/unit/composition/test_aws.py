"""Which addresses the clients use and hand to browsers, and how long they wait."""

import pytest

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
