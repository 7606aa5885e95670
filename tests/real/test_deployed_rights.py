"""The rights that the template gives suffice: a worker and a panel with them alone, on an AWS that asks IAM.

moto lets everybody do everything. fakecloud asks for actions and resources; of conditions it knows few.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from infra.provision import Endpoint
from infra.template import Resolver, load_template
from tests.support.aws_engine import FakeCloud, engine_name
from tests.support.deployed_stack import DeployedStack
from tests.support.machine import Machine

if TYPE_CHECKING:
    from composition.parts import Parts
    from tests.support.aws_engine import AwsEngine

pytestmark = pytest.mark.skipif(engine_name() != "fakecloud", reason="nobody asks IAM here: make test-real")
NOTICE = "notice-to-mariners.pdf"


def keys_with(engine: "AwsEngine", stack_env: dict[str, str], role: str) -> dict[str, str]:
    """Keys of somebody who may do what the stack's role may."""
    assert isinstance(engine, FakeCloud)
    name = stack_env["AWS_S3_BUCKET_NAME"].removesuffix("-documents-123456789012")
    iam = engine.endpoint.client("iam")
    role_name = DeployedStack(engine.endpoint, name).role(role)
    user = f"{name}-{role}"
    iam.create_user(UserName=user)
    for policy in iam.list_role_policies(RoleName=role_name)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role_name, PolicyName=policy)["PolicyDocument"]
        iam.put_user_policy(UserName=user, PolicyName=policy, PolicyDocument=_text(document))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def _text(document: object) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def test_a_worker_with_the_task_roles_rights_alone_does_a_document(
    aws: "AwsEngine", stack_env: dict[str, str], parts: "Parts", samples: Path
) -> None:
    keys = keys_with(aws, stack_env, "TaskRole")
    person = Machine(stack_env)
    person.manage("upload", str(samples / NOTICE))

    Machine({**stack_env, **keys}).work()

    assert person.status()[f"source-pdfs/{NOTICE}"]["status"] == "succeeded"
    refused = Endpoint(stack_env["AWS_ENDPOINT_URL"], "us-east-1", *keys.values())
    with pytest.raises(ClientError, match="AccessDenied"):
        refused.client("s3").put_object(Bucket=stack_env["AWS_S3_BUCKET_NAME"], Key="source-pdfs/b.pdf", Body=b"x")
    with pytest.raises(ClientError, match="AccessDenied"):
        refused.client("sqs").send_message(QueueUrl=stack_env["SQS_QUEUE_URL"], MessageBody="x")


def test_the_panels_rights_are_enough_to_upload_watch_search_and_delete(
    aws: "AwsEngine", stack_env: dict[str, str], samples: Path
) -> None:
    """By the commands, which ask the same as the panel's pages do."""
    assert isinstance(aws, FakeCloud)
    template = load_template(Path(__file__).resolve().parents[2] / "infra" / "panel.yaml")
    name = stack_env["AWS_S3_BUCKET_NAME"].removesuffix("-documents-123456789012")
    made = DeployedStack(aws.endpoint, name).outputs()
    known = {"Image": "i", "CertificateArn": "c", "PublicUrl": "https://p", "AllowedCidr": "0.0.0.0/0", **made}
    [policy] = Resolver(
        template, {key: value for key, value in known.items() if key in template["Parameters"]}
    ).properties("TaskRole")["Policies"]
    iam, user = aws.endpoint.client("iam"), f"{name}-panel"
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="panel", PolicyDocument=_text(policy["PolicyDocument"]))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    panel = Machine({**stack_env, **keys})
    panel.manage("upload", str(samples / NOTICE))
    Machine(stack_env).work()
    assert panel.status()[f"source-pdfs/{NOTICE}"]["status"] == "succeeded"
    assert panel.manage("search", "notice to mariners")["hits"]
    assert panel.manage("dlq", "list") is not None
    panel.manage("delete", f"source-pdfs/{NOTICE}", "--yes")
