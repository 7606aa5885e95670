"""The panel's own stack: closed but for the load balancer, with settings that it takes and rights that it uses."""

from pathlib import Path
from typing import Any

import pytest

from config import Settings
from infra.scaling import AnyResource
from infra.template import Resolver, load_template
from tests.unit.infra.template_checks.access import KEY_RIGHTS
from tests.unit.infra.template_checks.reading import as_list

INFRA = Path(__file__).resolve().parents[3] / "infra"
PANEL, WORKERS = load_template(INFRA / "panel.yaml"), load_template()
GIVEN = {
    "Image": "repository:tag", "BucketName": "bucket", "QueueUrl": "https://queue", "QueueArn": "arn:queue",
    "DeadLetterQueueUrl": "https://dlq", "DeadLetterQueueArn": "arn:dlq", "TableName": "table", "SecretArn": "arn:s",
    "VpcId": "vpc-1", "PublicSubnetIds": ["subnet-1", "subnet-2"], "PrivateSubnetIds": ["subnet-3"],
    "WorkerSecurityGroupId": "sg-1", "QdrantUrl": "https://qdrant:6333", "CertificateArn": "arn:aws:acm:x",
    "PublicUrl": "https://papers.example.org", "AllowedCidr": "203.0.113.0/24",
}  # fmt: skip
OWN = {"CertificateArn", "PublicUrl", "AllowedCidr", "PanelTasks", "MaxPanelTasks", "RerankUrl", "RerankModel"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/mine"
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


def test_servers_of_their_own_are_asked_with_their_keys() -> None:
    """Questions become vectors where the documents' did: another server's vectors find nothing."""
    server = "https://models.internal/v1"
    chosen = {"LlmBaseUrl": server, "EmbeddingBaseUrl": server, "RerankUrl": server, "RerankModel": "r"}
    panel = Resolver(PANEL, {**GIVEN, **chosen, "LlmReasoningEffort": "low"}, made=AnyResource())
    [container] = panel.properties("TaskDefinition")["ContainerDefinitions"]
    environment = {one["Name"].lower(): str(one["Value"]) for one in container["Environment"]}
    secrets = {one["Name"]: one["ValueFrom"] for one in container["Secrets"]}
    own = {"LLM_API_KEY", "EMBEDDING_API_KEY", "RERANK_API_KEY"}
    assert set(secrets) == SECRETS | own
    assert {secrets[name] for name in own} == {f"arn:s:{name}::" for name in own}
    settings = Settings.model_validate({**environment, **{name.lower(): "k" * 40 for name in secrets}})
    assert {settings.llm_base_url, settings.embedding_base_url, settings.rerank_url} == {server}
    assert (settings.rerank_model, settings.llm_reasoning_effort) == ("r", "low")


def test_what_it_shares_with_the_workers_is_read_from_their_stack() -> None:
    """A setting of models that only the workers get would make the panel ask other ones."""
    variables = {
        one["Name"]
        for template in (WORKERS, PANEL)
        for one in _flat(template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0])
    }
    [panel_container] = PANEL["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    here = {one["Name"] for one in _flat(panel_container)}
    missing = {name for name in variables - here if name.startswith(("LLM_", "EMBEDDING_", "OPENAI_", "RERANK_"))}
    limits_of_the_fleet = {"LLM_CONCURRENCY", "LLM_TPM_LIMIT", "LLM_RPM_LIMIT"}
    assert missing == {*limits_of_the_fleet, "LLM_CACHE_DAYS"}, "the panel's questions are not noted"


def test_a_key_of_ones_own_encrypts_its_secrets_and_logs_and_opens_the_workers_data(panel: Resolver) -> None:
    mine = Resolver(PANEL, {**GIVEN, "KmsKeyArn": KEY}, made=AnyResource())
    for name in ("Secret", "SessionSecret", "LogGroup"):
        assert (mine.properties(name)["KmsKeyId"], "KmsKeyId" in panel.properties(name)) == (KEY, False)
    workers = KEY_RIGHTS["TaskRole"]
    for role, (actions, services) in {"TaskRole": workers, "ExecutionRole": KEY_RIGHTS["ExecutionRole"]}.items():
        [policy] = mine.properties(role)["Policies"]
        *_, statement = policy["PolicyDocument"]["Statement"]
        through = [f"{service}.us-east-1.amazonaws.com" for service in services]
        assert (set(as_list(statement["Action"])), statement["Resource"]) == (actions, KEY)
        assert as_list(statement["Condition"]["StringEquals"]["kms:ViaService"]) == through


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


def _flat(container: dict[str, Any]) -> list[dict[str, Any]]:
    """The variables and secrets of a container, those that come by a condition as well."""
    return [one.get("Fn::If", [None, one])[1] for one in [*container["Environment"], *container["Secrets"]]]
