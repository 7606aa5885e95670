"""infra/deploy.sh, deploy_events.sh, deploy_panel.sh and destroy.sh with AWS's own CLI, on fakecloud.

The image is a manifest that a stub puts into the repository; the templates are for_fakecloud's copies.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from infra.template import load_template
from tests.support.aws_engine import KEYS, FakeCloud, engine_name
from tests.support.deployed_stack import DeployedStack, for_fakecloud

if TYPE_CHECKING:
    from infra.provision import Endpoint
    from tests.support.aws_engine import AwsEngine

pytestmark = [
    pytest.mark.skipif(engine_name() != "fakecloud", reason="no CloudFormation here: make test-fakecloud"),
    pytest.mark.skipif(shutil.which("aws") is None, reason="no AWS CLI on the PATH"),
    pytest.mark.timeout(1_200),
]
REPOSITORY = Path(__file__).resolve().parents[2]
STACK = "mine"
MANIFEST = {
    "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": [],
    "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 2, "digest": f"sha256:{4:064}"},
}  # fmt: skip
PYTHON = f"""#!/usr/bin/env bash
case "$*" in
    *container_engine.py*) echo podman ;;
    *build_image.py*) ;;
    *) exec {sys.executable} "$@" ;;
esac
"""
#: What is pushed is in the repository afterwards, as far as its API can tell.
PODMAN = f"""#!/usr/bin/env bash
case $1 in
    login) cat >/dev/null ;;
    push)
        repository=${{2%:*}}
        aws ecr put-image --repository-name "${{repository#*/}}" --image-tag "${{2##*:}}" \\
            --image-manifest '{json.dumps(MANIFEST)}' ;;
esac
"""


class Project:
    """A clean checkout, whose scripts talk to fakecloud."""

    def __init__(self, folder: Path, endpoint_url: str) -> None:
        self._folder = folder / "project"
        shutil.copytree(REPOSITORY / "infra", self._folder / "infra", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("template", "panel", "events"):
            path = self._folder / "infra" / f"{name}.yaml"
            text = yaml.safe_dump(for_fakecloud(load_template(path)), sort_keys=False, width=sys.maxsize)
            path.write_text(text, encoding="utf-8")
        (self._folder / ".gitignore").write_text(".local\n", encoding="utf-8")
        stubs = folder / "stubs"
        stubs.mkdir()
        for name, text in (("python", PYTHON), ("podman", PODMAN)):
            (stubs / name).write_text(text, encoding="utf-8")
            (stubs / name).chmod(0o755)
        self._env = {
            **os.environ, "PATH": f"{stubs}:{os.environ['PATH']}", "PYTHON": str(stubs / "python"),
            "AWS_ENDPOINT_URL": endpoint_url, "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEYS[0], "AWS_SECRET_ACCESS_KEY": KEYS[1],
        }  # fmt: skip
        identity = ("-c", "user.name=x", "-c", "user.email=x")
        for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
            subprocess.run(["git", *command], cwd=self._folder, check=True)

    def run(self, script: str, *arguments: str, code: int = 0) -> str:
        """What it prints; it must end with this code."""
        done = subprocess.run(
            [f"infra/{script}.sh", *arguments], cwd=self._folder, env=self._env, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


def test_the_scripts_deploy_workers_events_and_panel_and_take_them_away(aws: "AwsEngine", tmp_path: Path) -> None:
    assert isinstance(aws, FakeCloud)
    endpoint, project = aws.endpoint, Project(tmp_path, aws.endpoint.url)
    stack = DeployedStack(endpoint, STACK)

    said = project.run("deploy", STACK, "QdrantUrl=http://qdrant.internal:6333", code=2)
    assert "everything but the workers is there; they need OPENAI_API_KEY" in said
    assert "ServiceName" not in stack.outputs()

    endpoint.client("secretsmanager").put_secret_value(
        SecretId=stack.outputs()["SecretArn"], SecretString=json.dumps({"OPENAI_API_KEY": "sk", "QDRANT_API_KEY": ""})
    )
    said = project.run("deploy", STACK, "MaxTasks=7")
    made = stack.outputs()
    assert f"drop PDFs into s3://{made['BucketName']}/source-pdfs/" in said
    assert "warning: 7 tasks (MaxTasks) want 14 vCPUs, this account may run 6" in said
    assert stack.parameters()["QdrantUrl"] == "http://qdrant.internal:6333", "what was given before is kept"
    assert made["Image"].startswith(made["RepositoryUri"])

    project.run("deploy_events", STACK)
    events = DeployedStack(endpoint, f"{STACK}-events")
    target = events.outputs()["TargetArn"]
    assert environment_of_the_worker(endpoint, stack)["EVENTS_TARGET_ARN"] == target
    iam = endpoint.client("iam")
    assert "send-events" in iam.list_role_policies(RoleName=stack.role("TaskRole"))["PolicyNames"]
    assert f"send to {target} already" in project.run("deploy_events", STACK)
    project.run("deploy", STACK, "MaxTasks=3")
    assert stack.parameters()["EventsTargetArn"] == target

    certificate = endpoint.client("acm").request_certificate(DomainName="papers.example.org")["CertificateArn"]
    own = (f"CertificateArn={certificate}", "PublicUrl=https://papers.example.org", "AllowedCidr=203.0.113.0/24")
    assert "https://papers.example.org" in project.run("deploy_panel", STACK, *own)

    said = project.run("destroy", STACK, STACK)
    assert f"s3://{made['BucketName']}" in said
    left = {one["StackName"] for one in endpoint.client("cloudformation").describe_stacks()["Stacks"]}
    assert left & {STACK, f"{STACK}-events", f"{STACK}-panel"} == set()
    endpoint.client("s3").head_bucket(Bucket=made["BucketName"])


def environment_of_the_worker(endpoint: "Endpoint", stack: DeployedStack) -> dict[str, str]:
    task = endpoint.client("ecs").describe_task_definition(taskDefinition=stack.resources()["TaskDefinition"])
    [container] = task["taskDefinition"]["containerDefinitions"]
    return {one["name"]: one["value"] for one in container["environment"]}
