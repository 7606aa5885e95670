"""Which addresses the clients use, and hand to browsers."""

import pytest

from composition.aws import make_clients
from config import Settings
from web.uploads import Uploads


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
