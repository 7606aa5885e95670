"""`make deploy` and `make destroy` call what they should, in their order; AWS and engine are stubs here."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

STUB = """#!/usr/bin/env bash
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in
    *RepositoryUri*) echo 1234.dkr.ecr.us-east-1.amazonaws.com/stack-repository ;;
    *BucketName*) echo the-bucket ;;
    *container_engine.py*) echo podman ;;
    *describe-images*) exit "${IMAGE_MISSING:-1}" ;;
esac
"""


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
    env = {"PATH": f"{stubs}:{os.environ['PATH']}", "PYTHON": "python", "CALLS": str(calls), **extra}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    return done, [line.split(" --query")[0] for line in calls.read_text(encoding="utf-8").splitlines()]


def test_deploying_makes_the_repository_then_the_image_then_the_workers(project: Path) -> None:
    tag = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=project, capture_output=True, text=True, check=True
    ).stdout.strip()
    image = f"1234.dkr.ecr.us-east-1.amazonaws.com/stack-repository:{tag}"
    stack = "aws cloudformation deploy --stack-name mine --template-file .local/template.json"
    stack += " --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --parameter-overrides QdrantUrl=https://q"

    done, calls = run(project, "infra/deploy.sh", "mine", "QdrantUrl=https://q")

    assert done.returncode == 0, done.stderr
    important = [call for call in calls if " describe-stacks" not in call]
    important[5:7] = sorted(important[5:7])  # both ends of a pipe start at once
    assert important == [
        "python -m infra.template",
        stack,
        "python scripts/container_engine.py",
        f"aws ecr describe-images --repository-name stack-repository --image-ids imageTag={tag}",
        f"python scripts/build_image.py --image {image}",
        "aws ecr get-login-password",
        f"podman login --username AWS --password-stdin {image.split('/')[0]}",
        f"podman push {image}",
        f"{stack} ImageTag={tag} Architecture={'ARM64' if platform.machine() in ('aarch64', 'arm64') else 'X86_64'}",
    ]
    assert "s3://the-bucket/source-pdfs/" in done.stdout


def test_an_image_that_is_there_is_not_built_again(project: Path) -> None:
    done, calls = run(project, "infra/deploy.sh", "mine", IMAGE_MISSING="0")
    assert done.returncode == 0, done.stderr
    assert not [call for call in calls if "build_image" in call or "push" in call]


def test_changes_that_no_commit_names_are_not_deployed(project: Path) -> None:
    (project / "infra" / "template.yaml").write_text("changed", encoding="utf-8")
    done, calls = run(project, "infra/deploy.sh", "mine")
    assert (done.returncode, calls) == (2, [])
    assert "commit first" in done.stderr


def test_destroying_wants_the_name_twice_and_says_what_is_kept(project: Path) -> None:
    done, calls = run(project, "infra/destroy.sh", "mine", "")
    assert (done.returncode, calls) == (2, [])
    done, calls = run(project, "infra/destroy.sh", "mine", "mine")
    assert done.returncode == 0
    assert "aws cloudformation delete-stack --stack-name mine" in calls
    assert "s3://the-bucket" in done.stdout
