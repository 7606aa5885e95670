"""The events' own stack: rights for one target and no more, a task like the workers', an alarm on what they emit."""

import re
from pathlib import Path
from typing import Any

import pytest

from config import load_settings
from document_events.sender import MAX_REST_SECONDS
from infra.scaling import AnyResource
from infra.template import Resolver, load_template
from ledger.events import PENDING
from tests.unit.infra.template_checks.reading import as_list
from work_queue.metrics import METRICS

INFRA = Path(__file__).resolve().parents[3] / "infra"
EVENTS, WORKERS = load_template(INFRA / "events.yaml"), load_template()
OWN = {"Target", "WorkersStack"}
GIVEN = {
    "WorkersStack": "mine", "TableName": "table", "ClusterName": "cluster", "TaskRoleName": "task-role",
    "ExecutionRoleName": "execution-role", "PrivateSubnetIds": ["subnet-1"], "WorkerSecurityGroupId": "sg-1",
    "AlarmTopicArn": "arn:alarms", "VpcId": "vpc-1",
}  # fmt: skip


def events(**parameters: Any) -> Resolver:
    return Resolver(EVENTS, {**GIVEN, **parameters}, made=AnyResource())


def rights(template: Resolver, role: str) -> set[tuple[str, str]]:
    [policy] = template.properties(role)["Policies"]
    return {
        (statement["Action"], resource)
        for statement in policy["PolicyDocument"]["Statement"]
        for resource in as_list(statement["Resource"])
    }


def test_what_it_needs_of_the_workers_stack_is_there() -> None:
    assert set(EVENTS["Parameters"]) - OWN <= {*WORKERS["Outputs"], *WORKERS["Parameters"]}


@pytest.mark.parametrize(
    ("target", "kind", "right"),
    [
        ("eventbridge", "AWS::Events::EventBus", ("events:PutEvents", "<EventBus.Arn>")),
        ("sns", "AWS::SNS::Topic", ("sns:Publish", "<EventTopic>")),
    ],
)
def test_the_workers_may_send_to_what_is_made_and_do_nothing_else(
    target: str, kind: str, right: tuple[str, str]
) -> None:
    template = events(Target=target)
    made = {part["Type"] for part in template.resources.values()}
    assert made & {"AWS::Events::EventBus", "AWS::SNS::Topic"} == {kind}
    policy = template.properties("SendEvents")
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (policy["RoleName"], statement["Action"], statement["Resource"]) == ("task-role", *right)


def test_a_topic_refuses_plain_http_and_is_encrypted() -> None:
    template = events(Target="sns")
    [statement] = template.properties("EventTopicPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert template.properties("EventTopic")["KmsMasterKeyId"]


def test_roles_have_exactly_the_rights_they_need() -> None:
    template = events()
    task = "arn:aws:ecs:us-east-1:123456789012:task-definition/mine-worker"
    assert rights(template, "FlushEventsRole") == {
        ("dynamodb:Query", "arn:aws:dynamodb:us-east-1:123456789012:table/table"),
        ("ecs:RunTask", task),
        ("ecs:RunTask", f"{task}:*"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/task-role"),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/execution-role"),
    }
    assert rights(template, "FlushEventsScheduleRole") == {("states:StartExecution", "<FlushEvents>")}
    for name in ("FlushEventsRole", "FlushEventsScheduleRole"):
        [trust] = template.properties(name)["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_events_are_sent_within_a_quarter_of_an_hour_when_no_worker_runs() -> None:
    template = events()
    machine, schedule = template.properties("FlushEvents"), template.properties("FlushEventsSchedule")
    states = machine["Definition"]["States"]
    look = states["Look"]["Arguments"]
    values = look["ExpressionAttributeValues"]
    age = re.fullmatch(r"{% \$fromMillis\(\$millis\(\) - (\d+)\) %}", values[":then"]["S"])
    every = re.fullmatch(r"rate\((\d+) minutes\)", schedule["ScheduleExpression"])
    assert age
    assert every
    start_seconds = 120
    assert int(every[1]) * 60 + int(age[1]) / 1_000 + start_seconds <= 900
    assert int(age[1]) / 1_000 > MAX_REST_SECONDS, "else a task is started for what a worker is about to send"
    assert (look["TableName"], values[":events"]["S"], schedule["Target"]["Arn"]) == ("table", PENDING, "<FlushEvents>")
    assert states["AreLeft"]["Choices"] == [{"Condition": "{% $states.input.Count > 0 %}", "Next": "Flush"}]
    assert states["AreLeft"]["Default"] == "Sent"


def test_the_task_is_the_workers_own() -> None:
    task = events().properties("FlushEvents")["Definition"]["States"]["Flush"]["Arguments"]
    workers = Resolver(
        WORKERS, {"ImageTag": "t", "QdrantUrl": "https://q", "VpcId": "vpc-1", "SubnetIds": ["subnet-1"]},
        made=AnyResource(),
    )  # fmt: skip
    definition = workers.properties("TaskDefinition")
    assert task["TaskDefinition"] == definition["Family"].replace("local", "mine")
    [container] = definition["ContainerDefinitions"]
    assert task["Overrides"] == {"ContainerOverrides": [{"Name": container["Name"], "Command": ["--flush-history"]}]}
    assert task["PlatformVersion"] == workers.properties("Service")["PlatformVersion"]
    assert task["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"] == ["subnet-1"]


@pytest.mark.parametrize("target", ["events", "sns"])
def test_without_nat_there_is_an_endpoint(target: str) -> None:
    template = events(Target="sns" if target == "sns" else "eventbridge", InterfaceEndpoints="yes")
    assert template.properties("EventsEndpoint")["ServiceName"] == f"com.amazonaws.us-east-1.{target}"
    assert "EventsEndpoint" not in events().resources


def test_the_alarm_watches_what_workers_emit_and_leads_to_the_runbook() -> None:
    alarm = events().properties("UnsentEventsAlarm")
    assert alarm["MetricName"] in METRICS
    namespace = Resolver(WORKERS, {"QdrantUrl": "https://q"}, made=AnyResource()).properties("LeaseLossesAlarm")
    assert alarm["Namespace"] == namespace["Namespace"].replace("local", "mine")
    assert (alarm["AlarmActions"], alarm["TreatMissingData"]) == (["arn:alarms"], "notBreaching")
    assert alarm["AlarmDescription"].endswith("docs/runbook.md#unsent-events")
    assert alarm["Threshold"] > MAX_REST_SECONDS


@pytest.mark.parametrize(
    ("arn", "is_on"), [("", False), ("arn:aws:events:us-east-1:123456789012:event-bus/mine", True)]
)
def test_the_workers_stack_without_a_target_has_events_off(
    arn: str, is_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = Resolver(WORKERS, {"ImageTag": "t", "QdrantUrl": "https://q", "EventsTargetArn": arn}, made=AnyResource())
    [container] = workers.properties("TaskDefinition")["ContainerDefinitions"]
    for one in container["Environment"]:
        monkeypatch.setenv(one["Name"], str(one["Value"]))
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    settings = load_settings(env_file="no-such-file")
    assert (settings.events_target_arn is not None, settings.public_url) == (is_on, None)
