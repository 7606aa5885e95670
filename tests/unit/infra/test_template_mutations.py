"""Damage to the template is noticed: every row spoils one part, and names the check that must say so."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from infra.template import load_template
from tests.unit.infra.template_checks import CHECKS, access, data, network, operation, tasks
from tests.unit.infra.template_checks.reading import Check, Template

TEMPLATE = load_template()
GONE = object()


def put(path: str, value: Any) -> Callable[[Template], None]:
    """Set (or, with GONE, delete) what `path` names under Resources: keys and list indices, separated by slashes.
    A path that begins with `../` names another section of the template."""

    def spoil(template: Template) -> None:
        place: Any = template if path.startswith("../") else template["Resources"]
        parts = path.removeprefix("../").split("/")
        *way, last = [int(part) if part.lstrip("-").isdigit() else part for part in parts]
        for part in way:
            place = place[part]
        if value is GONE:
            del place[last]
        else:
            place[last] = value

    return spoil


def properties(path: str, value: Any) -> Callable[[Template], None]:
    """Like `put`, below the resource's Properties."""
    resource, rest = path.split("/", 1)
    return put(f"{resource}/Properties/{rest}", value)


def variable(name: str, value: Any) -> Callable[[Template], None]:
    """Set an environment variable of the worker."""

    def spoil(template: Template) -> None:
        container = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
        container["Environment"] = [v for v in container["Environment"] if v.get("Name") != name]
        container["Environment"].append({"Name": name, "Value": value})

    return spoil


STATEMENTS = "Policies/0/PolicyDocument/Statement"
CONTAINER = "TaskDefinition/ContainerDefinitions/0"
EVENTS = "Bucket/NotificationConfiguration/QueueConfigurations"
FLUSH = "FlushHistory/Definition/States"
STEPS = "StepScalingPolicyConfiguration"

MUTATIONS: dict[str, tuple[Callable[[Template], None], Check]] = {
    "progress is written into the index of states": (
        properties("Table/GlobalSecondaryIndexes/0/Projection/ProjectionType", "ALL"),
        data.data_is_private_encrypted_and_recoverable,
    ),
    "a worker may delete sources": (
        properties(f"TaskRole/{STATEMENTS}/0/Action", ["s3:GetObject", "s3:DeleteObject"]),
        access.roles_have_exactly_the_rights_they_need,
    ),
    "a worker may protect any task": (
        properties(f"TaskRole/{STATEMENTS}/7/Resource", "*"),
        access.roles_have_exactly_the_rights_they_need,
    ),
    "a worker can't quarantine": (
        properties(f"TaskRole/{STATEMENTS}/5", GONE),
        access.roles_have_exactly_the_rights_they_need,
    ),
    "a managed policy": (
        properties("ExecutionRole/ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
        access.roles_have_exactly_the_rights_they_need,
    ),
    "every action on the queue": (
        properties(f"TaskRole/{STATEMENTS}/4/Action", "sqs:*"),
        access.nothing_is_allowed_by_wildcard,
    ),
    "every secret": (
        properties(f"ExecutionRole/{STATEMENTS}/3/Resource", "*"),
        access.nothing_is_allowed_by_wildcard,
    ),
    "a role for any account's tasks": (
        properties("TaskRole/AssumeRolePolicyDocument/Statement/0/Condition", GONE),
        access.nothing_is_allowed_by_wildcard,
    ),
    "everybody reads the bucket": (
        properties(
            "BucketPolicy/PolicyDocument/Statement/0",
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "x"},
        ),
        access.nothing_is_allowed_by_wildcard,
    ),
    "any bucket sends": (
        properties("QueuePolicy/PolicyDocument/Statement/0/Condition/ArnEquals", GONE),
        access.only_our_bucket_sends_to_the_queue,
    ),
    "another bucket sends": (
        properties("QueuePolicy/PolicyDocument/Statement/0/Condition/ArnEquals/aws:SourceArn", "arn:aws:s3:::other"),
        access.only_our_bucket_sends_to_the_queue,
    ),
    "the notification comes before its permission": (
        put("Bucket/DependsOn", GONE),
        access.only_our_bucket_sends_to_the_queue,
    ),
    "plain HTTP to the bucket": (
        properties("BucketPolicy/PolicyDocument/Statement/0/Effect", "Allow"),
        access.transport_is_encrypted,
    ),
    "plain HTTP to the queue": (
        properties("QueuePolicy/PolicyDocument/Statement/1", GONE),
        access.transport_is_encrypted,
    ),
    "a public bucket": (
        properties("Bucket/PublicAccessBlockConfiguration/BlockPublicPolicy", False),
        data.data_is_private_encrypted_and_recoverable,
    ),
    "no versions": (
        properties("Bucket/VersioningConfiguration/Status", "Suspended"),
        data.data_is_private_encrypted_and_recoverable,
    ),
    "plain messages": (
        properties("DeadLetterQueue/SqsManagedSseEnabled", False),
        data.data_is_private_encrypted_and_recoverable,
    ),
    "a key for the queue and not for the dead letters": (
        properties("DeadLetterQueue/KmsMasterKeyId", GONE),
        data.a_key_of_ones_own_encrypts_what_is_kept,
    ),
    "two keys for a queue": (
        properties("Queue/SqsManagedSseEnabled", True),
        data.a_key_of_ones_own_encrypts_what_is_kept,
    ),
    "a call to KMS for each image": (
        properties("Bucket/BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled", GONE),
        data.a_key_of_ones_own_encrypts_what_is_kept,
    ),
    "a worker that can't read the table": (
        properties(f"TaskRole/{STATEMENTS}/8/Fn::If/1/Action", ["kms:GenerateDataKey"]),
        access.roles_have_exactly_the_rights_they_need,
    ),
    "a worker that decrypts what it likes": (
        properties(f"TaskRole/{STATEMENTS}/8/Fn::If/1/Condition", GONE),
        access.the_key_is_used_through_services_only,
    ),
    "a key that no task gets": (
        properties(f"{CONTAINER}/Secrets/2", GONE),
        tasks.secrets_come_from_the_secret,
    ),
    "a name that nobody looks for": (
        put("../Outputs/SecretNames/Value/Fn::Join/1/2", GONE),
        tasks.secrets_come_from_the_secret,
    ),
    "no recovery": (
        properties("Table/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", False),
        data.data_is_private_encrypted_and_recoverable,
    ),
    "the ledger goes with the stack": (
        put("Table/DeletionPolicy", "Delete"),
        data.data_is_private_encrypted_and_recoverable,
    ),
    "answers of the LLM stay for ever": (
        properties("Bucket/LifecycleConfiguration/Rules/-1", GONE),
        data.derived_data_has_a_lifecycle,
    ),
    "sources expire": (
        properties("Bucket/LifecycleConfiguration/Rules/1/ExpirationInDays", 30),
        data.derived_data_has_a_lifecycle,
    ),
    "tags move": (
        properties("Repository/ImageTagMutability", "MUTABLE"),
        data.images_are_scanned_and_never_replaced,
    ),
    "no scan": (
        properties("Repository/ImageScanningConfiguration/ScanOnPush", False),
        data.images_are_scanned_and_never_replaced,
    ),
    "root": (properties(f"{CONTAINER}/User", "0:0"), tasks.tasks_are_confined),
    "a root that can be written": (
        properties(f"{CONTAINER}/ReadonlyRootFilesystem", False),
        tasks.tasks_are_confined,
    ),
    "capabilities": (
        properties(f"{CONTAINER}/LinuxParameters/Capabilities", {"Add": ["SYS_PTRACE"]}),
        tasks.tasks_are_confined,
    ),
    "a health check that always succeeds": (
        properties(f"{CONTAINER}/HealthCheck/Command", ["CMD", "true"]),
        tasks.tasks_are_confined,
    ),
    "the whole secret in a variable": (
        properties(f"{CONTAINER}/Secrets/0/ValueFrom", {"Ref": "Secret"}),
        tasks.secrets_come_from_the_secret,
    ),
    "a key in plain sight": (variable("OPENAI_API_KEY", "sk-1"), tasks.secrets_come_from_the_secret),
    "public addresses": (
        properties("Service/NetworkConfiguration/AwsvpcConfiguration/AssignPublicIp", "ENABLED"),
        network.nobody_calls_in,
    ),
    "tasks in a public subnet": (
        properties("Service/NetworkConfiguration/AwsvpcConfiguration/Subnets/Fn::If/1/0", {"Ref": "PublicSubnetA"}),
        network.nobody_calls_in,
    ),
    "somebody may call in": (
        properties("WorkerSecurityGroup/SecurityGroupIngress", [{"CidrIp": "0.0.0.0/0"}]),
        network.nobody_calls_in,
    ),
    "all ports out": (
        properties("WorkerSecurityGroup/SecurityGroupEgress/0/ToPort", 65_535),
        network.workers_reach_qdrant_and_models_wherever_they_are,
    ),
    "page images pay for NAT": (
        properties("S3Endpoint/RouteTableIds", [{"Ref": "PrivateRouteTableA"}]),
        network.nobody_calls_in,
    ),
    "a private subnet with a way in": (
        properties("NatRouteA/GatewayId", {"Ref": "InternetGateway"}),
        network.nobody_calls_in,
    ),
    "NAT without being asked": (put("NatGatewayB/Condition", "HasNat"), network.network_is_made_or_given),
    "endpoints in a given VPC": (put("S3Endpoint/Condition", GONE), network.network_is_made_or_given),
    "a rule with a function that rules don't know": (
        put("../Rules/SubnetsComeWithTheirVpc/Assertions/0/Assert", {"Fn::Join": ["", {"Ref": "SubnetIds"}]}),
        network.rules_use_what_rules_know,
    ),
    "workers before their key": (
        put("../Conditions/NeedsOpenAiKey/Fn::And/1", {"Fn::Equals": [{"Ref": "Enrichment"}, "llm"]}),
        tasks.keys_are_asked_for_where_the_worker_needs_them,
    ),
    "a limit that does nothing": (
        put("../Conditions/LimitsTokens", {"Fn::Equals": ["a", "b"]}),
        tasks.limits_of_the_model_reach_the_worker,
    ),
    "a model's server that is left out": (
        put("../Conditions/HasEmbeddingBaseUrl", {"Fn::Equals": ["a", "b"]}),
        tasks.choices_of_the_model_reach_the_worker,
    ),
    "browsers of any site": (
        properties("Bucket/CorsConfiguration/Fn::If/1/CorsRules/0/AllowedOrigins", ["*"]),
        data.browsers_may_post_from_the_panel_alone,
    ),
    "another visibility": (properties("Queue/VisibilityTimeout", 30), tasks.times_agree),
    "another wait": (variable("WAIT_TIME_SECONDS", "5"), tasks.times_agree),
    "killed while it stops": (variable("SHUTDOWN_GRACE_SECONDS", "119"), tasks.times_agree),
    "too long a stop": (properties(f"{CONTAINER}/StopTimeout", 300), tasks.times_agree),
    "no second try": (properties("Queue/RedrivePolicy/maxReceiveCount", 1), tasks.times_agree),
    "dead letters die first": (properties("DeadLetterQueue/MessageRetentionPeriod", 345_600), tasks.times_agree),
    "sleeps at once": (properties("SleepAlarm/EvaluationPeriods", 1), tasks.times_agree),
    "too much extraction": (variable("EXTRACTION_PROCESSES", "4"), tasks.memory_suffices),
    "a misspelt setting": (variable("WORKER_CONCURENCY", "2"), tasks.the_worker_accepts_its_settings),
    "a setting out of bounds": (variable("WORKER_CONCURRENCY", "0"), tasks.the_worker_accepts_its_settings),
    "two Qdrants": (variable("QDRANT_HOST", "qdrant"), tasks.the_worker_accepts_its_settings),
    "removals unheard": (properties(f"{EVENTS}/1", GONE), data.events_are_those_that_the_worker_accepts),
    "other files wake workers": (
        properties(f"{EVENTS}/0/Filter/S3Key/Rules/1/Value", ".docx"),
        data.events_are_those_that_the_worker_accepts,
    ),
    "the workers' own files wake workers": (
        properties(f"{EVENTS}/0/Filter/S3Key/Rules/0/Value", ""),
        data.events_are_those_that_the_worker_accepts,
    ),
    "events go to the dead letters": (
        properties(f"{EVENTS}/0/Queue", {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}),
        data.events_are_those_that_the_worker_accepts,
    ),
    "an alarm without a word": (
        properties("QueueAgeAlarm/AlarmDescription", "too old"),
        operation.alarms_tell_people_what_to_do,
    ),
    "an alarm with a wrong word": (
        properties("QueueAgeAlarm/AlarmDescription", "too old: docs/runbook.md#no-such-entry"),
        operation.alarms_tell_people_what_to_do,
    ),
    "an alarm to nobody": (properties("LeaseLossesAlarm/AlarmActions", []), operation.alarms_tell_people_what_to_do),
    "no alarm for dead letters": (put("DeadLettersAlarm", GONE), operation.alarms_tell_people_what_to_do),
    "an alarm on nothing": (
        properties("LeaseLossesAlarm/MetricName", "LostLeases"),
        operation.alarms_watch_what_the_worker_emits,
    ),
    "an alarm elsewhere": (
        variable("METRICS_NAMESPACE", "PdfIngestion/other"),
        operation.alarms_watch_what_the_worker_emits,
    ),
    "one message wakes nobody": (properties("WakeAlarm/Threshold", 1), operation.scaling_wakes_grows_and_sleeps),
    "sleeps on visible only, as first planned": (
        properties("SleepAlarm/Metrics/0/Expression", "visible"),
        operation.scaling_wakes_grows_and_sleeps,
    ),
    "grows by nothing": (
        properties(f"BacklogPolicy/{STEPS}/StepAdjustments/3/ScalingAdjustment", 0),
        operation.scaling_wakes_grows_and_sleeps,
    ),
    "grows while everybody is paused": (
        properties("BacklogAlarm/Metrics/0/Expression", {"Fn::Sub": "visible / (running * ${BacklogPerTask})"}),
        operation.scaling_wakes_grows_and_sleeps,
    ),
    "nobody hears of paused workers": (put("WorkersPausedAlarm", GONE), operation.alarms_tell_people_what_to_do),
    "shrinks by exact steps": (
        properties(f"BacklogPolicy/{STEPS}/AdjustmentType", "ExactCapacity"),
        operation.scaling_wakes_grows_and_sleeps,
    ),
    "a gap between steps": (
        properties(f"WakePolicy/{STEPS}/StepAdjustments/4", GONE),
        operation.scaling_wakes_grows_and_sleeps,
    ),
    "never sleeps": (
        properties(f"SleepPolicy/{STEPS}/StepAdjustments/0/ScalingAdjustment", 5),
        operation.scaling_wakes_grows_and_sleeps,
    ),
    "stops tasks when it knows nothing": (
        properties("SleepAlarm/TreatMissingData", "breaching"),
        operation.scaling_wakes_grows_and_sleeps,
    ),
    "a role that nobody looks at": (
        put("AnotherRole", {"Type": "AWS::IAM::Role"}),
        access.roles_have_exactly_the_rights_they_need,
    ),
    "touched too late": (
        properties("KeepMetricsAwake/ScheduleExpression", "rate(6 hours)"),
        operation.queue_metrics_never_fall_silent,
    ),
    "the wrong queue is touched": (
        properties("KeepMetricsAwake/Target/Input", '{"QueueUrl": "elsewhere"}'),
        operation.queue_metrics_never_fall_silent,
    ),
    "roles for everything": (
        properties(f"FlushHistoryRole/{STATEMENTS}/2/Condition", GONE),
        access.roles_are_passed_to_tasks_only,
    ),
    "any task may be started": (
        properties(f"FlushHistoryRole/{STATEMENTS}/1/Resource", "arn:aws:ecs:us-east-1:1:task-definition/*"),
        access.roles_have_exactly_the_rights_they_need,
    ),
    "history is looked after too seldom": (
        properties("FlushHistorySchedule/ScheduleExpression", "rate(30 minutes)"),
        operation.history_is_written_when_no_worker_runs,
    ),
    "a task for what a worker is about to write": (
        properties(f"{FLUSH}/Look/Arguments/ExpressionAttributeValues/:then/N",
                   "{% $string($floor($millis() / 1000) - 10) %}"),
        operation.history_is_written_when_no_worker_runs,
    ),
    "a task although nothing waits": (
        properties(f"{FLUSH}/IsLeft/Choices/0/Condition", "{% true %}"),
        operation.history_is_written_when_no_worker_runs,
    ),
    "a whole worker instead": (
        properties(f"{FLUSH}/Flush/Arguments/Overrides/ContainerOverrides/0/Command", []),
        operation.history_is_written_when_no_worker_runs,
    ),
    "a task without a network": (
        properties(f"{FLUSH}/Flush/Arguments/NetworkConfiguration/AwsvpcConfiguration/Subnets", []),
        operation.history_is_written_when_no_worker_runs,
    ),
    "a count that deployments reset": (
        properties("Service/DesiredCount", 0),
        operation.deployments_leave_busy_tasks_alone,
    ),
    "broken images stay": (
        properties("Service/DeploymentConfiguration/DeploymentCircuitBreaker/Rollback", False),
        operation.deployments_leave_busy_tasks_alone,
    ),
    "tasks are moved": (
        properties("Service/AvailabilityZoneRebalancing", "ENABLED"),
        operation.deployments_leave_busy_tasks_alone,
    ),
    "a novel in the template": (
        properties("Secret/Description", "x" * 30_000),
        network.it_fits_into_one_request,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTATIONS)
def test_damage_is_noticed(name: str) -> None:
    spoil, check = MUTATIONS[name]
    template = copy.deepcopy(TEMPLATE)
    spoil(template)
    assert list(check(template)), f"{check.__name__} doesn't see: {name}"


def test_every_check_is_shown_to_notice_something() -> None:
    assert {check for _, check in MUTATIONS.values()} == set(CHECKS)
