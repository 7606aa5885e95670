"""The panel's own stack: closed but for the load balancer, with settings that it takes and rights that it uses."""

from pathlib import Path
from typing import Any

import pytest

from config import Settings
from infra.scaling import AnyResource
from infra.template import Resolver, load_template

INFRA = Path(__file__).resolve().parents[3] / "infra"
PANEL, WORKERS = load_template(INFRA / "panel.yaml"), load_template()
GIVEN = {
    "Image": "repository:tag", "BucketName": "bucket", "QueueUrl": "https://queue", "QueueArn": "arn:queue",
    "DeadLetterQueueUrl": "https://dlq", "DeadLetterQueueArn": "arn:dlq", "TableName": "table", "SecretArn": "arn:s",
    "VpcId": "vpc-1", "PublicSubnetIds": ["subnet-1", "subnet-2"], "PrivateSubnetIds": ["subnet-3"],
    "WorkerSecurityGroupId": "sg-1", "QdrantUrl": "https://qdrant:6333", "CertificateArn": "arn:aws:acm:x",
    "PublicUrl": "https://papers.example.org", "AllowedCidr": "203.0.113.0/24",
}  # fmt: skip
OWN = {"CertificateArn", "PublicUrl", "AllowedCidr", "PanelTasks", "MaxPanelTasks"}
SECRETS = {"APP_PASSWORD", "SECRET_KEY", "OPENAI_API_KEY", "QDRANT_API_KEY"}


@pytest.fixture
def panel() -> Resolver:
    return Resolver(PANEL, GIVEN, made=AnyResource())


@pytest.fixture
def container(panel: Resolver) -> dict[str, Any]:
    [container] = panel.properties("TaskDefinition")["ContainerDefinitions"]
    found: dict[str, Any] = container
    return found


def test_what_it_needs_of_the_workers_stack_is_there() -> None:
    assert set(PANEL["Parameters"]) - OWN <= {*WORKERS["Outputs"], *WORKERS["Parameters"]}


def test_shared_settings_have_the_workers_defaults() -> None:
    shared = set(PANEL["Parameters"]) & set(WORKERS["Parameters"]) - set(WORKERS["Outputs"])
    differing = [
        name
        for name in sorted(shared)
        if "Default" in PANEL["Parameters"][name]
        and PANEL["Parameters"][name]["Default"] != WORKERS["Parameters"][name].get("Default")
    ]
    assert differing == []


def test_the_panel_takes_its_settings_and_keeps_its_secrets(container: dict[str, Any]) -> None:
    environment = {one["Name"].lower(): str(one["Value"]) for one in container["Environment"]}
    assert set(environment) <= set(Settings.model_fields)
    assert {one["Name"] for one in container["Secrets"]} == SECRETS
    settings = Settings.model_validate({**environment, **{name.lower(): "k" * 40 for name in SECRETS}})
    assert (settings.panel_https, settings.panel_trusted_proxies) == (True, 1)
    assert settings.public_url == "https://papers.example.org"


def test_it_runs_confined_from_the_workers_image(container: dict[str, Any]) -> None:
    assert (container["Image"], container["EntryPoint"]) == ("repository:tag", ["python", "app.py"])
    assert container["ReadonlyRootFilesystem"]
    assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert container["User"].split(":")[0] not in ("", "0", "root")


def test_only_the_load_balancer_reaches_it_and_only_with_tls(panel: Resolver) -> None:
    service = panel.properties("Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert service["AssignPublicIp"] == "DISABLED"
    assert "SecurityGroupIngress" not in panel.properties("PanelSecurityGroup")
    ingress = panel.properties("PanelIngress")
    assert ingress["SourceSecurityGroupId"] == "<LoadBalancerSecurityGroup.GroupId>"
    people = panel.properties("LoadBalancerSecurityGroup")["SecurityGroupIngress"]
    assert {rule["CidrIp"] for rule in people} == {"203.0.113.0/24"}
    assert "Default" not in PANEL["Parameters"]["AllowedCidr"], "nobody opens it to the world by leaving something out"
    assert panel.properties("HttpsListener")["Certificates"] == [{"CertificateArn": "arn:aws:acm:x"}]
    [plain] = panel.properties("HttpListener")["DefaultActions"]
    assert plain["Type"] == "redirect"


def test_the_load_balancer_writes_no_questions_down(panel: Resolver) -> None:
    attributes = {one["Key"]: one["Value"] for one in panel.properties("LoadBalancer")["LoadBalancerAttributes"]}
    assert attributes["access_logs.s3.enabled"] == "false"


def test_its_role_reaches_the_stacks_own_data_only(panel: Resolver) -> None:
    [policy] = panel.properties("TaskRole")["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        assert all(any(part in one for part in ("bucket", "arn:queue", "arn:dlq", "table/table")) for one in resources)
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [action for action in actions if "*" in action]
