"""Who may do what: roles, policies of resources, and transport."""

import json
from collections.abc import Iterator
from typing import Any

from tests.unit.infra.template_checks.reading import Template, as_list, of_type, resolver, statements

#: Allowed on every resource, because AWS knows no narrower one.
NO_RESOURCE_LEVEL = {"ecr:GetAuthorizationToken"}
#: Everything that a worker may do, and to what. A new right is a change of this table, too;
#: tests/integration/worker/test_worker_rights.py holds it against what a worker really asks for.
WORKER_RIGHTS = {
    ("s3:GetObject", "<Bucket.Arn>/source-pdfs/*"),
    ("s3:GetObject", "<Bucket.Arn>/config/*"),
    *(
        (f"s3:{action}", f"<Bucket.Arn>/{folder}/*")
        for action in ("PutObject", "DeleteObject")
        for folder in ("pdf_page_images", "extracted_links", "pdf-metadata", "processing")
    ),
    ("s3:GetObject", "<Bucket.Arn>/pdf-metadata/*"),
    ("s3:GetObject", "<Bucket.Arn>/processing/*"),
    ("s3:ListBucket", "<Bucket.Arn>"),
    *(
        (f"sqs:{action}", "<Queue.Arn>")
        for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
    ),
    ("sqs:SendMessage", "<DeadLetterQueue.Arn>"),
    *((f"dynamodb:{action}", "<Table.Arn>") for action in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")),
    *(
        (f"ecs:{action}", "arn:aws:ecs:us-east-1:123456789012:task/<Cluster>/*")
        for action in ("GetTaskProtection", "UpdateTaskProtection")
    ),
}
EXECUTION_RIGHTS = {
    ("ecr:GetAuthorizationToken", "*"),
    ("ecr:BatchCheckLayerAvailability", "<Repository.Arn>"),
    ("ecr:BatchGetImage", "<Repository.Arn>"),
    ("ecr:GetDownloadUrlForLayer", "<Repository.Arn>"),
    ("logs:CreateLogStream", "<LogGroup.Arn>"),
    ("logs:PutLogEvents", "<LogGroup.Arn>"),
    ("secretsmanager:GetSecretValue", "<Secret>"),
}
TOUCH_RIGHTS = {("sqs:TagQueue", "<Queue.Arn>")}
FLUSH_RIGHTS = {
    ("dynamodb:Query", "<Table.Arn>"),
    ("ecs:RunTask", "<TaskDefinition>"),
    ("iam:PassRole", "<TaskRole.Arn>"),
    ("iam:PassRole", "<ExecutionRole.Arn>"),
}
LOOK_RIGHTS = {("states:StartExecution", "<FlushHistory>")}
KEY = "arn:aws:kms:us-east-1:123456789012:key/mine"
#: What each role may do with a key of one's own, and through which services alone.
KEY_RIGHTS = {
    "TaskRole": (
        {
            "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt",
            "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo",
        },
        ["s3", "sqs", "dynamodb"],
    ),
    "ExecutionRole": ({"kms:Decrypt"}, ["secretsmanager"]),
    "FlushHistoryRole": ({"kms:Decrypt", "kms:DescribeKey"}, ["dynamodb"]),
}  # fmt: skip


def roles_have_exactly_the_rights_they_need(template: Template) -> Iterator[str]:
    rights = {
        "TaskRole": WORKER_RIGHTS, "ExecutionRole": EXECUTION_RIGHTS, "KeepMetricsAwakeRole": TOUCH_RIGHTS,
        "FlushHistoryRole": FLUSH_RIGHTS, "FlushHistoryScheduleRole": LOOK_RIGHTS,
    }  # fmt: skip
    yield from (
        f"nobody knows what {role} may do" for role in of_type(template, "AWS::IAM::Role") if role not in rights
    )
    for role, wanted in rights.items():
        if resolver(template).properties(role).get("ManagedPolicyArns"):
            yield f"{role} has rights that aren't written here"
        key_rights = {(action, KEY) for action in KEY_RIGHTS.get(role, ((), ()))[0]}
        for parameters, wanted_here in (({}, wanted), ({"KmsKeyArn": KEY}, wanted | key_rights)):
            given = {
                (action, resource)
                for statement in _allowed(template, role, **parameters)
                for action in as_list(statement["Action"])
                for resource in as_list(statement["Resource"])
            }
            yield from (f"{role} may {action} on {resource}" for action, resource in sorted(given - wanted_here))
            yield from (f"{role} may not {action} on {resource}" for action, resource in sorted(wanted_here - given))


def the_key_is_used_through_services_only(template: Template) -> Iterator[str]:
    for role, (_, services) in KEY_RIGHTS.items():
        for statement in _allowed(template, role, KmsKeyArn=KEY):
            through = [f"{service}.us-east-1.amazonaws.com" for service in services]
            wanted = {"StringEquals": {"kms:ViaService": through if len(through) > 1 else through[0]}}
            if statement["Resource"] == KEY and statement.get("Condition") != wanted:
                yield f"{role} may use the key beside {', '.join(services)}"


def nothing_is_allowed_by_wildcard(template: Template) -> Iterator[str]:
    for name, statement in statements(template):
        if statement["Effect"] != "Allow":
            continue
        actions = as_list(statement["Action"])
        if any("*" in action for action in actions):
            yield f"{name} allows {actions}"
        if "*" in as_list(statement.get("Resource", [])) and not set(actions) <= NO_RESOURCE_LEVEL:
            yield f"{name} allows {actions} on everything"
        if statement.get("Principal") in ("*", {"AWS": "*"}):
            yield f"{name} allows {actions} to everybody"
        principal = statement.get("Principal", {})
        service = principal.get("Service") if isinstance(principal, dict) else None
        if service and "aws:SourceAccount" not in json.dumps(statement.get("Condition", {})):
            yield f"{name} lets {service} act for any account"


def roles_are_passed_to_tasks_only(template: Template) -> Iterator[str]:
    for name, statement in statements(template):
        if "iam:PassRole" in as_list(statement["Action"]) and statement.get("Condition") != {
            "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
        }:
            yield f"{name} may pass roles to anything"


def only_our_bucket_sends_to_the_queue(template: Template) -> Iterator[str]:
    for parameters, bucket in (({}, "local-documents-123456789012"), ({"BucketName": "mine"}, "mine")):
        here = resolver(template, **parameters)
        if here.properties("Bucket")["BucketName"] != bucket:
            yield f"the bucket isn't named {bucket}"
        allowed = [s for s in here.properties("QueuePolicy")["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
        expected = {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
        }
        if [(s["Principal"], s["Action"], s["Condition"]) for s in allowed] != [
            ({"Service": "s3.amazonaws.com"}, "sqs:SendMessage", expected)
        ]:
            yield "the queue's policy allows something else than events of our bucket"
    if template["Resources"]["Bucket"].get("DependsOn") != "QueuePolicy":
        yield "S3 refuses a notification before the queue's policy is there"


def transport_is_encrypted(template: Template) -> Iterator[str]:
    for policy in ("BucketPolicy", "QueuePolicy", "DeadLetterQueuePolicy", "AlarmTopicPolicy"):
        statements = template["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]
        if not any(
            s["Effect"] == "Deny"
            and s["Principal"] == "*"
            and s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for s in statements
        ):
            yield f"{policy} doesn't refuse plain HTTP"


def _allowed(template: Template, role: str, **parameters: str) -> list[Any]:
    policies = resolver(template, **parameters).properties(role)["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    return [statement for statement in statements if statement["Effect"] == "Allow"]
