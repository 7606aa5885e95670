"""The key's own stack: it outlives the data; beside the account's roles S3's events and the account's logs use it."""

from pathlib import Path
from typing import Any

import pytest

from infra.template import Resolver, load_template

KEY = Resolver(load_template(Path(__file__).resolve().parents[3] / "infra" / "key.yaml"))


@pytest.fixture
def statements() -> dict[str, dict[str, Any]]:
    return {one["Sid"]: one for one in KEY.properties("Key")["KeyPolicy"]["Statement"]}


def test_the_key_stays_when_its_stack_goes_and_turns_over_every_year() -> None:
    assert KEY.resources["Key"]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert KEY.properties("Key")["EnableKeyRotation"] is True


def test_roles_use_it_by_their_own_policies(statements: dict[str, dict[str, Any]]) -> None:
    account = statements["PoliciesOfTheAccountDecide"]
    assert account["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


def test_events_of_a_bucket_get_into_an_encrypted_queue(statements: dict[str, dict[str, Any]]) -> None:
    events = statements["EventsOfBucketsOfTheAccount"]
    assert events["Principal"] == {"Service": "s3.amazonaws.com"}
    assert set(events["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert events["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_logs_of_the_account_alone_use_it(statements: dict[str, dict[str, Any]]) -> None:
    logs = statements["LogsOfTheAccount"]
    assert logs["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    assert {"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"} <= set(logs["Action"])
    context = {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:123456789012:log-group:*"}
    assert logs["Condition"] == {"ArnLike": context}


def test_nobody_else_uses_it(statements: dict[str, dict[str, Any]]) -> None:
    assert len(statements) == 3
    assert all(one["Effect"] == "Allow" and one["Principal"] != "*" for one in statements.values())
