"""`make deploy` and `make destroy` call what they should, in their order; AWS and engine are stubs here."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import jmespath  # type: ignore[import-untyped]
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]

#: Answers as the AWS CLI does: nothing for an output that isn't there, and 254 without a stack.
STUB = """#!/usr/bin/env bash
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in
    *describe-stacks*) grep -q "cloudformation deploy" "$CALLS" || [ -n "${SERVICE:-}${STATUS:-}" ] || exit 254 ;;
esac
case "$*" in
    *RepositoryUri*) echo 1234.dkr.ecr.us-east-1.amazonaws.com/stack-repository ;;
    *BucketName*) echo the-bucket ;;
    *SecretArn*) echo arn:the-secret ;;
    *ServiceName*) echo "${SERVICE:-}" ;;
    *NeedsOpenAiKey*) echo "${NEEDS_KEY:-}" ;;
    *SecretNames*) echo "${NAMES:-}" ;;
    *get-secret-value*) [ -n "${SECRET:-}" ] && echo "$SECRET" ;;
    *container_engine.py*) echo podman ;;
    *describe-images*) exit "${IMAGE_MISSING:-1}" ;;
    *StackStatus*) echo "${STATUS:-}" ;;
    *TableName*) echo "${TABLE:-}" ;;
    *get-service-quota*) echo "${QUOTA:-}" ;;
    *MaxTasks*) echo 50 ;;
    *Cpu*) echo 2048 ;;
    *describe-table*) echo '[{"IndexName": "old"}]' ;;
    *infra.template_steps*) mkdir -p .local/deploy; touch .local/deploy/template.yaml $STEPS; cat >"$CALLS.indexes" ;;
esac
"""
EMPTY = '{"OPENAI_API_KEY": "", "QDRANT_API_KEY": ""}'
FILLED = '{\n  "OPENAI_API_KEY" : "sk-1",\n  "QDRANT_API_KEY" : ""\n}'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clean checkout with the scripts, and stubs that write down how they are called."""
    project = tmp_path / "project"
    shutil.copytree(REPOSITORY / "infra", project / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    for name in ("aws", "podman", "python"):
        (stubs / name).write_text(STUB, encoding="utf-8")
        (stubs / name).chmod(0o755)
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=project, check=True)
    return project


def run(project: Path, *command: str, **extra: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    calls = project.parent / "calls"
    calls.touch()
    stubs = project.parent / "stubs"
    env = {"PATH": f"{stubs}:{os.environ['PATH']}", "PYTHON": "python", "CALLS": str(calls), "STEPS": "", **extra}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    return done, [line.split(" --query")[0] for line in calls.read_text(encoding="utf-8").splitlines()]


def test_deploying_makes_the_repository_then_the_image_then_the_workers(project: Path) -> None:
    tag = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=project, capture_output=True, text=True, check=True
    ).stdout.strip()
    image = f"1234.dkr.ecr.us-east-1.amazonaws.com/stack-repository:{tag}"
    stack = "aws cloudformation deploy --stack-name mine --template-file .local/deploy/template.yaml"
    stack += " --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --parameter-overrides QdrantUrl=https://q"

    done, calls = run(project, "infra/deploy.sh", "mine", "QdrantUrl=https://q", NEEDS_KEY="yes", SECRET=FILLED)

    assert done.returncode == 0, done.stderr
    unimportant = (" describe-stacks", " get-service-quota")
    important = [call for call in calls if not any(name in call for name in unimportant)]
    important[9:11] = sorted(important[9:11])  # both ends of a pipe start at once
    assert important == [
        "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com",
        "aws iam create-service-linked-role --aws-service-name ecs.application-autoscaling.amazonaws.com",
        "python -m infra.template_steps .local/deploy",
        stack,
        "aws secretsmanager get-secret-value --secret-id arn:the-secret",
        "aws secretsmanager get-secret-value --secret-id arn:the-secret",
        "python scripts/container_engine.py",
        f"aws ecr describe-images --repository-name stack-repository --image-ids imageTag={tag}",
        f"python scripts/build_image.py --image {image}",
        "aws ecr get-login-password",
        f"podman login --username AWS --password-stdin {image.split('/')[0]}",
        f"podman push {image}",
        f"{stack} ImageTag={tag} Architecture={'ARM64' if platform.machine() in ('aarch64', 'arm64') else 'X86_64'}",
    ]
    assert "s3://the-bucket/source-pdfs/" in done.stdout


def test_there_are_no_workers_before_their_key(project: Path) -> None:
    """They would end at once, and CloudFormation would roll back what it has made."""
    done, calls = run(project, "infra/deploy.sh", "mine", NEEDS_KEY="yes", SECRET=EMPTY)
    assert done.returncode == 2
    assert "OPENAI_API_KEY in arn:the-secret" in done.stderr
    assert [call for call in calls if "cloudformation deploy" in call]
    assert not [call for call in calls if "ImageTag" in call or "build_image" in call]


def test_who_needs_no_key_is_not_asked_for_one(project: Path) -> None:
    done, calls = run(project, "infra/deploy.sh", "mine", SECRET=EMPTY)
    assert done.returncode == 0, done.stderr
    assert [call for call in calls if "ImageTag" in call]


@pytest.mark.parametrize(
    ("given", "names", "lacks"),
    [
        (["LlmBaseUrl=https://own/v1"], "OPENAI_API_KEY,QDRANT_API_KEY", "LLM_API_KEY"),
        (["EmbeddingBaseUrl=https://own/v1"], "", "EMBEDDING_API_KEY"),
        ([], "OPENAI_API_KEY,QDRANT_API_KEY,LLM_API_KEY", "LLM_API_KEY"),
        (["LlmBaseUrl="], "OPENAI_API_KEY,QDRANT_API_KEY", None),
    ],
)
def test_a_secret_that_lacks_a_name_is_refused_before_tasks_fail_on_it(
    project: Path, given: list[str], names: str, lacks: str | None
) -> None:
    """ECS says "did not contain json key", starts nothing, and CloudFormation rolls everything back."""
    done, calls = run(
        project, "infra/deploy.sh", "mine", *given, SERVICE="the-service", IMAGE_MISSING="0", SECRET=EMPTY, NAMES=names
    )
    assert done.returncode == (2 if lacks else 0), done.stderr
    assert not lacks or f"lacks {lacks}" in done.stderr
    assert bool([call for call in calls if "cloudformation deploy" in call]) is (lacks is None)


def test_the_names_are_looked_for_in_the_secret_that_is_given(project: Path) -> None:
    _, calls = run(
        project, "infra/deploy.sh", "mine", "SecretArn=arn:own", SERVICE="s", IMAGE_MISSING="0", SECRET=EMPTY
    )
    assert "aws secretsmanager get-secret-value --secret-id arn:own" in calls


def test_a_secret_that_cannot_be_read_here_is_said_and_no_reason_to_stop(project: Path) -> None:
    done, calls = run(project, "infra/deploy.sh", "mine", SERVICE="the-service", IMAGE_MISSING="0")
    assert (done.returncode, "it must have OPENAI_API_KEY QDRANT_API_KEY" in done.stderr) == (0, True)
    assert [call for call in calls if "ImageTag" in call]


def test_with_workers_there_everything_changes_at_once_and_an_image_that_is_there_is_not_built_again(
    project: Path,
) -> None:
    done, calls = run(project, "infra/deploy.sh", "mine", SERVICE="the-service", IMAGE_MISSING="0")
    assert done.returncode == 0, done.stderr
    assert not [call for call in calls if "build_image" in call or "push" in call]
    [deployment] = [call for call in calls if "cloudformation deploy" in call]
    assert "ImageTag=" in deployment


@pytest.mark.parametrize("script", ["deploy.sh", "destroy.sh"])
def test_a_stack_that_never_came_to_be_has_no_outputs_rather_than_one_called_none(script: str) -> None:
    """The AWS CLI prints `None` for a null, and nothing for an empty list."""
    text = (REPOSITORY / "infra" / script).read_text(encoding="utf-8")
    [query] = re.findall(r'--query "(Stacks.*Outputs.*)"', text)
    query = query.replace("$1", "TableName")
    assert jmespath.search(query, {"Stacks": [{"StackStatus": "REVIEW_IN_PROGRESS"}]}) == []
    outputs = [{"OutputKey": "BucketName", "OutputValue": "b"}, {"OutputKey": "TableName", "OutputValue": "t"}]
    assert jmespath.search(query, {"Stacks": [{"Outputs": outputs}]}) == ["t"]


def test_changes_that_no_commit_names_are_not_deployed(project: Path) -> None:
    (project / "infra" / "template.yaml").write_text("changed", encoding="utf-8")
    done, calls = run(project, "infra/deploy.sh", "mine")
    assert (done.returncode, calls) == (2, [])
    assert "commit first" in done.stderr


def test_destroying_wants_the_name_twice_and_says_what_is_kept(project: Path) -> None:
    done, calls = run(project, "infra/destroy.sh", "mine", "")
    assert (done.returncode, calls) == (2, [])
    done, calls = run(project, "infra/destroy.sh", "mine", "mine", SERVICE="the-service")
    assert done.returncode == 0
    deleted = [call.rpartition(" ")[2] for call in calls if " delete-stack " in call]
    assert deleted == ["mine-panel", "mine-events", "mine"]  # they use what the last one takes away
    assert "s3://the-bucket" in done.stdout


@pytest.mark.parametrize("name", ["Papers", "a" * 41, "2papers"])
def test_a_stack_name_that_no_bucket_can_have_is_refused_before_anything_is_made(project: Path, name: str) -> None:
    done, calls = run(project, "infra/deploy.sh", name, "QdrantUrl=https://q")
    assert (done.returncode, calls) == (2, [])
    assert "BucketName=" in done.stderr


def test_any_stack_name_will_do_with_a_bucket_name(project: Path) -> None:
    done, _ = run(project, "infra/deploy.sh", "Papers", "BucketName=papers", "QdrantUrl=https://q", SECRET=FILLED)
    assert done.returncode == 0, done.stderr


def test_what_a_failed_first_deployment_left_is_removed(project: Path) -> None:
    """CloudFormation updates no stack that was rolled back at its creation."""
    done, calls = run(
        project, "infra/deploy.sh", "mine", "QdrantUrl=https://q", SECRET=FILLED, STATUS="ROLLBACK_COMPLETE"
    )
    assert done.returncode == 0, done.stderr
    removed = calls.index("aws cloudformation delete-stack --stack-name mine")
    assert calls[removed + 1] == "aws cloudformation wait stack-delete-complete --stack-name mine"
    assert any("cloudformation deploy" in call for call in calls[removed:])


def test_indexes_come_one_at_a_time_before_the_workers_and_go_after_them(project: Path) -> None:
    folder = ".local/deploy"
    steps = " ".join(f"{folder}/{name}.yaml" for name in ("before-1", "before-2", "after-1"))
    done, calls = run(
        project, "infra/deploy.sh", "mine", "MaxTasks=3", SERVICE="the-service", IMAGE_MISSING="0", TABLE="the-table",
        STEPS=steps,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    deployed = [call for call in calls if "cloudformation deploy" in call]
    assert [Path(call.split()[6]).stem for call in deployed] == ["before-1", "before-2", "template", "after-1"]
    assert ["MaxTasks=3" in call for call in deployed] == [False, False, True, False], (
        "settings change with the workers"
    )
    assert "old" in (project.parent / "calls.indexes").read_text(encoding="utf-8"), "the table's indexes are passed on"


@pytest.mark.parametrize(("quota", "warns"), [("6.0", True), ("100.0", False), ("", False)])
def test_more_tasks_than_the_account_may_run_are_said(project: Path, quota: str, warns: bool) -> None:
    done, _ = run(project, "infra/deploy.sh", "mine", SERVICE="the-service", IMAGE_MISSING="0", QUOTA=quota)
    assert done.returncode == 0, done.stderr
    assert ("want 100 vCPUs, this account may run 6" in done.stderr) is warns


def describe(project: Path, *pairs: tuple[str, str]) -> None:
    """What the AWS CLI prints of the workers' stack, and of its secret."""
    text = "".join(f"{name}\t{value}\n" for name, value in pairs)
    stub = f"""#!/usr/bin/env bash
echo "aws $*" >> "$CALLS"
case "$*" in
    *describe-stacks*) printf '{text}' ;;
    *get-secret-value*) printf "%s" "${{SECRET:-}}" ;;
esac
"""
    (project.parent / "stubs" / "aws").write_text(stub, encoding="utf-8")


def test_the_panel_gets_what_it_shares_with_the_workers_and_its_own_settings(project: Path) -> None:
    described = [("Image", "repository:tag"), ("PublicSubnetIds", "subnet-1,subnet-2"), ("TargetStores", "pages")]
    describe(project, *described, ("MaxTasks", "50"), ("PublicUrl", "https://old"))
    done, calls = run(project, "infra/deploy_panel.sh", "mine", "PublicUrl=https://papers.example.org")
    assert done.returncode == 0, done.stderr
    [deployed] = [call for call in calls if "cloudformation deploy" in call]
    assert "--stack-name mine-panel --template-file infra/panel.yaml" in deployed
    assert deployed.endswith(
        "Image=repository:tag PublicSubnetIds=subnet-1,subnet-2 TargetStores=pages PublicUrl=https://papers.example.org"
    )


@pytest.mark.parametrize(("described", "words"), [((), "no workers yet"), ((("Image", "i"),), "PublicSubnetIds=")])
def test_a_panel_without_workers_or_subnets_is_refused(
    project: Path, described: tuple[tuple[str, str], ...], words: str
) -> None:
    describe(project, *described)
    done, calls = run(project, "infra/deploy_panel.sh", "mine", "PublicUrl=https://papers.example.org")
    assert (done.returncode, words in done.stderr) == (2, True)
    assert not [call for call in calls if "cloudformation deploy" in call]


WORKERS = [
    ("ServiceName", "the-service"), ("TableName", "the-table"), ("VpcId", "vpc-1"), ("TaskRoleName", "the-role"),
    ("VpcId", "vpc-1"), ("MaxTasks", "50"), ("EventsTargetArn", ""),
]  # fmt: skip


def test_events_get_a_stack_of_their_own_and_then_the_workers_are_told(project: Path) -> None:
    """Nothing else of the workers' stack changes."""
    describe(project, *WORKERS)
    stub = (project.parent / "stubs" / "aws").read_text(encoding="utf-8")
    more = "*TargetArn*) echo arn:the-bus ;; *Parameters\\[\\].ParameterKey) echo MaxTasks EventsTargetArn ;; *describe"
    (project.parent / "stubs" / "aws").write_text(stub.replace("*describe", more, 1), encoding="utf-8")
    done, calls = run(project, "infra/deploy_events.sh", "mine", "Target=sns")
    assert done.returncode == 0, done.stderr
    [deployed] = [call for call in calls if "cloudformation deploy" in call]
    assert "--stack-name mine-events --template-file infra/events.yaml" in deployed
    assert deployed.endswith("WorkersStack=mine TableName=the-table VpcId=vpc-1 TaskRoleName=the-role Target=sns")
    [update] = [call for call in calls if "update-stack" in call]
    assert update.endswith(
        "--stack-name mine --use-previous-template --capabilities CAPABILITY_IAM --parameters"
        " ParameterKey=EventsTargetArn,ParameterValue=arn:the-bus ParameterKey=MaxTasks,UsePreviousValue=true"
    )
    assert calls[-1] == "aws cloudformation wait stack-update-complete --stack-name mine"
    assert "EVENTS_TARGET_ARN=arn:the-bus" in done.stdout


def test_workers_that_know_the_bus_are_left_alone(project: Path) -> None:
    describe(project, *WORKERS[:-1], ("EventsTargetArn", "arn:the-bus"))
    stub = (project.parent / "stubs" / "aws").read_text(encoding="utf-8")
    more = "*TargetArn*) echo arn:the-bus ;; *describe"
    (project.parent / "stubs" / "aws").write_text(stub.replace("*describe", more, 1), encoding="utf-8")
    done, calls = run(project, "infra/deploy_events.sh", "mine")
    assert done.returncode == 0, done.stderr
    assert not [call for call in calls if "update-stack" in call]


@pytest.mark.parametrize("missing", ["ServiceName", "TaskRoleName"])
def test_events_without_workers_are_refused(project: Path, missing: str) -> None:
    describe(project, *(pair for pair in WORKERS if pair[0] != missing))
    done, calls = run(project, "infra/deploy_events.sh", "mine")
    assert (done.returncode, f"no {missing}: make deploy first" in done.stderr) == (2, True)
    assert not [call for call in calls if "cloudformation deploy" in call]


def test_a_reranker_without_its_name_in_the_secret_is_refused(project: Path) -> None:
    describe(project, ("Image", "i"), ("PublicSubnetIds", "subnet-1"), ("SecretArn", "arn:the-secret"))
    done, calls = run(project, "infra/deploy_panel.sh", "mine", "RerankUrl=https://rank", SECRET=EMPTY)
    assert (done.returncode, "arn:the-secret lacks RERANK_API_KEY" in done.stderr) == (2, True)
    assert not [call for call in calls if "cloudformation deploy" in call]
