"""What happens by itself: alarms, scaling, deployments."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ledger.history import FLUSH_INTERVAL_SECONDS, REST_FACTOR
from tests.unit.infra.template_checks.reading import Template, of_type, policy, read, resolver, scales, worker_settings
from work_queue.metrics import METRICS

RUNBOOK = Path(__file__).resolve().parents[4] / "docs" / "runbook.md"
#: Entries of the runbook's alarms that this template doesn't raise: ECS or infra/events.yaml does, or a person notices,
#: or nobody needs to.
NOT_ALARMS = {"worker-unhealthy", "wake-backlog-sleep", "deployment-waits", "history-incomplete", "unsent-events"}


def alarms_tell_people_what_to_do(template: Template) -> Iterator[str]:
    entries = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", RUNBOOK.read_text(encoding="utf-8").split("\n# ")[1], re.MULTILINE)
    }
    named = {
        alarm["AlarmDescription"].partition("docs/runbook.md#")[2]
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
    }
    yield from (f"no alarm leads to the runbook's {entry}" for entry in sorted(entries - named - NOT_ALARMS))
    alarms = {name: alarm for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items() if not scales(alarm)}
    watched = {
        "QueueAgeAlarm", "QueueDepthAlarm", "DeadLettersAlarm", "DocumentFailuresAlarm", "LeaseLossesAlarm",
        "HighCpuAlarm", "HighMemoryAlarm", "TasksAtMaxAlarm", "WorkerNotPollingAlarm",
        "WorkersPausedAlarm", "RetriedAgeAlarm",
    }  # fmt: skip
    yield from (f"nobody watches {name}" for name in sorted(watched - set(alarms)))
    for name, alarm in alarms.items():
        anchor = re.search(r"docs/runbook\.md#([a-z0-9-]+)$", alarm.get("AlarmDescription", ""))
        if not anchor:
            yield f"{name} names no entry of the runbook"
        elif anchor[1] not in entries:
            yield f"{name} names {anchor[1]}, which the runbook doesn't have"
        if alarm.get("AlarmActions") != [{"Ref": "AlarmTopic"}]:
            yield f"nobody hears of {name}"
        if alarm.get("TreatMissingData") != "notBreaching":
            yield f"{name} cries when nothing happens"


def alarms_watch_what_the_worker_emits(template: Template) -> Iterator[str]:
    here = resolver(template)
    for name in of_type(template, "AWS::CloudWatch::Alarm"):
        alarm = here.properties(name)
        if alarm.get("Namespace", "").startswith("PdfIngestion"):
            if alarm["Namespace"] != worker_settings(template).metrics_namespace:
                yield f"{name} watches another namespace"
            if alarm["MetricName"] not in METRICS:
                yield f"the worker emits no {alarm['MetricName']}"


def scaling_wakes_grows_and_sleeps(template: Template) -> Iterator[str]:
    scaling = read(template)
    wake, backlog, sleep = (policy(scaling, name) for name in ("WakePolicy", "BacklogPolicy", "SleepPolicy"))
    for visible in (1, 50, 10_000):
        value = wake.value({"visible": visible, "inflight": 0})
        if not (wake.breaches(value) and value is not None and wake.change(value, 0) >= 1):
            yield f"{visible} waiting messages start nothing"
    if wake.breaches(wake.value({"visible": 5, "inflight": 1})):
        yield "starts tasks by the wrong policy while others work"
    polled = {"received": 0, "empty": 3}
    busy = backlog.value({"visible": 1_000, "running": 2, **polled})
    if not (backlog.breaches(busy) and busy is not None and backlog.change(busy, 2) >= 1):
        yield "a backlog adds no tasks"
    if backlog.breaches(backlog.value({"visible": 1_000, "running": 500, **polled})):
        yield "many tasks ask for more"
    if backlog.breaches(backlog.value({"visible": 1_000, "running": 2, "received": 0, "empty": 0})):
        yield "paused tasks ask for more"
    for outstanding in ({"visible": 1}, {"inflight": 1}, {"delayed": 1}):
        if sleep.breaches(sleep.value({"visible": 0, "inflight": 0, "delayed": 0, **outstanding})):
            yield f"tasks are stopped while messages are {next(iter(outstanding))}"
    if not sleep.breaches(sleep.value({"visible": 0, "inflight": 0, "delayed": 0})):
        yield "tasks are never stopped"
    if sleep.change(0, 7) != scaling.min_tasks - 7:
        yield "too many tasks stay"
    for other in scaling.policies:
        if other.name != "SleepPolicy" and (
            other.adjustment_type == "ExactCapacity" or any(step.adjustment <= 0 for step in other.steps)
        ):
            yield f"{other.name} stops tasks"
        edges = [(step.lower, step.upper) for step in other.steps]
        if any(before[1] != after[0] for before, after in pairwise(edges)):
            yield f"{other.name} has a gap between its steps"
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        if scales(alarm) and alarm.get("TreatMissingData") != "notBreaching":
            yield f"{name} scales on what it doesn't know"


def queue_metrics_never_fall_silent(template: Template) -> Iterator[str]:
    """SQS forgets a queue after six hours without use."""
    schedule = resolver(template).properties("KeepMetricsAwake")
    hours = re.fullmatch(r"rate\((\d+) hours\)", schedule["ScheduleExpression"])
    if not hours or int(hours[1]) * 2 > 6:
        yield "one missed call, and the first PDF of the day waits for a quarter of an hour"
    if json.loads(schedule["Target"]["Input"])["QueueUrl"] != "<Queue>":
        yield "another queue is kept awake"


def history_is_written_when_no_worker_runs(template: Template) -> Iterator[str]:
    """Within 15 minutes, by a task like the workers', and only when something waits that no worker writes."""
    here = resolver(template)
    machine, schedule = here.properties("FlushHistory"), here.properties("FlushHistorySchedule")
    minutes = re.fullmatch(r"rate\((\d+) minutes\)", schedule["ScheduleExpression"])
    look, choice, flush = (machine["Definition"]["States"][name] for name in ("Look", "IsLeft", "Flush"))
    age = re.fullmatch(
        r"{% \$string\(\$floor\(\$millis\(\) / 1000\) - (\d+)\) %}",
        look["Arguments"]["ExpressionAttributeValues"][":then"]["N"],
    )
    start_seconds = 120
    if not minutes or not age or int(minutes[1]) * 60 + int(age[1]) + start_seconds > 900:
        yield "what waits for the history is written too late"
    elif int(age[1]) < REST_FACTOR * FLUSH_INTERVAL_SECONDS:
        yield "tasks are started for what workers are about to write"
    if schedule["Target"]["Arn"] != "<FlushHistory>":
        yield "nobody looks whether history waits"
    if look["Arguments"]["TableName"] != "<Table>" or look["Arguments"]["Select"] != "COUNT":
        yield "something else than the ledger is counted"
    if choice["Choices"] != [{"Condition": "{% $states.input.Count > 0 %}", "Next": "Flush"}]:
        yield "a task is started although nothing waits"
    service, task = here.properties("Service"), flush["Arguments"]
    for name in ("NetworkConfiguration", "TaskDefinition", "PlatformVersion"):
        if task[name] != service[name]:
            yield f"the task that writes the history has another {name} than the workers"
    [container] = here.properties("TaskDefinition")["ContainerDefinitions"]
    if task["Overrides"] != {"ContainerOverrides": [{"Name": container["Name"], "Command": ["--flush-history"]}]}:
        yield "the task does something else than write the history"


def deployments_leave_busy_tasks_alone(template: Template) -> Iterator[str]:
    service = template["Resources"]["Service"]["Properties"]
    if "DesiredCount" in service:
        yield "a deployment resets what auto scaling has decided"
    if service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] != {"Enable": True, "Rollback": True}:
        yield "a broken image is tried for ever"
    if service["AvailabilityZoneRebalancing"] != "DISABLED":
        yield "tasks are moved while they work"
    if service["EnableExecuteCommand"]:
        yield "people can get into a running task"
