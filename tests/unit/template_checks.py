"""What must hold for the CloudFormation template: each check takes a parsed template and yields what is wrong with it.

`test_template.py` wants them silent, `test_template_mutations.py` shows that each of them can speak.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from config import Settings
from errors import SettingsError
from infra.scaling import AnyResource, Scaling, read_scaling
from infra.template import Resolver
from work_queue.health import MAX_SILENCE_SECONDS
from work_queue.messages import parse

Template = dict[str, Any]
Check = Callable[[Template], Iterator[str]]

RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"
#: Allowed on every resource, because AWS knows no narrower one.
NO_RESOURCE_LEVEL = {"ecr:GetAuthorizationToken"}
#: Everything that a worker may do, and to what. A new right is a change of this table, too;
#: tests/integration/test_worker_rights.py holds it against what a worker really asks for.
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
DERIVED_PREFIXES = ("pdf_page_images/", "extracted_links/", "pdf-metadata/", "processing/", "processing/llm_cache/")
TOUCH_RIGHTS = {("sqs:TagQueue", "<Queue.Arn>")}
#: Entries of the runbook's alarms that CloudWatch doesn't raise: ECS does, or nobody needs to.
NOT_ALARMS = {"worker-unhealthy", "wake-backlog-sleep"}
#: All that CloudFormation knows under Rules, beside Ref; it refuses a template that uses another function there.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
RULE_FUNCTIONS = {
    f"Fn::{name}"
    for name in (
        "And", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "Not", "Or", "RefAll", "ValueOf", "ValueOfAll",
    )
}  # fmt: skip
#: What the worker itself takes beside its extraction processes.
WORKER_MEGABYTES = 512


def resolver(template: Template, **parameters: Any) -> Resolver:
    """The template with an image, and names like `<Queue.Arn>` for what AWS would make."""
    return Resolver(template, {"ImageTag": "v1", "QdrantUrl": "https://qdrant:6333", **parameters}, made=AnyResource())


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def roles_have_exactly_the_rights_they_need(template: Template) -> Iterator[str]:
    rights = {"TaskRole": WORKER_RIGHTS, "ExecutionRole": EXECUTION_RIGHTS, "KeepMetricsAwakeRole": TOUCH_RIGHTS}
    yield from (
        f"nobody knows what {role} may do" for role in of_type(template, "AWS::IAM::Role") if role not in rights
    )
    for role, wanted in rights.items():
        properties = resolver(template).properties(role)
        if properties.get("ManagedPolicyArns"):
            yield f"{role} has rights that aren't written here"
        given = {
            (action, resource)
            for policy in properties["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow"
            for action in _list(statement["Action"])
            for resource in _list(statement["Resource"])
        }
        yield from (f"{role} may {action} on {resource}" for action, resource in sorted(given - wanted))
        yield from (f"{role} may not {action} on {resource}" for action, resource in sorted(wanted - given))


def nothing_is_allowed_by_wildcard(template: Template) -> Iterator[str]:
    for name, statement in _statements(template):
        if statement["Effect"] != "Allow":
            continue
        actions = _list(statement["Action"])
        if any("*" in action for action in actions):
            yield f"{name} allows {actions}"
        if "*" in _list(statement.get("Resource", [])) and not set(actions) <= NO_RESOURCE_LEVEL:
            yield f"{name} allows {actions} on everything"
        if statement.get("Principal") in ("*", {"AWS": "*"}):
            yield f"{name} allows {actions} to everybody"
        principal = statement.get("Principal", {})
        service = principal.get("Service") if isinstance(principal, dict) else None
        if service and "aws:SourceAccount" not in json.dumps(statement.get("Condition", {})):
            yield f"{name} lets {service} act for any account"


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


def data_is_private_encrypted_and_recoverable(template: Template) -> Iterator[str]:
    resources = template["Resources"]
    bucket = resources["Bucket"]["Properties"]
    if list(bucket["PublicAccessBlockConfiguration"].values()) != [True] * 4:
        yield "the bucket can be made public"
    if bucket.get("OwnershipControls") != {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}:
        yield "the bucket has ACLs"
    if not bucket.get("BucketEncryption"):
        yield "the bucket isn't encrypted"
    if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}:
        yield "a replaced source is lost"
    for queue in ("Queue", "DeadLetterQueue"):
        if not resources[queue]["Properties"].get("SqsManagedSseEnabled"):
            yield f"{queue} isn't encrypted"
    table = resources["Table"]["Properties"]
    if table["SSESpecification"] != {"SSEEnabled": True}:
        yield "the table isn't encrypted with a key of the account"
    if table["PointInTimeRecoverySpecification"] != {"PointInTimeRecoveryEnabled": True}:
        yield "the table can't be restored"
    if table["TimeToLiveSpecification"] != {"AttributeName": "expires_at", "Enabled": True}:
        yield "old attempts stay for ever"
    if table["BillingMode"] != "PAY_PER_REQUEST":
        yield "an idle table costs money"
    for name in ("Bucket", "Table", "Repository"):
        if (resources[name].get("DeletionPolicy"), resources[name].get("UpdateReplacePolicy")) != ("Retain", "Retain"):
            yield f"{name} goes with the stack"


def derived_data_has_a_lifecycle(template: Template) -> Iterator[str]:
    rules = resolver(template).properties("Bucket")["LifecycleConfiguration"]["Rules"]
    if any(rule["Status"] != "Enabled" for rule in rules):
        yield "a rule sleeps"
    if not any("AbortIncompleteMultipartUpload" in rule for rule in rules):
        yield "failed uploads stay for ever"
    covered = {rule.get("Prefix") for rule in rules if "NoncurrentVersionExpiration" in rule}
    yield from (f"old versions under {prefix} stay for ever" for prefix in DERIVED_PREFIXES if prefix not in covered)
    for rule in rules:
        if "ExpirationInDays" in rule and rule["Prefix"] != "processing/llm_cache/":
            yield f"{rule['Id']} deletes what is in use"


def images_are_scanned_and_never_replaced(template: Template) -> Iterator[str]:
    repository = template["Resources"]["Repository"]["Properties"]
    if repository["ImageTagMutability"] != "IMMUTABLE":
        yield "a tag can come to mean another image"
    if repository["ImageScanningConfiguration"] != {"ScanOnPush": True}:
        yield "images aren't scanned"
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    if not any(rule["selection"]["tagStatus"] == "any" for rule in rules):
        yield "images stay for ever"


def tasks_are_confined(template: Template) -> Iterator[str]:
    task = resolver(template).properties("TaskDefinition")
    [container] = task["ContainerDefinitions"]
    if not container["ReadonlyRootFilesystem"]:
        yield "the root can be written"
    if container["User"].split(":")[0] in ("", "0", "root"):
        yield "the worker is root"
    if container.get("Privileged") or container["LinuxParameters"]["Capabilities"] != {"Drop": ["ALL"]}:
        yield "the worker has capabilities"
    if not container["LinuxParameters"]["InitProcessEnabled"]:
        yield "nobody reaps orphans"
    if [mount["ContainerPath"] for mount in container["MountPoints"]] != ["/tmp"]:
        yield "there is no place for scratch files, or too many"
    if container["LogConfiguration"]["LogDriver"] != "awslogs":
        yield "logs are lost"
    if container["HealthCheck"]["Command"] != ["CMD", "python", "fargate_worker.py", "--healthcheck"]:
        yield "a hung worker isn't noticed"
    if not template["Resources"]["LogGroup"]["Properties"].get("RetentionInDays"):
        yield "logs stay for ever"


def secrets_come_from_the_secret(template: Template) -> Iterator[str]:
    for parameters, arn in (({}, "<Secret>"), ({"SecretArn": "arn:given"}, "arn:given")):
        [container] = resolver(template, **parameters).properties("TaskDefinition")["ContainerDefinitions"]
        given = {secret["Name"]: secret["ValueFrom"] for secret in container["Secrets"]}
        wanted = {name: f"{arn}:{name}::" for name in ("OPENAI_API_KEY", "QDRANT_API_KEY")}
        if given != wanted:
            yield f"secrets are {given}"
        named = {variable["Name"] for variable in container["Environment"]}
        yield from (
            f"{name} is in plain sight" for name in sorted(named) if re.search("KEY|SECRET|PASSWORD|TOKEN$", name)
        )


def nobody_calls_in_and_workers_call_out_narrowly(template: Template) -> Iterator[str]:
    groups = of_type(template, "AWS::EC2::SecurityGroup")
    worker = groups["WorkerSecurityGroup"]
    if worker.get("SecurityGroupIngress") or of_type(template, "AWS::EC2::SecurityGroupIngress"):
        yield "somebody may call workers"
    ports = {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in worker["SecurityGroupEgress"]}
    if ports != {("tcp", 443, 443), ("tcp", 6333, 6334)}:
        yield f"workers call {sorted(ports)}"
    for rule in groups["EndpointSecurityGroup"]["SecurityGroupIngress"]:
        if rule.get("SourceSecurityGroupId") != {"Ref": "WorkerSecurityGroup"}:
            yield "endpoints answer others than workers"
    if any(subnet.get("MapPublicIpOnLaunch") for subnet in of_type(template, "AWS::EC2::Subnet").values()):
        yield "a subnet gives public addresses"
    service = template["Resources"]["Service"]["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    if service["AssignPublicIp"] != "DISABLED":
        yield "tasks have public addresses"
    if service["Subnets"]["Fn::If"][1] != [{"Ref": "PrivateSubnetA"}, {"Ref": "PrivateSubnetB"}]:
        yield "tasks run in public subnets"
    private = {"PrivateRouteTableA", "PrivateRouteTableB"}
    for name, route in of_type(template, "AWS::EC2::Route").items():
        if route["RouteTableId"]["Ref"] in private and "GatewayId" in route:
            yield f"{name} opens a private subnet"
    for service_name in ("s3", "dynamodb"):
        tables = [
            {table["Ref"] for table in endpoint["RouteTableIds"]}
            for endpoint in of_type(template, "AWS::EC2::VPCEndpoint").values()
            if endpoint["VpcEndpointType"] == "Gateway" and endpoint["ServiceName"]["Fn::Sub"].endswith(service_name)
        ]
        if tables != [private]:
            yield f"{service_name} is reached through NAT, and paid for"


def network_is_made_or_given(template: Template) -> Iterator[str]:
    """Which resources the choices make; a given VPC stays untouched."""
    expected = {
        (("NatGateways", "none"), ("InterfaceEndpoints", "yes")): {"NatGateway": 0, "EIP": 0, "InternetGateway": 0},
        (("NatGateways", "one"),): {"NatGateway": 1, "EIP": 1, "InternetGateway": 1, "VPC": 1, "Subnet": 3},
        (("NatGateways", "per-zone"),): {"NatGateway": 2, "EIP": 2, "InternetGateway": 1, "Subnet": 4},
        (("VpcId", "vpc-1"), ("SubnetIds", "subnet-1")): dict.fromkeys(
            ("VPC", "Subnet", "NatGateway", "EIP", "InternetGateway", "RouteTable", "Route", "VPCEndpoint"), 0
        ),
    }
    for choice, numbers in expected.items():
        made = [r["Type"] for r in resolver(template, **dict(choice)).resources.values()]
        for kind, number in numbers.items():
            if made.count(f"AWS::EC2::{kind}") != number:
                yield f"{dict(choice)} makes {made.count(f'AWS::EC2::{kind}')} {kind}"


def rules_use_what_rules_know(template: Template) -> Iterator[str]:
    def functions(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (key for key in value if key.startswith("Fn::"))
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from functions(item)

    for name, rule in template["Rules"].items():
        yield from (f"{name} uses {function}" for function in functions(rule) if function not in RULE_FUNCTIONS)


def keys_are_asked_for_where_the_worker_needs_them(template: Template) -> Iterator[str]:
    """`make deploy` goes by this output: workers without a key would end at once, and the deployment be rolled back."""
    for embedding in ("openai", "lexical"):
        for enrichment in ("llm", "extractive"):
            for base_url in ("", "https://models.internal/v1"):
                choice = {"EmbeddingProvider": embedding, "Enrichment": enrichment, "OpenAiBaseUrl": base_url}
                asked = resolver(template, **choice).condition(template["Outputs"]["NeedsOpenAiKey"]["Condition"])
                if asked == _runs_without_keys(template, choice):
                    yield f"with {choice} the key is {'asked for' if asked else 'not asked for'}"


def limits_of_the_model_reach_the_worker(template: Template) -> Iterator[str]:
    unlimited = worker_settings(template)
    if (unlimited.llm_tpm_limit, unlimited.llm_rpm_limit) != (None, None):
        yield "there is a limit that nobody set"
    limited = worker_settings(template, LlmTokensPerMinute=200_000, LlmRequestsPerMinute=500)
    if (limited.llm_tpm_limit, limited.llm_rpm_limit) != (200_000, 500):
        yield "the model's limits don't reach the worker"


def times_agree(template: Template) -> Iterator[str]:
    """Visibility, receive count, stop, grace and health check, between queue, task and worker."""
    here = resolver(template)
    queue, dead_letters = here.properties("Queue"), here.properties("DeadLetterQueue")
    settings, container = worker_settings(template), here.properties("TaskDefinition")["ContainerDefinitions"][0]
    if settings.visibility_timeout_seconds != queue["VisibilityTimeout"]:
        yield "the worker's heartbeat doesn't fit the queue's visibility time-out"
    if settings.wait_time_seconds != queue["ReceiveMessageWaitTimeSeconds"]:
        yield "worker and queue poll differently"
    if queue["RedrivePolicy"]["deadLetterTargetArn"] != "<DeadLetterQueue.Arn>":
        yield "what can't be worked on isn't kept"
    if queue["RedrivePolicy"]["maxReceiveCount"] < 2 * 3:
        yield "SQS gives up before the worker has tried three times, each of which may be received twice"
    if dead_letters["MessageRetentionPeriod"] < queue["MessageRetentionPeriod"]:
        yield "a dead letter is gone before its time: its age counts from when it was sent first"
    if container["StopTimeout"] > 120:
        yield "Fargate gives no more than 120 s"
    if settings.shutdown_grace_seconds + 10 > container["StopTimeout"]:
        yield "no time is left for handing back what is unfinished"
    if container["StopTimeout"] > queue["VisibilityTimeout"]:
        yield "a stopping worker outlives its leases"
    if settings.wait_time_seconds * 2 > MAX_SILENCE_SECONDS:
        yield "a healthy long poll looks like a hang"
    sleep = policy(read(template), "SleepPolicy")
    if sleep.evaluation_periods * 60 < 2 * settings.wait_time_seconds + 120:
        yield "a queue looks empty before its metrics have caught up"


def memory_suffices(template: Template) -> Iterator[str]:
    settings, task = worker_settings(template), resolver(template).properties("TaskDefinition")
    extraction = settings.extraction_memory_megabytes * settings.extraction_processes
    if extraction + WORKER_MEGABYTES > task["Memory"]:
        yield f"{settings.extraction_processes} extraction processes don't fit into {task['Memory']} MiB"
    if settings.worker_max_memory_megabytes and settings.worker_max_memory_megabytes > task["Memory"]:
        yield "the worker is killed before it would start afresh"


def the_worker_accepts_its_settings(template: Template) -> Iterator[str]:
    [container] = resolver(template).properties("TaskDefinition")["ContainerDefinitions"]
    known = {name.upper() for name in Settings.model_fields}
    named = [variable["Name"] for variable in [*container["Environment"], *container["Secrets"]]]
    yield from (f"no setting is called {name}" for name in named if name not in known)
    try:
        worker_settings(template)
    except SettingsError as error:
        yield str(error)


def events_are_those_that_the_worker_accepts(template: Template) -> Iterator[str]:
    here = resolver(template, PdfPrefix="in box/")
    configurations = here.properties("Bucket")["NotificationConfiguration"]["QueueConfigurations"]
    if {c["Event"] for c in configurations} != {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}:
        yield "the worker doesn't hear of what comes and goes"
    for configuration in configurations:
        if configuration["Queue"] != "<Queue.Arn>":
            yield "events go elsewhere"
        filters = {rule["Name"]: rule["Value"] for rule in configuration["Filter"]["S3Key"]["Rules"]}
        if set(filters) != {"prefix", "suffix"}:
            yield f"events are filtered by {sorted(filters)}"
            continue
        name = (
            configuration["Event"]
            .removeprefix("s3:")
            .replace("*", "Put" if "Created" in configuration["Event"] else "Delete")
        )
        key = f"{filters['prefix']}a{filters['suffix']}"
        intake = parse(_event(name, key), bucket="documents", prefix="in box/")
        if [job.s3_key for job in intake.jobs] != [key]:
            yield f"the worker doesn't want {key}"
    heard = {(c["Event"], rule["Value"]) for c in configurations for rule in c["Filter"]["S3Key"]["Rules"]}
    for event in ("s3:ObjectCreated:*", "s3:ObjectRemoved:*"):
        if not {(event, ".pdf"), (event, ".PDF")} <= heard:
            yield f"a PDF is dropped and {event} says nothing"


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
    alarms = {name: alarm for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items() if not _scales(alarm)}
    watched = {
        "QueueAgeAlarm", "QueueDepthAlarm", "DeadLettersAlarm", "DocumentFailuresAlarm", "LeaseLossesAlarm",
        "HighCpuAlarm", "HighMemoryAlarm", "TasksAtMaxAlarm", "WorkerNotPollingAlarm",
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
    from work_queue.metrics import UNITS

    here = resolver(template)
    for name in of_type(template, "AWS::CloudWatch::Alarm"):
        alarm = here.properties(name)
        if alarm.get("Namespace", "").startswith("PdfIngestion"):
            if alarm["Namespace"] != worker_settings(template).metrics_namespace:
                yield f"{name} watches another namespace"
            if alarm["MetricName"] not in UNITS:
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
    busy = backlog.value({"visible": 1_000, "running": 2})
    if not (backlog.breaches(busy) and busy is not None and backlog.change(busy, 2) >= 1):
        yield "a backlog adds no tasks"
    if backlog.breaches(backlog.value({"visible": 1_000, "running": 500})):
        yield "many tasks ask for more"
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
        if _scales(alarm) and alarm.get("TreatMissingData") != "notBreaching":
            yield f"{name} scales on what it doesn't know"


def queue_metrics_never_fall_silent(template: Template) -> Iterator[str]:
    """SQS forgets a queue after six hours without use."""
    schedule = resolver(template).properties("KeepMetricsAwake")
    hours = re.fullmatch(r"rate\((\d+) hours\)", schedule["ScheduleExpression"])
    if not hours or int(hours[1]) * 2 > 6:
        yield "one missed call, and the first PDF of the day waits for a quarter of an hour"
    if json.loads(schedule["Target"]["Input"])["QueueUrl"] != "<Queue>":
        yield "another queue is kept awake"


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


def it_fits_into_one_request(template: Template) -> Iterator[str]:
    """CloudFormation takes 51,200 bytes; more would need a bucket before there is one."""
    if len(json.dumps(template, separators=(",", ":")).encode()) > 51_200:
        yield "there is too much in it to be sent"


CHECKS: tuple[Check, ...] = (
    roles_have_exactly_the_rights_they_need,
    nothing_is_allowed_by_wildcard,
    only_our_bucket_sends_to_the_queue,
    transport_is_encrypted,
    data_is_private_encrypted_and_recoverable,
    derived_data_has_a_lifecycle,
    images_are_scanned_and_never_replaced,
    tasks_are_confined,
    secrets_come_from_the_secret,
    nobody_calls_in_and_workers_call_out_narrowly,
    network_is_made_or_given,
    rules_use_what_rules_know,
    keys_are_asked_for_where_the_worker_needs_them,
    limits_of_the_model_reach_the_worker,
    times_agree,
    memory_suffices,
    the_worker_accepts_its_settings,
    events_are_those_that_the_worker_accepts,
    alarms_tell_people_what_to_do,
    alarms_watch_what_the_worker_emits,
    scaling_wakes_grows_and_sleeps,
    queue_metrics_never_fall_silent,
    deployments_leave_busy_tasks_alone,
    it_fits_into_one_request,
)


def read(template: Template) -> Scaling:
    return read_scaling(template, {"QdrantUrl": "https://qdrant:6333"})


def policy(scaling: Scaling, name: str) -> Any:
    return next(policy for policy in scaling.policies if policy.name == name)


def worker_settings(template: Template, key: str = "filled in", **parameters: Any) -> Settings:
    """What the worker makes of the environment that the template gives it, with `key` for every key."""
    [container] = resolver(template, **parameters).properties("TaskDefinition")["ContainerDefinitions"]
    environment = {variable["Name"].lower(): str(variable["Value"]) for variable in container["Environment"]}
    secrets = {secret["Name"].lower(): key for secret in container["Secrets"] if key}
    return Settings.model_validate({**environment, **secrets})


def _runs_without_keys(template: Template, parameters: Mapping[str, str]) -> bool:
    try:
        worker_settings(template, key="", **parameters)
    except SettingsError:
        return False
    return True


def _statements(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    def find(name: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if isinstance(value, dict):
            for statement in _list(value.get("Statement", [])):
                yield name, statement
            for item in value.values():
                yield from find(name, item)
        elif isinstance(value, list):
            for item in value:
                yield from find(name, item)

    for name, resource in template["Resources"].items():
        yield from find(name, resource.get("Properties", {}))


def _scales(alarm: Mapping[str, Any]) -> bool:
    return any(action["Ref"].endswith("Policy") for action in alarm["AlarmActions"])


def _event(name: str, key: str) -> str:
    from urllib.parse import quote_plus

    stored = {"key": quote_plus(key, safe="/"), "size": 1, "eTag": "e", "sequencer": "1"}
    record = {"eventSource": "aws:s3", "eventName": name, "s3": {"bucket": {"name": "documents"}, "object": stored}}
    return json.dumps({"Records": [{**record, "eventTime": "2030-01-01T00:00:00.000Z"}]})


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
