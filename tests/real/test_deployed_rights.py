"""The rights that the template gives suffice: a worker and a panel with them alone, on an AWS that asks IAM.

moto lets everybody do everything. fakecloud asks the policies of who calls and of buckets and queues. It takes plain
HTTP only, and a header's word for a request that came over TLS: a proxy adds it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from infra.provision import Endpoint
from infra.template import Resolver, load_template
from tests.support.aws_engine import FakeCloud, engine_name
from tests.support.deployed_stack import DeployedStack
from tests.support.fault_proxy import Faults, fault_proxy
from tests.support.machine import Machine

if TYPE_CHECKING:
    from tests.support.aws_engine import AwsEngine

pytestmark = pytest.mark.skipif(engine_name() != "fakecloud", reason="nobody asks IAM here: make test-fakecloud")
NOTICE = "notice-to-mariners.pdf"
KEY = f"source-pdfs/{NOTICE}"
PANEL = Path(__file__).resolve().parents[2] / "infra" / "panel.yaml"
ACCOUNT = "123456789012"
#: fakecloud looks for rights by the names of calls that AWS has no rights of their own for.
CALLS_OF_RIGHTS = {
    "s3:GetObject": ["s3:HeadObject"],
    "s3:ListBucket": ["s3:HeadBucket", "s3:ListObjectsV2"],
    "s3:GetBucketCORS": ["s3:GetBucketCors"],
    "sqs:SendMessage": ["sqs:SendMessageBatch"],
    "sqs:DeleteMessage": ["sqs:DeleteMessageBatch"],
}


@pytest.fixture
def over_tls(stack_env: dict[str, str]) -> Iterator[dict[str, str]]:
    """The stack's environment, with an address whose requests count as sent over TLS."""
    with fault_proxy("aws", stack_env["AWS_ENDPOINT_URL"], Faults(), {"X-Forwarded-Proto": "https"}) as url:
        yield {**stack_env, "AWS_ENDPOINT_URL": url}


@pytest.fixture
def deployed(aws: "AwsEngine", stack_env: dict[str, str]) -> DeployedStack:
    assert isinstance(aws, FakeCloud)
    return DeployedStack(aws.endpoint, stack_env["AWS_S3_BUCKET_NAME"].removesuffix(f"-documents-{ACCOUNT}"))


def keys_of_somebody_with(aws: "AwsEngine", name: str, policies: list[dict[str, Any]]) -> dict[str, str]:
    """Keys of a new user who may do what these policies allow, and nothing else."""
    assert isinstance(aws, FakeCloud)
    iam = aws.endpoint.client("iam")
    iam.create_user(UserName=name)
    for number, policy in enumerate(policies):
        iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=json.dumps(_with_calls(policy)))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def _with_calls(policy: dict[str, Any]) -> dict[str, Any]:
    statements = []
    for statement in policy["Statement"]:
        rights = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        calls = [call for right in rights for call in CALLS_OF_RIGHTS.get(right, ())]
        statements.append({**statement, "Action": [*rights, *calls]})
        if "s3:DeleteObject" in rights:  # many at once: the bucket is asked about, not what is in it
            statements.append({"Effect": "Allow", "Action": "s3:DeleteObjects", "Resource": "arn:aws:s3:::*"})
    return {**policy, "Statement": statements}


@pytest.fixture
def worker_keys(aws: "AwsEngine", deployed: DeployedStack) -> dict[str, str]:
    """What the task role may do, as CloudFormation made it."""
    assert isinstance(aws, FakeCloud)
    iam, role = aws.endpoint.client("iam"), deployed.role("TaskRole")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    assert names
    policies = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    return keys_of_somebody_with(aws, f"{deployed.name}-worker", policies)


@pytest.fixture
def panel_keys(aws: "AwsEngine", deployed: DeployedStack) -> dict[str, str]:
    """What the panel's task role would be given: a stack of its own with an image isn't needed for that."""
    template = load_template(PANEL)
    known = {"Image": "i", "CertificateArn": "c", "PublicUrl": "https://p", "AllowedCidr": "0.0.0.0/0"}
    known |= {name: value for name, value in deployed.outputs().items() if name in template["Parameters"]}
    policies = Resolver(template, known).properties("TaskRole")["Policies"]
    return keys_of_somebody_with(aws, f"{deployed.name}-panel", [one["PolicyDocument"] for one in policies])


def test_a_worker_with_the_task_roles_rights_alone_does_a_document(
    over_tls: dict[str, str], worker_keys: dict[str, str], samples: Path
) -> None:
    person = Machine(over_tls)
    person.manage("upload", str(samples / NOTICE))

    Machine({**over_tls, **worker_keys}).work()

    assert person.status()[KEY]["status"] == "succeeded"
    refused = Endpoint(over_tls["AWS_ENDPOINT_URL"], "us-east-1", *worker_keys.values())
    with pytest.raises(ClientError, match="AccessDenied"):
        refused.client("s3").put_object(Bucket=over_tls["AWS_S3_BUCKET_NAME"], Key="source-pdfs/b.pdf", Body=b"x")
    with pytest.raises(ClientError, match="AccessDenied"):
        refused.client("sqs").send_message(QueueUrl=over_tls["SQS_QUEUE_URL"], MessageBody="x")


def test_the_panels_rights_are_enough_to_upload_watch_search_and_delete(
    over_tls: dict[str, str], panel_keys: dict[str, str], worker_keys: dict[str, str], samples: Path
) -> None:
    """By the commands, which ask the same as the panel's pages do."""
    panel = Machine({**over_tls, **panel_keys})
    panel.manage("upload", str(samples / NOTICE))
    Machine({**over_tls, **worker_keys}).work()
    assert panel.status()[KEY]["status"] == "succeeded"
    assert panel.manage("search", "notice to mariners")["hits"]
    assert panel.manage("dlq", "list") is not None
    panel.manage("delete", KEY, "--yes")
    assert panel.status()[KEY]["status"] == "deleted"


def test_nobody_reaches_bucket_or_queue_without_tls(stack_env: dict[str, str], worker_keys: dict[str, str]) -> None:
    """The same rights, and plain HTTP."""
    plain = Endpoint(stack_env["AWS_ENDPOINT_URL"], "us-east-1", *worker_keys.values())
    with pytest.raises(ClientError, match="AccessDenied"):
        plain.client("sqs").receive_message(QueueUrl=stack_env["SQS_QUEUE_URL"])
    with pytest.raises(ClientError, match="AccessDenied"):
        plain.client("s3").list_objects_v2(Bucket=stack_env["AWS_S3_BUCKET_NAME"])
    assert plain.client("dynamodb").query(  # a table has no policy of its own: IAM's is enough
        TableName=stack_env["STATUS_TABLE_NAME"], KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "nothing"}},
    )["Count"] == 0  # fmt: skip
