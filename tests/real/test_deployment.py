"""infra/template.yaml and its neighbours as a CloudFormation deploys them: make test-real, on fakecloud.

Both phases, updates, a roll-back, what a failed creation leaves, a deletion; then whether what was made is what the
template says. What fakecloud can't do, and where it differs from AWS, is in docs/services.md.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.template import Resolver, load_template
from infra.template_steps import Index, plan, with_indexes
from tests.support.aws_engine import FakeCloud, engine_name
from tests.support.deployed_stack import DeployedStack, DeploymentError, for_fakecloud

if TYPE_CHECKING:
    from infra.provision import Endpoint
    from tests.support.aws_engine import AwsEngine

pytestmark = [
    pytest.mark.skipif(engine_name() != "fakecloud", reason="no CloudFormation here: make test-real"),
    pytest.mark.timeout(1_200),
]
INFRA = Path(__file__).resolve().parents[2] / "infra"
TEMPLATE = load_template()
FIRST = {"QdrantUrl": "http://qdrant.internal:6333"}
WORKERS = {**FIRST, "ImageTag": "0123456789ab", "MaxTasks": "5", "MinTasks": "0"}
#: The ledger's indexes as 0.1.0 deployed them.
OLD_INDEXES: list[Index] = [
    {
        "IndexName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    for name, key, second in (("by_state", "state", "state_changed_at"), ("by_run", "run_id", "s3_key"))
]


@pytest.fixture(scope="module")
def endpoint(aws: "AwsEngine") -> "Endpoint":
    assert isinstance(aws, FakeCloud)
    return aws.endpoint


@pytest.fixture(scope="module")
def deployed(endpoint: "Endpoint") -> Iterator[DeployedStack]:
    """Both phases, as `make deploy` does them: everything but the workers, then the workers."""
    stack = DeployedStack(endpoint, "papers")
    stack.create(for_fakecloud(TEMPLATE), FIRST)
    assert "ServiceName" not in stack.outputs(), "no workers before there is an image"
    stack.update(for_fakecloud(TEMPLATE), WORKERS)
    yield stack
    stack.delete()


def test_every_resource_is_made_and_nothing_else(deployed: DeployedStack) -> None:
    assert set(deployed.resources()) == set(Resolver(TEMPLATE, WORKERS).resources)
    assert deployed.status() == "UPDATE_COMPLETE"


def test_every_output_has_its_value(deployed: DeployedStack) -> None:
    here = Resolver(TEMPLATE, WORKERS)
    wanted = {
        name
        for name, output in TEMPLATE["Outputs"].items()
        if "Condition" not in output or here.condition(output["Condition"])
    }
    outputs = deployed.outputs()
    assert set(outputs) == wanted
    assert [name for name, value in outputs.items() if not value] == []
    assert outputs["SecretNames"] == "OPENAI_API_KEY,QDRANT_API_KEY"


def test_the_bucket_tells_of_pdfs_and_of_nothing_else(deployed: DeployedStack, endpoint: "Endpoint") -> None:
    s3, bucket = endpoint.client("s3"), deployed.outputs()["BucketName"]
    found = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    told = {
        (event, *sorted((rule["Name"].lower(), rule["Value"]) for rule in one["Filter"]["Key"]["FilterRules"]))
        for one in found
        for event in one["Events"]
    }
    assert told == {
        (f"s3:Object{what}:*", ("prefix", "source-pdfs/"), ("suffix", suffix))
        for what in ("Created", "Removed")
        for suffix in (".pdf", ".PDF")
    }
    assert {one["QueueArn"] for one in found} == {deployed.outputs()["QueueArn"]}


def test_the_bucket_is_private_keeps_versions_and_forgets_what_is_derived(
    deployed: DeployedStack, endpoint: "Endpoint"
) -> None:
    s3, bucket = endpoint.client("s3"), deployed.outputs()["BucketName"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    written = TEMPLATE["Resources"]["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule["ID"] for rule in rules} == {rule["Id"] for rule in written}
    assert s3.get_bucket_encryption(Bucket=bucket)


def test_the_queues_have_the_templates_times(deployed: DeployedStack, endpoint: "Endpoint") -> None:
    sqs, outputs = endpoint.client("sqs"), deployed.outputs()
    attributes = sqs.get_queue_attributes(QueueUrl=outputs["QueueUrl"], AttributeNames=["All"])["Attributes"]
    written = TEMPLATE["Resources"]["Queue"]["Properties"]
    for name in ("VisibilityTimeout", "ReceiveMessageWaitTimeSeconds", "MessageRetentionPeriod"):
        assert int(attributes[name]) == written[name]
    redrive = json.loads(attributes["RedrivePolicy"])
    assert redrive["deadLetterTargetArn"] == outputs["DeadLetterQueueArn"]
    assert int(redrive["maxReceiveCount"]) == written["RedrivePolicy"]["maxReceiveCount"]


def test_the_table_has_its_indexes_forgets_and_can_be_restored(deployed: DeployedStack, endpoint: "Endpoint") -> None:
    dynamodb, table = endpoint.client("dynamodb"), deployed.outputs()["TableName"]
    assert indexes_of(dynamodb, table) == wanted_indexes()
    forgets = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert (forgets["TimeToLiveStatus"], forgets["AttributeName"]) == ("ENABLED", "expires_at")
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_the_task_has_the_settings_keys_and_rights_of_the_template(
    deployed: DeployedStack, endpoint: "Endpoint"
) -> None:
    outputs = deployed.outputs()
    task = endpoint.client("ecs").describe_task_definition(taskDefinition=deployed.resources()["TaskDefinition"])
    [container] = task["taskDefinition"]["containerDefinitions"]
    environment = {one["name"]: one["value"] for one in container["environment"]}
    assert environment["SQS_QUEUE_URL"] == outputs["QueueUrl"]
    assert environment["STATUS_TABLE_NAME"] == outputs["TableName"]
    assert environment["AWS_S3_BUCKET_NAME"] == outputs["BucketName"]
    keys = {one["name"]: one["valueFrom"] for one in container["secrets"]}
    assert keys == {name: f"{outputs['SecretArn']}:{name}::" for name in outputs["SecretNames"].split(",")}
    assert container["image"] == outputs["Image"]

    iam, role = endpoint.client("iam"), deployed.role("TaskRole")
    document = iam.get_role_policy(RoleName=role, PolicyName="worker")["PolicyDocument"]
    written = TEMPLATE["Resources"]["TaskRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert [one["Sid"] for one in document["Statement"]] == [one["Sid"] for one in written if "Sid" in one]


def test_scaling_alarms_and_schedules_are_there(deployed: DeployedStack, endpoint: "Endpoint") -> None:
    scaling = endpoint.client("application-autoscaling")
    [target] = [
        one
        for one in scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        if one["ResourceId"].endswith(deployed.outputs()["ServiceName"])
    ]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 5)
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert {one["PolicyName"] for one in policies} >= {f"papers-{name}" for name in ("wake", "backlog", "sleep")}
    pages = endpoint.client("cloudwatch").get_paginator("describe_alarms").paginate()
    alarms = {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}
    wanted = [name for name, one in TEMPLATE["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"]
    assert {deployed.resources()[name] for name in wanted} <= alarms
    schedules = endpoint.client("scheduler").list_schedules()["Schedules"]
    assert len([one for one in schedules if one["Name"].startswith("papers-")]) == 2
    [machine] = endpoint.client("stepfunctions").list_state_machines()["stateMachines"]
    assert machine["type"] == "EXPRESS"


def test_a_parameter_changes_what_it_names_and_leaves_the_data(deployed: DeployedStack, endpoint: "Endpoint") -> None:
    s3, bucket = endpoint.client("s3"), deployed.outputs()["BucketName"]
    s3.put_object(Bucket=bucket, Key="kept", Body=b"x")
    changed = {**WORKERS, "LlmCacheDays": "30", "MaxTasks": "7"}
    deployed.update(for_fakecloud(TEMPLATE), changed)
    assert deployed.outputs()["BucketName"] == bucket
    assert s3.get_object(Bucket=bucket, Key="kept")["Body"].read() == b"x"
    rules = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
    assert rules["forget-llm-answers"]["Expiration"]["Days"] == 30
    assert largest_service(endpoint) == 7


def broken(template: dict[str, Any]) -> dict[str, Any]:
    """With a resource that SQS refuses, after all others."""
    before = [name for name, one in template["Resources"].items() if one.get("Condition") in (None, "HasImage")]
    bad = {"Type": "AWS::SQS::Queue", "DependsOn": before, "Properties": {"VisibilityTimeout": 999_999}}
    return {**template, "Resources": {**template["Resources"], "Refused": bad}}


def test_after_an_update_that_failed_the_next_one_is_taken(deployed: DeployedStack, endpoint: "Endpoint") -> None:
    """fakecloud says that it rolled back, and keeps what was changed before the failure: that is not looked at."""
    before, made = deployed.outputs(), set(deployed.resources())
    s3 = endpoint.client("s3")
    s3.put_object(Bucket=before["BucketName"], Key="kept", Body=b"x")
    changed = {**WORKERS, "MaxTasks": "9"}
    with pytest.raises(DeploymentError, match="Refused"):
        deployed.update(broken(for_fakecloud(TEMPLATE)), changed)
    assert deployed.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert deployed.outputs() == before
    assert set(deployed.resources()) == made

    deployed.update(for_fakecloud(TEMPLATE), changed)
    assert deployed.status() == "UPDATE_COMPLETE"
    assert s3.get_object(Bucket=before["BucketName"], Key="kept")["Body"].read() == b"x"
    assert largest_service(endpoint) == 9


def largest_service(endpoint: "Endpoint") -> int:
    targets = endpoint.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
    return max(one["MaxCapacity"] for one in targets["ScalableTargets"])


def test_what_a_first_deployment_made_that_failed_is_not_in_the_next_ones_way(endpoint: "Endpoint") -> None:
    """fakecloud takes everything away, whatever the template says of it, and calls the stack CREATE_FAILED."""
    stack = DeployedStack(endpoint, "unlucky")
    with pytest.raises(DeploymentError, match="Refused"):
        stack.create(broken_at_once(TEMPLATE), FIRST)
    assert stack.status() == "CREATE_FAILED"
    stack.delete()
    stack.create(for_fakecloud(TEMPLATE), FIRST)
    assert stack.outputs()["BucketName"] == "unlucky-documents-123456789012"
    stack.delete()


def broken_at_once(template: dict[str, Any]) -> dict[str, Any]:
    bad = {"Type": "AWS::SQS::Queue", "DependsOn": ["Bucket", "Table"], "Properties": {"VisibilityTimeout": 999_999}}
    return {**template, "Resources": {**template["Resources"], "Refused": bad}}


def test_deleting_the_stack_keeps_what_holds_data(endpoint: "Endpoint") -> None:
    stack = DeployedStack(endpoint, "leaving")
    stack.create(for_fakecloud(TEMPLATE), FIRST)
    made = stack.outputs()
    s3, dynamodb = endpoint.client("s3"), endpoint.client("dynamodb")
    s3.put_object(Bucket=made["BucketName"], Key="source-pdfs/a.pdf", Body=b"x")
    stack.delete()
    assert s3.get_object(Bucket=made["BucketName"], Key="source-pdfs/a.pdf")["Body"].read() == b"x"
    assert dynamodb.describe_table(TableName=made["TableName"])["Table"]["TableStatus"] == "ACTIVE"
    assert endpoint.client("ecr").describe_repositories(repositoryNames=[made["RepositoryUri"].partition("/")[2]])
    queues = endpoint.client("sqs").list_queues().get("QueueUrls", [])
    assert made["QueueUrl"] not in queues


def test_a_table_with_data_gets_its_new_index_and_loses_the_old_one(endpoint: "Endpoint") -> None:
    """As `make deploy` updates a stack of 0.1.0: one index an update."""
    wanted = TEMPLATE["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
    stack = DeployedStack(endpoint, "elder")
    stack.create(with_indexes(TEMPLATE, OLD_INDEXES), FIRST)
    dynamodb, table = endpoint.client("dynamodb"), stack.outputs()["TableName"]
    item = {"pk": {"S": "document#1"}, "sk": {"S": "state"}, "state": {"S": "queued"}, "state_changed_at": {"S": "1"}}
    dynamodb.put_item(TableName=table, Item=item)

    before, at_once, after = plan(wanted, OLD_INDEXES)
    for indexes in [*before, at_once, *after]:
        changed = {**FIRST, "LlmCacheDays": "30"} if indexes is at_once else FIRST
        stack.update(with_indexes(TEMPLATE, indexes), changed)

    assert stack.outputs()["TableName"] == table
    assert indexes_of(dynamodb, table) == wanted_indexes()
    found = dynamodb.query(
        TableName=table, IndexName="states", KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "state"}, ExpressionAttributeValues={":s": {"S": "queued"}},
    )  # fmt: skip
    assert found["Items"] == [item]
    stack.delete()


def test_a_key_of_ones_own_encrypts_bucket_table_queues_and_secret(endpoint: "Endpoint") -> None:
    """fakecloud forgets the key of a log group."""
    keys = DeployedStack(endpoint, "keys")
    keys.create(load_template(INFRA / "key.yaml"), {})
    key = keys.outputs()["KeyArn"]
    stack = DeployedStack(endpoint, "locked")
    stack.create(for_fakecloud(TEMPLATE), {**FIRST, "KmsKeyArn": key})
    made = stack.outputs()
    [rule] = endpoint.client("s3").get_bucket_encryption(Bucket=made["BucketName"])[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    table = endpoint.client("dynamodb").describe_table(TableName=made["TableName"])["Table"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == key
    sqs = endpoint.client("sqs")
    for queue in (made["QueueUrl"], made["DeadLetterQueueUrl"]):
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        assert attributes["KmsMasterKeyId"] == key
    assert endpoint.client("secretsmanager").describe_secret(SecretId=made["SecretArn"])["KmsKeyId"] == key
    stack.delete()


def test_the_panels_stack_is_made_from_the_workers(deployed: DeployedStack, endpoint: "Endpoint") -> None:
    """As infra/deploy_panel.sh passes the parameters on."""
    template = load_template(INFRA / "panel.yaml")
    known = {**deployed.parameters(), **deployed.outputs()}
    shared = {name: known[name] for name in template["Parameters"] if known.get(name)}
    certificate = endpoint.client("acm").request_certificate(DomainName="papers.example.org")["CertificateArn"]
    own = {"CertificateArn": certificate, "PublicUrl": "https://papers.example.org", "AllowedCidr": "203.0.113.0/24"}
    stack = DeployedStack(endpoint, "papers-panel")
    parameters = {**shared, **own}
    stack.create(for_fakecloud(template), parameters)
    assert set(stack.resources()) == set(template["Resources"])
    [balancer] = endpoint.client("elbv2").describe_load_balancers(LoadBalancerArns=[stack.resources()["LoadBalancer"]])[
        "LoadBalancers"
    ]
    assert balancer["DNSName"] == stack.outputs()["LoadBalancerName"]
    listeners = endpoint.client("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert {(one["Port"], one["Protocol"]) for one in listeners} == {(443, "HTTPS"), (80, "HTTP")}
    stack.delete()


@pytest.mark.parametrize(("target", "service"), [("eventbridge", "events"), ("sns", "sns")])
def test_events_get_a_bus_or_a_topic_that_workers_may_send_to(
    deployed: DeployedStack, endpoint: "Endpoint", target: str, service: str
) -> None:
    """fakecloud writes down that there is an endpoint for a VPC without them, and makes none."""
    template = load_template(INFRA / "events.yaml")
    known = {**deployed.parameters(), **deployed.outputs(), "WorkersStack": deployed.name, "InterfaceEndpoints": "yes"}
    parameters = {name: known[name] for name in template["Parameters"] if known.get(name)} | {"Target": target}
    iam, role = endpoint.client("iam"), deployed.role("TaskRole")
    stack = DeployedStack(endpoint, f"{deployed.name}-events")
    stack.create(for_fakecloud(template), parameters)

    made = stack.outputs()["TargetArn"]
    assert made.split(":")[2] == service
    assert set(stack.resources()) == set(Resolver(template, parameters).resources)
    [statement] = iam.get_role_policy(RoleName=role, PolicyName="send-events")["PolicyDocument"]["Statement"]
    assert statement["Resource"] == made
    if service == "events":
        sent = endpoint.client("events").put_events(
            Entries=[{"EventBusName": made, "Source": "leafmill", "DetailType": "x", "Detail": "{}"}]
        )
        assert sent["FailedEntryCount"] == 0
    else:
        assert endpoint.client("sns").publish(TopicArn=made, Message="x")["MessageId"]
    stack.delete()
    assert "send-events" not in iam.list_role_policies(RoleName=role)["PolicyNames"]


def indexes_of(dynamodb: Any, table: str) -> dict[str, tuple[list[str], str]]:
    described = dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    return {one["IndexName"]: _index(one) for one in described}


def wanted_indexes() -> dict[str, tuple[list[str], str]]:
    written = TEMPLATE["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
    return {one["IndexName"]: _index(one) for one in written}


def _index(index: Index) -> tuple[list[str], str]:
    return [part["AttributeName"] for part in index["KeySchema"]], index["Projection"]["ProjectionType"]
